"""Other services in the same month: visits, 99091, self-measured blood pressure, advanced primary care."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rules import decide, load_codes, load_preset
from billing.rules.alternatives import combinations
from billing.rules.fact_rows import AdvancedCare, OtherClaim, OtherTime, SelfMeasured, TimeSlice, VisitFact
from tests.billing.rules.facts import MEDICARE, a_call, a_month, a_period, a_slice

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
ALLOWS_99091 = load_preset("medicare_general_supervision").with_departures(
    [{"key": "allow_99091_with_99457", "value": True, "from": "2020-01-01", "source": "the payer's letter"}], name="p"
)


def minutes(start, end, *, person="P1", role="physician"):
    first, last = NOON + timedelta(minutes=start), NOON + timedelta(minutes=end)
    return TimeSlice(f"time:{start}", role, person, (end - start) * 60, first, last)


def visit(start, end, person="P1"):
    return VisitFact(person, NOON + timedelta(minutes=start), NOON + timedelta(minutes=end))


def others(facts, policy=MEDICARE):
    return [f"{line.code} x{line.units} {line.dos:%m-%d}" for line in decide(facts, policy).other_lines]


def left_out(facts, policy=MEDICARE):
    return {f.code: int(f.values["have"]) for f in decide(facts, policy).findings if f.gravity == "note"}


@pytest.mark.parametrize(
    ("time", "visits", "code", "cut"),
    [
        pytest.param((0, 30), [(10, 20)], "99457", 600, id="a visit in the middle leaves twenty"),
        pytest.param((0, 30), [(10, 21)], "99470", 660, id="a minute more leaves nineteen"),
        pytest.param((0, 20), [(20, 40)], "99457", None, id="a visit that begins when the work ends"),
        pytest.param((0, 25), [(-10, 5), (3, 5)], "99457", 300, id="two notes of one visit count once"),
        pytest.param((0, 25), [(0, 25)], None, 1500, id="all of it was the visit"),
        pytest.param((0, 25), [(5, 20, "Q1")], "99457", None, id="somebody else's visit"),
    ],
)
def test_the_minutes_of_a_visit_are_billed_as_the_visit(time, visits, code, cut):
    facts = a_month(time=(minutes(*time),), contacts=(a_call(),), visits=tuple(visit(*v) for v in visits))
    decision = decide(facts, MEDICARE)

    assert [line.code for line in decision.lines] == ([code] if code else [])
    assert left_out(facts).get("EM_TIME_EXCLUDED") == cut


@pytest.mark.parametrize("kind", ["message", "attempt"])
@pytest.mark.parametrize(("counted", "code"), [(True, "99457"), (False, None)])
def test_the_policy_decides_whether_messages_and_unanswered_calls_count(kind, counted, code):
    """Nineteen minutes of other work and one on messages: twenty, or nineteen."""
    rule = {"key": f"{kind}_time", "value": counted, "from": "2020-01-01", "source": "letter"}
    policy = MEDICARE.with_departures(
        [rule, {"key": "first10_codes_enabled", "value": False, "from": "2020-01-01", "source": "letter"}], name="p"
    )
    time = (minutes(0, 19)._replace(id="a"), minutes(19, 20)._replace(id="b", kind=kind))
    decision = decide(a_month(time=time, contacts=(a_call(),)), policy)

    assert [line.code for line in decision.lines] == ([code] if code else [])
    seconds_left_out = [f.values["have"] for f in decision.findings if f.code == "NOT_LIVE_TIME_EXCLUDED"]
    assert [int(seconds) for seconds in seconds_left_out] == ([] if counted else [60])


def test_a_payer_may_drop_all_of_the_providers_day_of_a_visit():
    strict = MEDICARE.with_departures(
        [{"key": "same_day_em_time", "value": "exclude_all_physician_time", "from": "2020-01-01", "source": "letter"}],
        name="p",
    )
    facts = a_month(time=(minutes(60, 90),), visits=(visit(0, 15),), contacts=(a_call(),))

    assert [line.code for line in decide(facts, MEDICARE).lines] == ["99457"]
    assert decide(facts, strict).lines == ()


@given(
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=4),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 60)), max_size=4),
)
def test_counted_minutes_are_the_work_without_the_visits(work, visits):
    """Minute by minute: the union of the work minus the union of the visits counts."""
    facts = a_month(
        time=tuple(minutes(start, start + length)._replace(id=f"t{n}") for n, (start, length) in enumerate(work)),
        visits=tuple(visit(start, start + length) for start, length in visits),
        contacts=(a_call(),),
    )
    worked = {m for start, length in work for m in range(start, start + length)}
    visited = {m for start, length in visits for m in range(start, start + length)}
    counted = 60 * len(worked - visited)
    by_code = {f.code: f for f in decide(facts, MEDICARE).findings}
    of_time = by_code.get("MGMT_TIME_MET") or by_code.get("MGMT_TIME_BELOW_MIN")

    assert (of_time.values["have"] if of_time else 0) == counted


@pytest.mark.parametrize(
    ("seconds", "role", "billed"),
    [(1799, "physician", []), (1800, "qhp", ["99091 x1 03-31"]), (1800, "clinical_staff", [])],
)
def test_99091_takes_thirty_minutes_of_the_providers_own(seconds, role, billed):
    assert others(a_month(other_time=(OtherTime("INTERPRETATION", role, seconds),))) == billed


@pytest.mark.parametrize(
    ("on", "billed"),
    [(date(2026, 3, 2), []), (date(2026, 3, 1), ["99091 x1 03-31"]), (date(2026, 2, 28), ["99091 x1 03-31"])],
)
def test_99091_is_billed_once_in_thirty_days(on, billed):
    facts = a_month(
        other_time=(OtherTime("INTERPRETATION", "qhp", 1800),),
        other_claims=(OtherClaim("99091", True, on),) if on.month == 3 else (),
    )
    assert others(facts) == billed


def test_99091_is_excluded_by_management_and_reported_as_an_alternative():
    facts = a_month(
        device_periods=(a_period(20),),
        time=(a_slice(1200),),
        contacts=(a_call(),),
        other_time=(OtherTime("INTERPRETATION", "physician", 1800),),
    )
    decision = decide(facts, MEDICARE)
    rates = {"99454": Decimal("52.11"), "99457": Decimal("51.77"), "99091": Decimal("55.45")}

    assert [line.code for line in decision.lines] == ["99454", "99457"]
    assert decision.other_lines == ()
    assert [[line.code for line in c.lines] for c in combinations(decision, load_codes(), rates)] == [
        ["99454", "99091"],
        ["99454", "99457"],
    ]
    allowed = decide(facts, ALLOWS_99091)
    assert [line.code for line in (*allowed.lines, *allowed.other_lines)] == ["99454", "99457", "99091"]
    assert "SEPARATE_TIME_DOCUMENTATION_REQUIRED" in {f.code for f in allowed.findings if f.gravity == "review"}


@pytest.mark.parametrize(
    ("conditions", "qmb", "code"),
    [(0, False, "G0556"), (1, True, "G0556"), (2, False, "G0557"), (2, True, "G0558")],
)
def test_advanced_care_is_named_by_conditions_and_benefit(conditions, qmb, code):
    care = AdvancedCare(conditions, qmb, consent_present=True)

    assert others(a_month(advanced_care=care)) == [f"{code} x1 03-31"]
    assert others(a_month(advanced_care=care._replace(consent_present=False))) == []
    assert others(a_month(advanced_care=care, year=2024)) == []


@pytest.mark.parametrize("code", ["99490", "99426", "G0556", "G0558"])
def test_advanced_care_is_not_billed_with_excluded_codes_on_file(code):
    care = AdvancedCare(2, consent_present=True)

    assert others(a_month(advanced_care=care, other_claims=(OtherClaim(code, True, date(2026, 3, 31)),))) == []
    last_month = (OtherClaim(code, True, date(2026, 2, 28)),)
    assert others(a_month(advanced_care=care, other_claims=last_month)) == ["G0557 x1 03-31"]


def test_advanced_care_and_minutes_of_chronic_care_are_one_or_the_other():
    facts = a_month(
        advanced_care=AdvancedCare(2, consent_present=True), other_time=(OtherTime("CCM", "clinical_staff", 3600),)
    )
    decision = decide(facts, MEDICARE)
    options = combinations(decision, load_codes())

    assert others(facts) == ["G0557 x1 03-31"]
    assert sorted([line.code for line in c.lines] for c in options) == [["99490", "99439"], ["G0557"]]


def test_an_add_on_is_never_billed_without_its_base():
    facts = a_month(
        other_time=(OtherTime("CCM", "physician", 3600), OtherTime("CCM_COMPLEX", "clinical_staff", 5400)),
    )
    bases = {code.code: code.add_on_of for code in load_codes().by_code.values()}

    for combination in combinations(decide(facts, MEDICARE), load_codes()):
        codes = {line.code for line in combination.lines}
        assert all(not bases[code] or bases[code] in codes for code in codes)


@pytest.mark.parametrize(
    ("measured", "billed"),
    [
        (SelfMeasured(taught_on=date(2026, 3, 2)), ["99473 x1 03-02"]),
        (SelfMeasured(taught_on=date(2026, 3, 2), taught_billed=True), []),
        (SelfMeasured(taught_on=date(2026, 2, 27)), []),
        (SelfMeasured(readings=12, plan_sent_on=date(2026, 3, 20)), ["99474 x1 03-20"]),
        (SelfMeasured(readings=11, plan_sent_on=date(2026, 3, 20)), []),
        (SelfMeasured(readings=12), []),
        (SelfMeasured(readings=12, plan_sent_on=date(2026, 4, 1)), []),
    ],
)
def test_self_measured_blood_pressure_from_its_own_facts(measured, billed):
    assert others(a_month(self_measured=measured)) == billed


def test_self_measured_pressure_is_not_billed_with_supply_or_twice():
    measured = SelfMeasured(taught_on=date(2026, 3, 2), readings=12, plan_sent_on=date(2026, 3, 20))
    once = (OtherClaim("99474", True, date(2026, 3, 5)),)

    assert others(a_month(self_measured=measured, device_periods=(a_period(20),))) == []
    assert others(a_month(self_measured=measured, other_claims=once)) == ["99473 x1 03-02"]
    instead = decide(a_month(self_measured=measured, device_periods=(a_period(20),)), MEDICARE).instead
    assert [line.code for line in instead] == ["99473", "99474"]


def test_every_code_of_another_program_with_a_finding_has_a_verdict():
    facts = a_month(
        other_time=(OtherTime("CCM", "clinical_staff", 1200), OtherTime("INTERPRETATION", "qhp", 60)),
        self_measured=SelfMeasured(readings=3, plan_sent_on=date(2026, 3, 9)),
    )
    verdicts = {
        v.code: v for v in decide(facts, MEDICARE).verdicts if v.component not in {"device", "setup", "management"}
    }

    assert {code: v.outcome for code, v in verdicts.items()} == {
        "99490": "not_enough_facts",
        "99491": "do_not_bill",
        "99091": "do_not_bill",
        "99474": "do_not_bill",
    }
    assert "20 min of CCM time was recorded; 99490 requires 20 min." in verdicts["99490"].findings[0].sentence
    assert [f.code for f in verdicts["99091"].findings] == ["CARE_TIME_BELOW_MIN"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"em_visits": [{"provider_id": "P1", "start": "2026-03-04T10:00:00"}]}, "a start and an end"),
        ({"em_visits": [{"start": "2026-03-04T10:00:00", "end": "2026-03-04T09:00:00"}]}, "before it starts"),
        ({"self_measured": {"readings": -1}}, "self_measured.readings"),
        ({"self_measured": {"cuff": "arm"}}, "cuff"),
        ({"advanced_care": {}}, "advanced_care.conditions"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_by_field(row, message):
    from billing.rules.scenarios import run_case

    case = {
        "id": "X1", "program": "RPM", "policy": "medicare_general_supervision", "period": {"year": 2026, "month": 3},
        "facts": row,
    }  # fmt: skip
    assert message in run_case(case)["error"]


@pytest.mark.parametrize(
    ("dos", "start", "blocked"),
    [
        pytest.param(date(2026, 4, 28), date(2026, 3, 30), True, id="theirs begins on our last day"),
        pytest.param(date(2026, 4, 29), date(2026, 3, 31), False, id="theirs begins the day after"),
        pytest.param(date(2026, 2, 20), date(2026, 1, 31), True, id="theirs, closed early, runs to our first day"),
        pytest.param(date(2026, 2, 20), date(2026, 1, 30), False, id="theirs ends the day before"),
        pytest.param(date(2026, 4, 28), None, True, id="only its end is known: thirty days back is our last day"),
        pytest.param(date(2026, 4, 29), None, False, id="only its end is known: a day later"),
        pytest.param(date(2026, 2, 28), None, False, id="ended before ours began"),
    ],
)
def test_another_practices_device_period_blocks_if_it_shares_a_day(dos, start, blocked):
    facts = a_month(device_periods=(a_period(20),), other_claims=(OtherClaim("99454", False, dos, start),))

    assert (decide(facts, MEDICARE).lines == ()) is blocked


def test_attempts_are_counted_from_the_months_first_day_to_its_last():
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 31), date(2026, 4, 1)]
    facts = a_month(time=(a_slice(1200),), contacts=tuple(a_call(on, live=False) for on in days))
    (finding,) = [f for f in decide(facts, MEDICARE).findings if f.code == "MGMT_NO_LIVE_COMMUNICATION"]

    assert finding.values["tried"] == 2


def test_an_annual_cap_blocks_each_line_over_it_and_no_other():
    capped = MEDICARE.with_departures(
        [{"key": "annual_unit_caps", "value": {"99454": 1, "99457": 2}, "from": "2020-01-01", "source": "letter"}],
        name="p",
    )
    paid = (OtherClaim("99454", True, date(2026, 1, 15)), OtherClaim("99457", True, date(2026, 1, 31)))
    facts = a_month(device_periods=(a_period(20),), time=(a_slice(1200),), contacts=(a_call(),), other_claims=paid)
    old = tuple(claim._replace(dos=claim.dos.replace(year=2025)) for claim in paid)

    assert [line.code for line in decide(facts, capped).lines] == ["99457"]
    assert len(decide(a_month(device_periods=(a_period(20),), other_claims=old), capped).lines) == 1


def test_combinations_come_best_paid_first_and_longer_before_shorter():
    facts = a_month(
        advanced_care=AdvancedCare(2, consent_present=True), other_time=(OtherTime("CCM", "clinical_staff", 3600),)
    )
    decision, codes = decide(facts, MEDICARE), load_codes()
    rich = {"G0557": Decimal(200), "99490": Decimal(66), "99439": Decimal(50)}

    assert [len(c.lines) for c in combinations(decision, codes)] == [2, 1]
    assert [c.amount for c in combinations(decision, codes, rich)] == [Decimal(200), Decimal(166)]


def test_care_management_billed_for_the_month_is_not_proposed_again():
    minutes_of_ccm = (OtherTime("CCM", "clinical_staff", 1200),)
    billed = (OtherClaim("99490", True, date(2026, 3, 31)),)

    assert others(a_month(other_time=minutes_of_ccm, other_claims=billed)) == []
    elsewhere = (OtherClaim("99490", False, date(2026, 3, 31)), OtherClaim("99490", True, date(2026, 2, 28)))
    assert others(a_month(other_time=minutes_of_ccm, other_claims=elsewhere)) == ["99490 x1 03-31"]


def test_self_measured_pressure_is_excluded_by_99091_too():
    measured = SelfMeasured(readings=12, plan_sent_on=date(2026, 3, 20))
    facts = a_month(self_measured=measured, other_time=(OtherTime("INTERPRETATION", "qhp", 1800),))

    assert others(facts) == ["99091 x1 03-31"]
    assert [line.code for line in decide(facts, MEDICARE).instead] == ["99474"]
