"""The turn of a year: only lines with a date of service in a year without loaded rules wait."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from billing.review.code_status import outlook
from billing.rules import Policy, decide
from billing.rules.citations import Citation
from billing.rules.codes_loader import _CODES_DIR as CODES_DIR
from billing.rules.fact_rows import AdvancedCare, DayRead, OtherClaim, OtherTime, SelfMeasured
from billing.rules.forecast import chances
from billing.rules.policy import Dated
from billing.rules.scenarios import run_case
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice

POLICIES = CODES_DIR.parent / "policies"
# The years in which the codes of the test patient begin, from docs/rules.md.
BEGINS = {"99453": 2019, "99454": 2019, "99445": 2026, "99457": 2019, "99458": 2020, "99470": 2026, "99490": 2015}


def _days(value: Any) -> Iterator[date]:
    """Every day on which a value of a TOML file begins, or the day after it ends."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in {"from", "to"}:
                yield inner if key == "from" else inner + timedelta(days=1)
            else:
                yield from _days(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _days(inner)


def first_of_january() -> list[date]:
    """Every January 1 in the code and policy files."""
    files = [*CODES_DIR.glob("*.toml"), *POLICIES.glob("*.toml")]
    days = {day for path in files for day in _days(tomllib.loads(path.read_text()))}
    return sorted(day for day in days if (day.month, day.day) == (1, 1))


TURNS = first_of_january()


def a_policy(turn: date, *, loaded: bool) -> Policy:
    """Medicare's parameters with the year before a January 1 loaded, and optionally the year after it."""
    first, last = date(turn.year - 1, 1, 1), date(turn.year if loaded else turn.year - 1, 12, 31)
    values = {key: (Dated(first, date.max, rows[-1].value, Citation()),) for key, rows in MEDICARE.values.items()}
    return Policy("test", values | {"rule_year": (Dated(first, last, "loaded", Citation()),)})


def decided(turn: date, month: date, today: date, *, loaded: bool):
    """The decision for a patient with daily readings from November 16, and work and a call on the second of each month.

    Supply periods: November 16 to December 15, December 16 to January 14, January 15 to February 13.
    """
    start, second = date(turn.year - 1, 11, 16), month.replace(day=2)
    worked = second < today
    facts = a_month(
        year=month.year,
        month=month.month,
        as_of=today - timedelta(days=1) if (today.year, today.month) == (month.year, month.month) else None,
        device_periods=None,
        first_read_on=start,
        days_read=tuple(
            DayRead(start + timedelta(days=n), automatic=True, reported=False) for n in range((today - start).days)
        ),
        time=(a_slice(1500, on=second),) if worked else (),
        contacts=(a_call(second),) if worked else (),
        other_time=(OtherTime("CCM", "clinical_staff", 1200),) if worked else (),
        setup_education_done=month.month == 12,
        setup_billed_in_episode=month.month != 12,
    )
    return decide(facts, a_policy(turn, loaded=loaded))


def lines(decision, *, other=False):
    rows = decision.other_lines if other else decision.lines
    return [(line.code, line.units, line.dos) for line in rows]


def findings(decision, code):
    return [
        (finding.component, finding.subject, finding.sentence) for finding in decision.findings if finding.code == code
    ]


def waits(year):
    return f"Date of service is in {year}; waits for the {year} rules."


def test_the_files_have_these_first_days_of_january():
    assert {2019, 2020, 2022, 2025, 2026, 2027} <= {day.year for day in TURNS}


DECEMBER, JANUARY, FEBRUARY = (12, 0), (1, 1), (2, 1)
# (month, today): what is billed, as (code, month, day), where its code exists and its year is loaded; the device period
# that runs, by its first day and closing day.
SUPPLY = [("99453", 12, 15), ("99454", 12, 15)]
MANAGED = [("99457", 12, 31)]
SECOND, THIRD = ((12, 16), (1, 14)), ((1, 15), (2, 13))
EXPECTED = [
    (DECEMBER, (12, 1), [], ((11, 16), (12, 15))),
    (DECEMBER, (12, 3), MANAGED, ((11, 16), (12, 15))),
    (DECEMBER, (12, 21), [*SUPPLY, *MANAGED], SECOND),
    (DECEMBER, (12, 31), [*SUPPLY, *MANAGED], SECOND),
    (DECEMBER, (1, 1), [*SUPPLY, *MANAGED], SECOND),
    (DECEMBER, (1, 4), [*SUPPLY, *MANAGED], SECOND),
    (DECEMBER, (1, 31), [*SUPPLY, *MANAGED], SECOND),
    (DECEMBER, (2, 2), [*SUPPLY, *MANAGED], SECOND),
    (JANUARY, (1, 1), [], SECOND),
    (JANUARY, (1, 4), [("99457", 1, 31)], SECOND),
    (JANUARY, (1, 31), [("99454", 1, 14), ("99457", 1, 31)], THIRD),
    (JANUARY, (2, 2), [("99454", 1, 14), ("99457", 1, 31)], THIRD),
    (FEBRUARY, (2, 2), [], THIRD),
]


@pytest.mark.slow
@pytest.mark.parametrize("loaded", [True, False], ids=["next-year-loaded", "next-year-not-loaded"])
@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize(("month", "today", "earned", "running"), EXPECTED, ids=lambda value: str(value)[:24])
def test_every_close_and_worklist_around_a_first_of_january(turn, loaded, month, today, earned, running):
    def day(pair):
        return date(turn.year - (pair[0] > 10), *pair)

    first_day = date(turn.year - 1 if month == DECEMBER else turn.year, month[0], 1)
    decision = decided(turn, first_day, day(today), loaded=loaded)
    has_rules = first_day.year < turn.year or loaded
    expected = [(code, 1, day(on)) for code, *on in earned if has_rules and day(on).year >= BEGINS[code]]
    management_days = [on for code, *on in earned if code == "99457"]
    start, closes = day(running[0]), day(running[1])

    assert lines(decision) == expected
    care_lines = [("99490", 1, day(on)) for on in management_days if has_rules and first_day.year >= BEGINS["99490"]]
    assert lines(decision, other=True) == care_lines
    ((open_period,),) = [[f for f in decision.findings if f.code == "DEVICE_PERIOD_OPEN"]]
    assert (open_period.values["start"], open_period.values["closes"]) == (start, closes)
    assert open_period.values["days"] == min((day(today) - start).days, 30)
    if closes.year < turn.year or loaded:
        long, short = [("99454", 16)] * (closes.year >= 2019), [("99445", 2)] * (closes.year >= 2026)
        assert open_period.values["needs"] == (*long, *short)
        assert findings(decision, "DATE_OF_SERVICE_WAITS") == []
    else:
        assert open_period.values["needs"] == ()
        waiting = [("device", start.isoformat(), waits(turn.year))]
        assert findings(decision, "DATE_OF_SERVICE_WAITS") == (waiting if has_rules else [])
    assert findings(decision, "RULE_YEAR_NOT_LOADED") == ([] if has_rules else [("all", "", waits(turn.year))])


@pytest.mark.parametrize("turn", [date(2026, 1, 1), date(2027, 1, 1)], ids=str)
@pytest.mark.parametrize("loaded", [True, False], ids=["next-year-loaded", "next-year-not-loaded"])
def test_the_forecast_of_december_21_omits_a_period_that_waits(turn, loaded):
    december, today = date(turn.year - 1, 12, 1), date(turn.year - 1, 12, 21)
    decision = decided(turn, december, today, loaded=loaded)
    missing = [(chance.code, chance.missing, chance.last_day) for chance in chances(decision, today=today)]
    # Five of sixteen days: the first of the eleven missing must come eleven days before the period ends.
    device = [("99454", 11, date(turn.year, 1, 4))] if loaded else []

    assert missing == [*device, ("99458", 900, date(turn.year - 1, 12, 31))]


@pytest.mark.parametrize(
    ("today", "words"),
    [
        pytest.param(
            date(2026, 12, 21),
            [
                ("device", "Ready", "99454, Dec 15"),
                ("device", "Waits", "for the 2027 rules; 5 days, ends Jan 14"),
                ("management", "Ready", "99457"),
            ],
            id="december-21",
        ),
        pytest.param(
            date(2027, 1, 4),
            [("program", "Waits", "Date of service is in 2027; waits for the 2027 rules.")],
            id="january-4",
        ),
    ],
)
def test_the_status_is_waits_and_not_blocked(today, words):
    turn, month = date(2027, 1, 1), today.replace(day=1)
    decision = decided(turn, month, today, loaded=False)
    last_day = date(2026, 12, 31) if month.month == 12 else date(2027, 1, 31)

    assert [tuple(status) for status in outlook(decision, today=today, last_day=last_day)] == words


def test_verdicts_of_december_do_not_wait_for_january():
    decision = decided(date(2027, 1, 1), date(2026, 12, 1), date(2027, 1, 4), loaded=False)
    outcomes = {verdict.code: verdict.outcome.value for verdict in decision.verdicts}

    assert outcomes == {
        "99453": "bill", "99454": "bill", "99445": "do_not_bill", "99457": "bill", "99458": "do_not_bill",
        "99470": "do_not_bill", "99490": "not_enough_facts", "99491": "do_not_bill",
    }  # fmt: skip


def test_the_public_case_of_december_2026_is_decided():
    case = {
        "id": "X01",
        "program": "RPM",
        "policy": "medicare_general_supervision",
        "policy_overrides": {},
        "period": {"year": 2026, "month": 12},
        "facts": {
            "patient_established": True,
            "billing_provider_id": "P1",
            "order_present": True,
            "consent": {"present": True, "mode": "verbal_documented"},
            "diagnosis": {"icd10": "I10", "kind": "chronic"},
            "device_qualified": True,
            "supervision_documented": True,
            "setup_billed_in_episode": True,
            "device_periods": [
                {"start": "2026-11-16", "end": "2026-12-15", "days_with_readings": 20},
                {"start": "2026-12-16", "end": "2027-01-14", "days_with_readings": 12},
            ],
            "minutes_by_role": [{"role": "clinical_staff", "provider_id": "N1", "minutes": 25, "seconds": 0}],
            "calls": [
                {"date": "2026-12-10", "channel": "phone", "live": True, "by_role": "clinical_staff", "by_id": "N1"}
            ],
        },
        "expected_codes": [
            {"code": "99454", "units": 1, "dos": "2026-12-15"},
            {"code": "99457", "units": 1, "dos": "2026-12-31"},
        ],
        "expected_blockers": [{"component": "device", "reason": "DEVICE_PERIOD_OPEN"}],
        "expected_notes": ["DATE_OF_SERVICE_WAITS"],
    }
    answer = run_case(case)

    assert answer["matches"], answer.get("difference")
    assert "note: Date of service is in 2027; waits for the 2027 rules." in answer["explanation"]


def a_window(end, *, start=None, days=16, **more):
    return a_period(days, start=start or end - timedelta(days=29), end=end, **more)


def at_close(month, *windows, policy=MEDICARE, **facts):
    return decide(a_month(year=month.year, month=month.month, device_periods=windows, **facts), policy)


@pytest.mark.parametrize("policy", [MEDICARE, STRICT], ids=["medicare", "strictest"])
@pytest.mark.parametrize(
    ("end", "month", "billed", "says"),
    [
        pytest.param(
            date(2026, 12, 31),
            date(2026, 12, 1),
            [("99454", 1, date(2026, 12, 31))],
            "DEVICE_DAYS_MET",
            id="dec-31-in-dec",
        ),
        pytest.param(date(2027, 1, 1), date(2026, 12, 1), [], "DATE_OF_SERVICE_WAITS", id="jan-1-in-dec"),
        pytest.param(date(2026, 12, 31), date(2027, 1, 1), [], "RULE_YEAR_NOT_LOADED", id="dec-31-in-jan"),
        pytest.param(date(2027, 1, 1), date(2027, 1, 1), [], "RULE_YEAR_NOT_LOADED", id="jan-1-in-jan"),
    ],
)
def test_a_period_is_decided_by_the_day_it_ends(policy, end, month, billed, says):
    decision = at_close(month, a_window(end), policy=policy)

    assert lines(decision) == billed
    assert says in {finding.code for finding in decision.findings}


@pytest.mark.parametrize("reading_days", [1, 2, 16, 30])
def test_the_days_of_an_open_period_do_not_affect_the_period_before_it(reading_days):
    closed, running = a_window(date(2026, 12, 2), days=reading_days), a_window(date(2027, 1, 1), days=reading_days)
    alone, both = at_close(date(2026, 12, 1), closed), at_close(date(2026, 12, 1), closed, running)

    assert lines(both) == lines(alone)
    assert both.lines or reading_days == 1


def test_a_period_cut_short_in_december_is_decided_in_december():
    decision = at_close(date(2026, 12, 1), a_window(date(2027, 1, 14)), discharged_on=date(2026, 12, 31))

    assert lines(decision) == [("99454", 1, date(2026, 12, 31))]
    assert "EARLY_CLOSE" in {finding.code for finding in decision.findings}


def test_a_period_cut_short_in_january_waits():
    decision = at_close(date(2026, 12, 1), a_window(date(2027, 1, 14)), discharged_on=date(2027, 1, 1))

    assert lines(decision) == []
    assert findings(decision, "DATE_OF_SERVICE_WAITS") == [("device", "2026-12-16", waits(2027))]


MID = [{"key": "rule_year", "value": "loaded", "from": "2027-01-15", "source": "test"}]


def test_rules_that_begin_within_a_month_apply_from_their_day():
    policy = MEDICARE.with_departures(MID, name="from January 15")
    windows = (a_window(date(2027, 1, 14), days=20), a_window(date(2027, 1, 15), start=date(2027, 1, 15), days=16))
    decision = at_close(
        date(2027, 1, 1), *windows, policy=policy, time=(a_slice(1500),), contacts=(a_call(date(2027, 1, 4)),)
    )

    assert lines(decision) == [("99454", 1, date(2027, 1, 15)), ("99457", 1, date(2027, 1, 31))]
    assert findings(decision, "RULE_YEAR_NOT_LOADED") == [("device", "2026-12-16", waits(2027))]
    assert {v.code: v.outcome.value for v in decision.verdicts}["99445"] == "not_enough_facts"


def ends_inside(month_last: date) -> Policy:
    rows = dict(MEDICARE.values)
    rows["rule_year"] = (Dated(date(2019, 1, 1), month_last, "loaded", Citation()),)
    return Policy("ends inside", rows)


def test_rules_that_end_within_a_month_decide_earlier_dates():
    decision = at_close(
        date(2026, 12, 1), a_window(date(2026, 12, 15)), policy=ends_inside(date(2026, 12, 20)),
        time=(a_slice(1500),), contacts=(a_call(date(2026, 12, 4)),),
        other_time=(OtherTime("CCM", "clinical_staff", 1200), OtherTime("INTERPRETATION", "physician", 1800)),
        self_measured=SelfMeasured(readings=12, plan_sent_on=date(2026, 12, 21)),
        advanced_care=AdvancedCare(2, consent_present=True),
    )  # fmt: skip

    assert lines(decision) == [("99454", 1, date(2026, 12, 15))]
    assert [line.code for line in decision.withheld] == ["99457"]
    assert decision.other_lines == ()
    assert {finding.component for finding in decision.findings if finding.code == "RULE_YEAR_NOT_LOADED"} == {
        "management", "care_management", "interpretation", "smbp",
    }  # fmt: skip
    outcomes = {verdict.code: verdict.outcome.value for verdict in decision.verdicts}
    assert (outcomes["99454"], outcomes["99457"], outcomes["99091"]) == ("bill", "not_enough_facts", "not_enough_facts")


def test_set_up_waits_if_every_closed_period_waits():
    facts = {"setup_education_done": True, "setup_billed_in_episode": False}
    early = at_close(date(2026, 12, 1), a_window(date(2026, 12, 20)), policy=ends_inside(date(2026, 12, 20)), **facts)
    late = at_close(date(2026, 12, 1), a_window(date(2026, 12, 21)), policy=ends_inside(date(2026, 12, 20)), **facts)

    assert [line.code for line in early.lines] == ["99453", "99454"]
    assert late.lines == ()
    assert [found[0] for found in findings(late, "RULE_YEAR_NOT_LOADED")] == ["setup", "device"]


ROLLING = [
    {"key": "management_period", "value": "rolling_30", "from": "2019-01-01", "source": "test"},
    {"key": "management_dos", "value": "threshold_met", "from": "2019-01-01", "source": "test"},
]


@pytest.mark.parametrize(
    ("last", "billed", "withheld"),
    [
        (date(2026, 12, 31), [("99457", 1, date(2026, 12, 30)), ("99458", 1, date(2026, 12, 31))], []),
        (date(2027, 1, 1), [("99457", 1, date(2026, 12, 30))], ["99458"]),
    ],
)
def test_time_of_a_thirty_day_period_waits_by_the_day_each_code_was_reached(last, billed, withheld):
    policy = MEDICARE.with_departures(ROLLING, name="rolling")
    decision = at_close(
        date(2027, 1, 1), a_window(date(2027, 1, 8)), policy=policy, contacts=(a_call(date(2026, 12, 20)),),
        time=(a_slice(1200, on=date(2026, 12, 30), n=1), a_slice(1200, on=last, n=2)),
    )  # fmt: skip

    assert lines(decision) == billed
    assert [line.code for line in decision.withheld] == withheld
    assert ("device", "2026-12-10", waits(2027)) in findings(decision, "RULE_YEAR_NOT_LOADED")


@pytest.mark.parametrize(
    ("worked", "billed"), [(date(2025, 12, 31), []), (date(2026, 1, 1), [("99470", 1, date(2026, 1, 1))])]
)
def test_a_code_is_billed_only_on_a_day_on_which_it_exists(worked, billed):
    policy = MEDICARE.with_departures(ROLLING, name="rolling")
    decision = at_close(
        date(2026, 1, 1), a_window(date(2026, 1, 8), days=0), policy=policy, contacts=(a_call(date(2025, 12, 20)),),
        time=(a_slice(600, on=worked),),
    )  # fmt: skip

    assert lines(decision) == billed
    not_in_force = [("management", "", "99470 does not exist on Dec 31, 2025, its date of service.")]
    assert findings(decision, "CODE_NOT_IN_FORCE") == ([] if billed else not_in_force)


def test_an_annual_cap_counts_by_the_lines_own_date_of_service():
    capped = [{"key": "annual_unit_caps", "value": {"99454": 1}, "from": "2026-12-16", "source": "test"}]
    policy = MEDICARE.with_departures(capped, name="capped")
    claim = (OtherClaim("99454", True, date(2026, 3, 1), date(2026, 2, 1)),)
    before = at_close(date(2026, 12, 1), a_window(date(2026, 12, 15)), policy=policy, other_claims=claim)
    after = at_close(date(2026, 12, 1), a_window(date(2026, 12, 16)), policy=policy, other_claims=claim)

    assert (lines(before), lines(after)) == ([("99454", 1, date(2026, 12, 15))], [])


def test_loading_the_year_changes_nothing_that_was_decided_before():
    turn, month, today = date(2027, 1, 1), date(2026, 12, 1), date(2027, 1, 4)
    without, with_rules = (decided(turn, month, today, loaded=loaded) for loaded in (False, True))

    assert without.lines == with_rules.lines
    without_device = [[f for f in d.findings if f.component != "device"] for d in (without, with_rules)]
    assert without_device[0] == without_device[1]


@pytest.mark.parametrize(
    ("fact", "says"),
    [
        ({"order_present": False}, "ORDER_MISSING"),
        ({"order_ends_on": date(2026, 12, 31)}, "ORDER_MISSING"),
        ({"consent_present": False}, "CONSENT_MISSING"),
        ({"diagnosis": ""}, "DIAGNOSIS_MISSING"),
    ],
)
def test_a_month_without_rules_still_names_missing_documents(fact, says):
    decision = at_close(date(2027, 1, 1), **fact)
    ((_, word, _),) = outlook(decision, today=date(2027, 1, 4), last_day=date(2027, 1, 31))

    assert [finding.code for finding in decision.blockers] == ["RULE_YEAR_NOT_LOADED", says]
    assert word == "Blocked"
    assert {verdict.outcome.value for verdict in decision.verdicts} == {"not_enough_facts"}


def test_an_order_that_ends_in_the_month_without_rules_is_not_missing():
    decision = at_close(date(2027, 1, 1), order_ends_on=date(2027, 1, 1))

    assert [finding.code for finding in decision.blockers] == ["RULE_YEAR_NOT_LOADED"]


def test_a_month_before_any_rule_waits_too():
    decision = decide(replace(a_month(), year=2018, month=12), MEDICARE)

    assert findings(decision, "RULE_YEAR_NOT_LOADED") == [("all", "", waits(2018))]
