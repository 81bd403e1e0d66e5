"""The CMS ACCESS model: what a participant may not bill, and co-management by the patient's own practice."""

from datetime import date

import pytest

from billing.rules import decide, load_codes
from billing.rules.access_model import _billed_in_twelve_months
from billing.rules.access_rows import Alignment, ReviewedUpdate
from billing.rules.canonical import facts_from_text, facts_text
from billing.rules.case import Case
from billing.rules.decision import Outcome
from billing.rules.fact_rows import OtherClaim
from billing.rules.scenario_facts import facts_of
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import run_case
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice

BEGAN = date(2026, 7, 5)
# Twenty minutes with a live call and sixteen reading days that close on August 29.
AUGUST = {
    "month": 8, "time": (a_slice(1200, on=date(2026, 8, 12)),), "contacts": (a_call(date(2026, 8, 12)),),
    "device_periods": (a_period(16, start=date(2026, 7, 31), end=date(2026, 8, 29)),),
}  # fmt: skip


def aligned(first=BEGAN, last=None, *, ours=True, track="CKM"):
    return Alignment(ours, track, first, last, "" if ours else "Heart Digital", "alignment:1")


ELSEWHERE = (aligned(ours=False),)


def update(done, received=None, *, kind="start", track="CKM", n=1):
    return ReviewedUpdate(track, kind, received or done, done, f"update:{n}")


def codes(facts, policy=MEDICARE):
    return [line.code for line in decide(facts, policy).lines]


def found(facts, policy=MEDICARE):
    return {(f.code, f.gravity.value) for f in decide(facts, policy).findings if f.code.startswith("ACCESS")}


def others(*updates, alignments=ELSEWHERE, month=8, **more):
    decision = decide(a_month(month=month, access_updates=updates, access_alignments=alignments, **more), MEDICARE)
    assert decision.other_lines == ()
    return [(line.code, line.units, line.dos) for line in decision.lines if line.component == "access"]


def test_a_participant_bills_nothing_else_for_a_patient_aligned_with_it():
    assert codes(a_month(**AUGUST)) == ["99454", "99457"]
    facts = a_month(**AUGUST, access_alignments=(aligned(),))
    assert codes(facts) == []
    assert found(facts) == {("ACCESS_PARTICIPANT", "blocks")}
    assert codes(facts, STRICT) == []


def test_another_practice_may_bill_and_reads_with_whom_the_patient_is_aligned():
    facts = a_month(**AUGUST, access_alignments=(aligned(ours=False),))
    assert codes(facts) == ["99454", "99457"]
    assert found(facts) == {("ACCESS_ALIGNED_ELSEWHERE", "note")}
    sentences = [finding.sentence for finding in decide(facts, MEDICARE).findings]
    assert any("aligned with Heart Digital in the ACCESS model (CKM)" in text for text in sentences)


@pytest.mark.parametrize(
    ("first", "last", "billed"),
    [
        # The period closes on August 29; management is dated August 31.
        (date(2026, 8, 31), None, ["99454"]),
        (date(2026, 9, 1), None, ["99454", "99457"]),
        (BEGAN, date(2026, 8, 29), ["99457"]),
        (BEGAN, date(2026, 8, 28), ["99454", "99457"]),
    ],
)
def test_each_line_is_decided_by_the_alignment_on_its_own_date_of_service(first, last, billed):
    facts = a_month(**AUGUST, access_alignments=(aligned(first, last),))
    assert codes(facts) == billed


def test_a_service_that_overlaps_an_alignment_but_is_dated_outside_is_looked_at():
    facts = a_month(**AUGUST, access_alignments=(aligned(BEGAN, date(2026, 8, 10)),))
    assert ("ACCESS_PARTICIPANT_PART", "review") in found(facts)
    assert codes(facts) == ["99454", "99457"]


@pytest.mark.parametrize(("policy", "billed"), [(True, []), (False, ["99454", "99457"])])
def test_the_parameter_decides_whether_the_model_applies(policy, billed):
    departure = {"key": "access_model", "value": policy, "from": "2026-07-01", "source": "letter"}
    own = MEDICARE.with_departures([departure], name="own")
    assert codes(a_month(**AUGUST, access_alignments=(aligned(),)), own) == billed


@pytest.mark.parametrize(("on", "applies"), [(date(2026, 7, 4), False), (date(2026, 7, 5), True)])
def test_the_model_applies_from_its_first_day(on, applies):
    assert MEDICARE.at("access_model", on) == applies


@pytest.mark.parametrize(("track", "code"), [("eCKM", "G0676"), ("CKM", "G0676"), ("MSK", "G0677"), ("BH", "G0678")])
def test_an_update_that_the_practice_reviewed_is_co_management_of_its_track(track, code):
    day = date(2026, 8, 12)
    rows = (aligned(ours=False, track=track),)
    assert others(update(day, track=track), alignments=rows) == [(code, 1, day)]


def billed(code, *days, ours=True):
    return tuple(OtherClaim(code, ours, day) for day in days)


@pytest.mark.parametrize(
    ("before", "earned"),
    [
        ((), 1),
        (billed("G0676", date(2026, 7, 10), date(2026, 8, 10)), 1),
        (billed("G0676", date(2026, 7, 10), date(2026, 8, 10), date(2026, 9, 10)), 0),
        (billed("G0677", date(2026, 7, 10), date(2026, 8, 10), date(2026, 9, 10)), 1),
        (billed("G0676", date(2026, 7, 10), date(2026, 8, 10), date(2026, 9, 10), ours=False), 1),
    ],
    ids=["none", "two", "three", "three of another track", "three of another practice"],
)
def test_co_management_is_billed_three_times_in_twelve_months(before, earned):
    october = update(date(2026, 10, 10))
    assert len(others(october, month=10, other_claims=before)) == earned


@pytest.mark.parametrize(("first", "earned"), [(date(2026, 7, 9), 1), (date(2026, 7, 10), 0)])
def test_the_twelve_months_end_on_the_day_of_the_review(first, earned):
    """On Jul 9, 2027 a unit of Jul 9, 2026 is out of the twelve months, one of Jul 10 is in them."""
    claims = billed("G0676", first, date(2026, 10, 1), date(2026, 11, 1))
    case = Case(a_month(year=2026, month=8, other_claims=claims), MEDICARE, load_codes())
    assert 3 - _billed_in_twelve_months(case, "G0676", date(2027, 7, 9)) == earned


@pytest.mark.parametrize(("on", "number"), [(date(2027, 2, 28), 0), (date(2027, 3, 1), 1)])
def test_the_twelve_months_before_a_leap_day_begin_on_march_first(on, number):
    case = Case(a_month(year=2026, month=8, other_claims=billed("G0676", on)), MEDICARE, load_codes())
    assert _billed_in_twelve_months(case, "G0676", date(2028, 2, 29)) == number


def test_the_fourth_update_of_one_month_is_not_billed():
    days = [date(2026, 8, day) for day in (3, 4, 5, 6)]
    updates = [update(day, kind="transition", n=n) for n, day in enumerate(days)]
    assert others(*updates) == [("G0676", 1, day) for day in days[:3]]
    facts = a_month(month=8, access_updates=tuple(updates), access_alignments=ELSEWHERE)
    assert ("ACCESS_COMANAGEMENT_CAPPED", "short") in found(facts)


def test_two_updates_of_one_day_are_one_line():
    day = date(2026, 8, 12)
    both = (aligned(ours=False), aligned(ours=False, track="eCKM"))
    assert others(update(day), update(day, track="eCKM", n=2), alignments=both) == [("G0676", 1, day)]


def test_what_another_enrollment_of_the_patient_billed_is_not_billed_again():
    day = date(2026, 8, 12)
    assert others(update(day), other_claims=billed("G0676", day)) == []
    assert others(update(day), other_claims=billed("G0676", day, ours=False)) == [("G0676", 1, day)]


def test_a_line_of_co_management_names_its_update_and_no_missing_document_of_the_program():
    facts = a_month(month=8, access_updates=(update(date(2026, 8, 12)),), access_alignments=ELSEWHERE, orders=())
    decision = decide(facts, MEDICARE)
    (line,) = decision.lines
    assert (line.component, line.evidence) == ("access", ("update:1",))
    reasons = [finding.code for finding in decision.findings if finding.concerns(line)]
    assert reasons == ["ACCESS_COMANAGEMENT_MET"]
    assert [(v.code, v.outcome) for v in decision.verdicts if v.code == "G0676"] == [("G0676", Outcome.BILL)]


def test_while_the_month_runs_a_later_review_is_not_billed_yet():
    day = date(2026, 8, 12)
    assert others(update(day), as_of=date(2026, 8, 12)) == [("G0676", 1, day)]
    assert others(update(day), as_of=date(2026, 8, 11)) == []


def test_a_payer_to_which_the_model_does_not_apply_is_not_billed():
    departure = {"key": "access_model", "value": False, "from": "2026-07-01", "source": "letter"}
    own = MEDICARE.with_departures([departure], name="own")
    facts = a_month(month=8, access_updates=(update(date(2026, 8, 12)),), access_alignments=ELSEWHERE)
    assert codes(facts, own) == []


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (aligned(),),
        (aligned(ours=False, track="MSK"),),
        (aligned(date(2026, 8, 13), ours=False),),
        (aligned(ours=False, last=date(2026, 8, 11)),),
        (aligned(ours=False), aligned(track="BH")),
    ],
)
def test_co_management_needs_an_alignment_with_another_organization_in_the_track_and_none_with_us(rows):
    assert others(update(date(2026, 8, 12)), alignments=rows) == []
    facts = a_month(month=8, access_updates=(update(date(2026, 8, 12)),), access_alignments=rows)
    assert ("ACCESS_NOT_ALIGNED", "short") in found(facts)


def test_an_update_of_the_last_day_may_be_reviewed_later():
    """Completion: the update comes on the last day of the alignment, the practice reviews it two days after."""
    rows = (aligned(ours=False, last=date(2026, 8, 12)),)
    done = date(2026, 8, 14)
    assert others(update(done, date(2026, 8, 12), kind="completion"), alignments=rows) == [("G0676", 1, done)]


def test_an_update_of_another_month_is_no_line_of_this_one():
    assert others(update(date(2026, 7, 31)), month=8) == []
    assert others(update(date(2026, 9, 1)), month=8) == []


def test_co_management_needs_no_consent_and_no_order():
    assert others(update(date(2026, 8, 12)), consents=(), orders=()) == [("G0676", 1, date(2026, 8, 12))]


def case(**facts):
    return {
        "id": "A1", "program": "RPM", "policy": "medicare_general_supervision", "period": {"year": 2026, "month": 8},
        "facts": facts, "expected_codes": [],
    }  # fmt: skip


def test_the_case_format_reads_alignments_and_updates():
    answer = run_case(
        case(
            access_alignments=[{"track": "BH", "from": "2026-07-05", "organization": "Mind Digital"}],
            access_updates=[
                {"track": "BH", "kind": "start", "received_on": "2026-08-03", "done_on": "2026-08-04"},
            ],
        )
    )
    assert [(line["code"], line["dos"]) for line in answer["codes"]] == [("G0678", "2026-08-04")]


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"access_alignments": [{"track": "HEART", "from": "2026-07-05"}]}, "'HEART' is not eCKM"),
        ({"access_alignments": [{"track": "BH"}]}, "begins on a day"),
        ({"access_alignments": [{"track": "BH", "from": "2026-08-02", "to": "2026-08-01"}]}, "does not end before"),
        ({"access_updates": [{"track": "BH", "kind": "news", "received_on": "2026-08-03", "done_on": "2026-08-04"}]}, "'news'"),
        ({"access_updates": [{"track": "BH", "kind": "start", "received_on": "2026-08-05", "done_on": "2026-08-04"}]}, "or later"),
        ({"access_alignments": [{"track": "BH", "from": "2026-07-05", "who": "x"}]}, "who"),
    ],
)  # fmt: skip
def test_impossible_rows_are_refused_by_field(facts, message):
    with pytest.raises(ScenarioError, match=message):
        facts_of(case(**facts))


def test_the_facts_are_read_back_as_they_were_written():
    facts = a_month(access_alignments=(aligned(), aligned(ours=False)), access_updates=(update(date(2026, 8, 1)),))
    assert facts_from_text(facts_text(facts)) == facts
