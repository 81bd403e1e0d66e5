"""Whole decisions, word for word: every sentence, with the rows counted and the policy parameter read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from billing.rules import decide
from billing.rules.fact_rows import AdvancedCare, DayRead, OtherClaim, OtherTime, SelfMeasured, TimeSlice, VisitFact
from tests.billing.rules.facts import MEDICARE, STRICT, a_call, a_month, a_period, a_slice

EXPECTED_FILE = Path(__file__).parent / "cases" / "decisions.txt"


def slices(*rows):
    zero = datetime(2026, 3, 4, 15, tzinfo=UTC)
    return tuple(
        TimeSlice(
            f"time:{n}", role, person, seconds, zero + timedelta(days=n), zero + timedelta(days=n, seconds=seconds)
        )
        for n, (role, person, seconds) in enumerate(rows)
    )


def read(first, count, *, automatic=True):
    return tuple(
        DayRead(first + timedelta(days=n), automatic, not automatic, (f"day:{first + timedelta(days=n)}",))
        for n in range(count)
    )


FULL = a_month(
    device_periods=None, days_read=read(date(2026, 2, 26), 17), order_on=date(2026, 1, 5), order_id="order:1",
    consent_on=date(2026, 1, 5), consent_id="consent:1", started_on=date(2026, 1, 5), setup_on=date(2026, 1, 5),
    setup_education_done=True, setup_billed_in_episode=False, contacts=(a_call(),),
    time=slices(("clinical_staff", "N1", 1500), ("physician", "P1", 900)),
)  # fmt: skip
SHORT = a_month(
    device_periods=None, days_read=read(date(2026, 3, 1), 12) + read(date(2026, 3, 20), 3, automatic=False),
    contacts=(a_call(live=False), a_call(date(2026, 2, 20))), time=slices(("clinical_staff", "N1", 1199), ("non_clinical", "A1", 60)),
    supervision_documented=False, order_present=False,
)  # fmt: skip
MANY = a_month(
    device_periods=(a_period(1, id="period:1"),),
    contacts=(a_call(role="clinical_staff"),),
    time=slices(("physician", "P1", 6000), ("qhp", "Q1", 600)),
)
NONE = a_month(device_periods=None, setup_billed_in_episode=False, setup_education_done=True)
THERAPY = a_month(
    program="RTM", rtm_system="respiratory", therapy_plan="PT", device_periods=None,
    days_read=read(date(2026, 3, 2), 5) + read(date(2026, 3, 10), 4, automatic=False), discharged_on=date(2026, 3, 20),
    contacts=(a_call(role="qhp", person="P1"),),
    time=slices(("therapist", "P1", 700), ("therapist_assistant", "T1", 600), ("clinical_staff", "N1", 300)),
)  # fmt: skip
EARNED = a_month(
    device_periods=(a_period(20, id="period:1"),), contacts=(a_call(),), time=slices(("clinical_staff", "N1", 1300))
)
GATES = replace(
    EARNED, patient_established=False, diagnosis="", device_qualified=False, global_period_conflict=True,
    consent_on=date(2024, 1, 1), consent_present=True,
)  # fmt: skip
CLAIMED = replace(
    EARNED, other_claims=(
        OtherClaim("99457", True, date(2026, 3, 31)), OtherClaim("99091", True, date(2026, 3, 5)),
        OtherClaim("99445", True, date(2026, 3, 30), date(2026, 3, 1)), OtherClaim("99454", False, date(2026, 3, 9)),
        OtherClaim("98977", False, date(2026, 3, 15)), OtherClaim("99473", True, date(2026, 3, 2)),
    ),
)  # fmt: skip
SETUPS = replace(
    EARNED, setup_billed_in_episode=False, device_periods=(a_period(1),), time=(), setup_education_done=True
)
OTHERS = replace(
    EARNED, other_time=(
        OtherTime("CCM", "clinical_staff", 6100), OtherTime("CCM", "non_clinical", 900), OtherTime("CCM_COMPLEX", "physician", 5400),
        OtherTime("PCM", "physician", 3600),
    ),
)  # fmt: skip


INTERPRETED = replace(
    EARNED, other_time=(
        OtherTime("INTERPRETATION", "physician", 1000), OtherTime("INTERPRETATION", "qhp", 800),
        OtherTime("INTERPRETATION", "clinical_staff", 9000),
    ),
)  # fmt: skip
MEASURED = SelfMeasured(taught_on=date(2026, 3, 2), readings=12, plan_sent_on=date(2026, 3, 20))
QUIET = replace(EARNED, device_periods=(), time=(), contacts=())
RUNNING = replace(
    EARNED, device_periods=None, days_read=read(date(2026, 3, 10), 7), as_of=date(2026, 3, 19),
    time=slices(("clinical_staff", "N1", 700)), contacts=(a_call(live=False),),
    visits=(VisitFact("N1", datetime(2026, 3, 4, 15, 5, tzinfo=UTC), datetime(2026, 3, 4, 15, 7, tzinfo=UTC)),),
)  # fmt: skip


def with_departures_of(**values):
    rows = [{"key": key, "value": value, "from": "2019-01-01", "source": "t"} for key, value in values.items()]
    return MEDICARE.with_departures(rows, name="t")


CASES = {
    "every gate is shut": (GATES, with_departures_of(consent_valid_months=24, prior_auth_required=True)),
    "a diagnosis the plan does not cover": (EARNED, with_departures_of(diagnosis_scope=["I50", "O10"])),
    "chronic only and an acute condition": (
        replace(EARNED, diagnosis="J18.9", diagnosis_kind="acute"),
        with_departures_of(diagnosis_scope="chronic_only"),
    ),
    "everything was billed before": (CLAIMED, with_departures_of(management_min_interval_days=30)),
    "the plan allows 99091 with management": (
        CLAIMED,
        with_departures_of(allow_99091_with_99457=True, rpm_rtm_same_month="allow", single_biller_scope="device_only"),
    ),
    "set-up with too few days": (SETUPS, MEDICARE),
    "set-up without education": (replace(SETUPS, setup_education_done=False), MEDICARE),
    "set-up billed and taught again": (replace(EARNED, setup_education_done=True), MEDICARE),
    "therapy without a body system": (
        replace(THERAPY, rtm_system=""),
        with_departures_of(rtm_management_code_family="99457_family"),
    ),
    "care management in the same month": (OTHERS, MEDICARE),
    "nobody has loaded the year": (replace(EARNED, year=2027), MEDICARE),
    "dates as the payer wants them": (
        replace(
            EARNED,
            time=(
                a_slice(700, on=date(2026, 3, 4), n=1),
                a_slice(700, on=date(2026, 3, 18), n=2),
                a_slice(90, on=date(2026, 3, 25), n=3),
            ),
        ),
        with_departures_of(management_dos="threshold_met", device_dos="period_range"),
    ),
    "the last day of work": (
        replace(EARNED, time=(a_slice(700, on=date(2026, 3, 4), n=1), a_slice(700, on=date(2026, 3, 18), n=2))),
        with_departures_of(management_dos="last_service", time_rounding="floor_each_entry"),
    ),
    "management in the device period": (EARNED, with_departures_of(management_period="rolling_30")),
    "a full month under Medicare": (FULL, MEDICARE),
    "the same month under the strictest reading": (FULL, STRICT),
    "a month short of everything": (SHORT, MEDICARE),
    "a hundred minutes and one reading day": (MANY, MEDICARE),
    "the same for a strict payer": (MANY, STRICT),
    "nothing has happened": (NONE, MEDICARE),
    "therapy by an assistant, ended early": (THERAPY, MEDICARE),
    "interpretation instead of management": (INTERPRETED, MEDICARE),
    "interpretation with management": (INTERPRETED, with_departures_of(allow_99091_with_99457=True)),
    "interpretation billed within thirty days": (
        replace(INTERPRETED, time=(), contacts=(), other_claims=(OtherClaim("99091", True, date(2026, 4, 2)),)),
        MEDICARE,
    ),
    "interpretation too short": (replace(QUIET, other_time=INTERPRETED.other_time[:1]), MEDICARE),
    "self-measured pressure alone": (replace(QUIET, self_measured=MEASURED), MEDICARE),
    "self-measured pressure with supply": (replace(EARNED, self_measured=MEASURED), MEDICARE),
    "self-measured pressure after 99091": (
        replace(QUIET, self_measured=MEASURED, other_time=INTERPRETED.other_time),
        MEDICARE,
    ),
    "self-measured pressure taught and reported before": (
        replace(
            QUIET,
            self_measured=MEASURED._replace(taught_billed=True),
            other_claims=(OtherClaim("99474", True, date(2026, 3, 1)), OtherClaim("99474", False, date(2026, 3, 2))),
        ),
        MEDICARE,
    ),
    "self-measured pressure without its plan": (
        replace(QUIET, self_measured=MEASURED._replace(plan_sent_on=None, taught_on=None)),
        MEDICARE,
    ),
    "too few self-measured readings": (replace(QUIET, self_measured=MEASURED._replace(readings=11)), MEDICARE),
    "advanced care with chronic care": (
        replace(OTHERS, advanced_care=AdvancedCare(2, qualified_beneficiary=True, consent_present=True)),
        MEDICARE,
    ),
    "advanced care without consent": (replace(QUIET, advanced_care=AdvancedCare(1)), MEDICARE),
    "advanced care after chronic care was billed": (
        replace(
            OTHERS,
            advanced_care=AdvancedCare(2, consent_present=True),
            other_claims=(
                OtherClaim("99490", True, date(2026, 3, 31)),
                OtherClaim("G0557", False, date(2026, 3, 31)),
                OtherClaim("G0557", True, date(2026, 2, 28)),
                OtherClaim("99487", True, date(2025, 3, 31)),
            ),
        ),
        MEDICARE,
    ),
    "management in a device period that has not ended": (
        replace(EARNED, device_periods=(a_period(12, start=date(2026, 3, 10), end=date(2026, 4, 8)),)),
        with_departures_of(management_period="rolling_30"),
    ),
    "nothing yet in a month that runs": (replace(RUNNING, time=(), contacts=(), visits=(), days_read=()), MEDICARE),
    "a month that runs": (RUNNING, MEDICARE),
    "a month that runs for a payer of the old codes": (
        RUNNING,
        with_departures_of(short_supply_codes_enabled=False, first10_codes_enabled=False),
    ),
}


def text(facts, policy):
    """A decision as lines of text, complete."""
    decision = decide(facts, policy)
    output = []
    for kind, lines in (
        ("LINE", decision.lines),
        ("WITHHELD", decision.withheld),
        ("OTHER", decision.other_lines),
        ("INSTEAD", decision.instead),
    ):
        for line in lines:
            modifiers = "".join(f"-{m}" for m in line.modifiers)
            dos = f"{line.dos_from} to {line.dos}" if line.dos_from else f"{line.dos}"
            rows = ",".join(line.evidence)
            output.append(f"{kind} {line.code}{modifiers} x{line.units} {line.component} on {dos} for {rows}".rstrip())
    for finding in decision.findings:
        marks = f"{finding.gravity.value} {finding.component} {finding.code} [{finding.parameter}] {finding.subject}".rstrip()
        output += [marks, f"    {finding.sentence}"]
        if finding.until:
            output.append(f"    until: {finding.until}")
        if finding.evidence:
            output.append(f"    rows: {', '.join(finding.evidence)}")
    for verdict in decision.verdicts:
        output.append(
            f"VERDICT {verdict.code} {verdict.component}: {verdict.outcome.value}, {len(verdict.findings)} findings"
        )
    return "\n".join(output)


def expected_decisions():
    """The expected decisions, as reviewed, by name."""
    parts = EXPECTED_FILE.read_text().split("## ")[1:]
    return {part.partition("\n")[0]: part.partition("\n")[2].strip("\n") for part in parts}


@pytest.mark.parametrize("name", CASES)
def test_a_decision_is_word_for_word_as_reviewed(name):
    assert text(*CASES[name]) == expected_decisions()[name]
