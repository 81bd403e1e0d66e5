"""Care management next to monitoring: its papers, the time that counts with them, and the lines that are billed."""

from datetime import date

import pytest

from billing.rules import decide
from billing.rules.access_rows import Alignment
from billing.rules.canonical import facts_from_text, facts_text
from billing.rules.care_rows import CarePapers, ManagedCare
from billing.rules.decision import Gravity, Outcome
from billing.rules.fact_rows import CareSpan, InForce, OtherClaim, OtherTime
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice

BEGAN, MARCH_5, MARCH_31 = date(2026, 1, 10), date(2026, 3, 5), date(2026, 3, 31)
PLAN = ManagedCare("CCM", BEGAN, None, 2, False, "care_plan:1")
CONSENT = InForce(BEGAN, None, "consent:1")
SEEN = (date(2025, 11, 3),)
PAPERS = CarePapers((PLAN,), (CONSENT,), SEEN)


def spent(seconds, role="clinical_staff", on=MARCH_5):
    return OtherTime("CCM", role, seconds, on)


def a_decision(papers=PAPERS, *time, **more):
    return decide(a_month(other_time=time, care_papers=papers, **more), MEDICARE)


def care(papers=PAPERS, *time, **more):
    """Code and units of the care lines that are billed."""
    decision = a_decision(papers, *time, **more)
    return [(line.code, line.units) for line in decision.lines if line.component == "care_management"]


def found(papers=PAPERS, *time, **more):
    findings = a_decision(papers, *time, **more).findings
    return {finding.code for finding in findings if finding.component == "care_management"}


@pytest.mark.parametrize(
    ("seconds", "lines"),
    [
        (1199, []),
        (1200, [("99490", 1)]),
        (2399, [("99490", 1)]),
        (2400, [("99490", 1), ("99439", 1)]),
        (3600, [("99490", 1), ("99439", 2)]),
        (4800, [("99490", 1), ("99439", 2)]),
    ],
)
def test_staff_time_of_chronic_care_with_its_papers_is_billed(seconds, lines):
    """20:00, and each further full 20:00, at most two (unit edit of 99439)."""
    assert care(PAPERS, spent(seconds)) == lines


@pytest.mark.parametrize(("seconds", "code"), [(1799, "99490"), (1800, "99491"), (3600, "99491")])
def test_thirty_minutes_of_the_provider_in_person_are_billed_instead_of_staff_time(seconds, code):
    assert care(PAPERS, spent(seconds, "physician"))[0][0] == code


@pytest.mark.parametrize(
    ("is_complex", "seconds", "lines"),
    [
        (True, 3599, [("99490", 1), ("99439", 1)]),
        (True, 3600, [("99487", 1)]),
        (True, 5400, [("99487", 1), ("99489", 1)]),
        (False, 3600, [("99490", 1), ("99439", 2)]),
    ],
)
def test_an_hour_under_a_complex_plan_is_complex_chronic_care(is_complex, seconds, lines):
    papers = PAPERS._replace(plans=(PLAN._replace(is_complex=is_complex),))
    assert care(papers, spent(seconds)) == lines


@pytest.mark.parametrize(
    ("role", "seconds", "lines"),
    [
        ("clinical_staff", 1799, []),
        ("clinical_staff", 1800, [("99426", 1)]),
        ("clinical_staff", 3600, [("99426", 1), ("99427", 1)]),
        ("physician", 1800, [("99424", 1)]),
        ("physician", 3600, [("99424", 1), ("99425", 1)]),
    ],
)
def test_the_same_time_under_a_plan_of_principal_care_is_billed_as_such(role, seconds, lines):
    papers = PAPERS._replace(plans=(PLAN._replace(program="PCM", conditions=1),))
    assert care(papers, spent(seconds, role)) == lines


@pytest.mark.parametrize(
    ("conditions", "qmb", "code"), [(1, False, "G0556"), (2, False, "G0557"), (2, True, "G0558"), (1, True, "G0556")]
)
def test_a_plan_of_advanced_primary_care_is_one_code_a_month_whatever_the_minutes(conditions, qmb, code):
    papers = PAPERS._replace(plans=(PLAN._replace(program="APCM", conditions=conditions),))
    spans = (CareSpan("qmb", date(2026, 1, 1), None),) if qmb else ()
    assert care(papers, care_spans=spans) == [(code, 1)]
    assert care(papers, spent(7200), care_spans=spans) == [(code, 1)]


@pytest.mark.parametrize(
    ("papers", "reasons"),
    [
        (CarePapers(), {"CARE_PLAN_MISSING", "CARE_CONSENT_MISSING"}),
        (PAPERS._replace(plans=(PLAN._replace(last=date(2026, 3, 30)),)), {"CARE_PLAN_MISSING"}),
        (PAPERS._replace(consents=()), {"CARE_CONSENT_MISSING"}),
        (PAPERS._replace(consents=(CONSENT._replace(last=date(2026, 3, 30)),)), {"CARE_CONSENT_MISSING"}),
    ],
)
def test_without_a_paper_the_time_is_only_reported_and_the_reason_says_which_is_missing(papers, reasons):
    decision = a_decision(papers, spent(1200))
    assert (decision.lines, [line.code for line in decision.other_lines]) == ((), ["99490"])
    assert {code for code in found(papers, spent(1200)) if code.endswith("MISSING")} == reasons
    verdicts = {verdict.code: verdict for verdict in decision.verdicts}
    assert verdicts["99490"].outcome is Outcome.NOT_ENOUGH_FACTS


def test_one_condition_is_too_few_for_chronic_care():
    papers = PAPERS._replace(plans=(PLAN._replace(conditions=1),))
    decision = a_decision(papers, spent(1200))
    assert (decision.lines, decision.other_lines) == ((), ())
    assert found(papers, spent(1200)) == {"CARE_CONDITIONS_TOO_FEW"}


def test_papers_on_the_last_day_of_the_month_are_enough():
    ends = PAPERS._replace(plans=(PLAN._replace(last=MARCH_31),), consents=(CONSENT._replace(last=MARCH_31),))
    assert care(ends, spent(1200)) == [("99490", 1)]


@pytest.mark.parametrize(("began", "lines"), [(MARCH_5, [("99490", 1)]), (date(2026, 3, 6), [])])
@pytest.mark.parametrize("paper", ["plan", "consent"])
def test_time_before_the_plan_or_the_consent_does_not_count(paper, began, lines):
    papers = (
        PAPERS._replace(plans=(PLAN._replace(first=began),))
        if paper == "plan"
        else PAPERS._replace(consents=(CONSENT._replace(first=began),))
    )
    assert care(papers, spent(600), spent(600, on=date(2026, 3, 20))) == lines


def test_time_under_an_earlier_plan_of_another_program_does_not_count_for_the_later_one():
    earlier = PLAN._replace(program="PCM", conditions=1, last=date(2026, 3, 9), id="care_plan:0")
    papers = PAPERS._replace(plans=(earlier, PLAN._replace(first=date(2026, 3, 10))))
    assert care(papers, spent(1200), spent(1199, on=date(2026, 3, 20))) == []
    assert care(papers, spent(1200), spent(1200, on=date(2026, 3, 20))) == [("99490", 1)]


@pytest.mark.parametrize(
    ("claim", "billed"),
    [
        (OtherClaim("99490", False, MARCH_5), False),
        (OtherClaim("G0557", False, MARCH_5), False),
        (OtherClaim("99487", False, date(2026, 2, 28)), True),
        (OtherClaim("99426", False, MARCH_5), True),
        (OtherClaim("99457", False, date(2026, 2, 5)), True),
    ],
)
def test_another_practices_care_management_of_the_month_excludes_ours(claim, billed):
    assert bool(care(PAPERS, spent(1200), other_claims=(claim,))) is billed


@pytest.mark.parametrize("code", ["99490", "99487", "99426", "G0557"])
def test_what_this_practice_billed_already_in_the_month_is_not_billed_beside_it(code):
    assert care(PAPERS, spent(1200), other_claims=(OtherClaim(code, True, MARCH_5),)) == []


@pytest.mark.parametrize(
    ("seen", "asks"),
    [(date(2025, 1, 9), True), (date(2025, 1, 10), False), (MARCH_31, False), (date(2026, 4, 1), True)],
)
def test_a_patient_without_a_visit_in_the_year_before_is_looked_at(seen, asks):
    """The consent is of January 10, 2026."""
    papers = PAPERS._replace(seen_on=(seen,))
    assert care(papers, spent(1200)) == [("99490", 1)]
    assert ("CARE_VISIT_NOT_RECORDED" in found(papers, spent(1200))) is asks


@pytest.mark.parametrize(("kind", "reason"), [("snf", "SKILLED_NURSING_STAY"), ("hospice", "HOSPICE_ELECTED")])
def test_a_stay_in_the_month_is_looked_at(kind, reason):
    stay = (CareSpan(kind, date(2026, 3, 2), date(2026, 3, 4), id="status:1"),)
    findings = a_decision(PAPERS, spent(1200), care_spans=stay).findings
    assert [f.gravity for f in findings if f.code == reason and f.component == "care_management"] == [Gravity.REVIEW]


@pytest.mark.parametrize(
    ("first", "ours", "billed"),
    [(MARCH_31, True, False), (date(2026, 4, 1), True, True), (MARCH_31, False, True)],
)
def test_a_participant_in_the_access_model_bills_no_care_management_either(first, ours, billed):
    policy = MEDICARE.with_departures(
        [{"key": "access_model", "value": True, "from": "2026-01-01", "source": "test"}], name="own"
    )
    aligned = (Alignment(ours, "CKM", first, None, "Heart Digital", "alignment:1"),)
    facts = a_month(other_time=(spent(1200),), care_papers=PAPERS, access_alignments=aligned)
    assert ("99490" in [line.code for line in decide(facts, policy).lines]) is billed


def test_a_payer_without_a_policy_pays_no_care_management_as_far_as_is_known():
    facts = a_month(other_time=(spent(1800, "physician"),), care_papers=PAPERS)
    decision = decide(facts, STRICT)
    assert (decision.lines, [line.code for line in decision.other_lines]) == ((), ["99491"])


@pytest.mark.parametrize(("last", "asks"), [(date(2026, 3, 30), True), (MARCH_31, False)])
def test_a_billing_provider_who_left_is_looked_at(last, asks):
    found_codes = found(PAPERS, spent(1200), provider_in_practice=(InForce(None, last),))
    assert ("PROVIDER_NOT_IN_PRACTICE" in found_codes) is asks


def test_the_line_of_a_patient_who_died_is_not_dated_after_the_death():
    decision = a_decision(PAPERS, spent(1200), died_on=date(2026, 3, 20))
    assert [(line.code, line.dos) for line in decision.lines if line.component == "care_management"] == [
        ("99490", date(2026, 3, 20))
    ]


def test_care_management_is_billed_next_to_monitoring_and_neither_takes_minutes_of_the_other():
    facts = {
        "time": (a_slice(1200, on=date(2026, 3, 12)),), "contacts": (a_call(),), "device_periods": (a_period(16),),
    }  # fmt: skip
    decision = a_decision(PAPERS, spent(1200), **facts)
    assert [line.code for line in decision.lines] == ["99454", "99457", "99490"]
    assert [line.code for line in a_decision(PAPERS, spent(1199), **facts).lines] == ["99454", "99457"]


def test_a_missing_order_of_monitoring_does_not_block_care_management():
    assert care(PAPERS, spent(1200), orders=()) == [("99490", 1)]


def test_the_reasons_of_a_line_name_its_papers_and_not_another_code():
    decision = a_decision(PAPERS, spent(2400))
    base, add_on = decision.lines
    reasons = {
        line.code: [(f.code, f.evidence) for f in decision.findings if f.concerns(line)] for line in (base, add_on)
    }
    papers = ("CARE_PAPERS_ON_FILE", ("care_plan:1", "consent:1"))
    assert reasons == {"99490": [("CARE_TIME_MET", ()), papers], "99439": [("CARE_TIME_MET", ()), papers]}


def test_time_of_papers_that_are_not_known_is_only_reported():
    decision = decide(a_month(other_time=(spent(1200),)), MEDICARE)
    assert (decision.lines, [line.code for line in decision.other_lines]) == ((), ["99490"])


def test_the_facts_are_read_back_as_they_were_written():
    facts = a_month(other_time=(spent(1200),), care_papers=PAPERS)
    assert facts_from_text(facts_text(facts)) == facts
