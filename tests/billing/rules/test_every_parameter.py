"""Every editable parameter changes a decision: one pair of values for each, with the facts that show the difference."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from billing.close.lines import lines_of
from billing.facts.case_files import EnrollmentCase
from billing.rules import decide
from billing.rules.access_rows import Alignment
from billing.rules.care_rows import CarePapers, ManagedCare
from billing.rules.decision import Gravity
from billing.rules.fact_rows import DayRead, InForce, OtherClaim, OtherTime, VisitFact
from billing.rules.policy import parameters
from tests.billing.rules.facts import MEDICARE, a_call, a_month, a_period, a_slice, with_facts

PROVIDER = {"role": "physician", "person": "P1"}
# Twenty-five minutes of staff, a call, and a period with 20 days.
USUAL = a_month(device_periods=(a_period(20),), time=(a_slice(1500, on=date(2026, 3, 12)),), contacts=(a_call(),))
LONG = with_facts(USUAL, time=(a_slice(6000),))
TWO_PEOPLE = with_facts(USUAL, time=(a_slice(700, n=1), a_slice(700, n=2, **PROVIDER)))
RTM = a_month(
    program="RTM", rtm_system="respiratory", billing_provider_role="physician",
    time=(a_slice(1200, n=2, **PROVIDER),), contacts=(a_call(**PROVIDER),), device_periods=(a_period(20),),
)  # fmt: skip
READ = a_month(
    device_periods=None, setup_on=date(2026, 2, 27), started_on=date(2026, 2, 26),
    days_read=tuple(DayRead(date(2026, 3, day), True, False, (f"d{day}",)) for day in range(5, 25)),
)  # fmt: skip
SHORT = a_month(device_periods=(a_period(5),))
SETUP = with_facts(SHORT, setup_billed_in_episode=False, setup_education_done=True)
EARLY = a_month(device_periods=(a_period(18, terminated_on=date(2026, 3, 25)),), discharged_on=date(2026, 3, 25))
AWAY = OtherClaim("99457", False, date(2026, 3, 5))
BILLED = (OtherClaim("99457", True, date(2026, 2, 20)),)
RPM_TOO = (OtherClaim("99454", True, date(2026, 3, 5)),)
UTC_VISIT = VisitFact(
    "P1", datetime.fromisoformat("2026-03-12T10:00+00:00"), datetime.fromisoformat("2026-03-12T10:20+00:00")
)
WITH_VISIT = with_facts(USUAL, time=(a_slice(1500, on=date(2026, 3, 12), **PROVIDER),), visits=(UTC_VISIT,))
WITH_99091 = with_facts(USUAL, other_claims=(OtherClaim("99091", True, date(2026, 3, 5)),))

# parameter: (facts, one value, another value that decides the facts differently)
TABLE = {
    "rule_year": (USUAL, "loaded", None),
    "time_roles": (USUAL, ["clinical_staff"], ["physician"]),
    "rtm_time_roles": (
        with_facts(RTM, time=(a_slice(1200),)), "include_incident_to_staff", "physician_qhp_only",
    ),
    "time_pooling": (TWO_PEOPLE, "practice", "billing_provider"),
    "live_by": (USUAL, "care_team", "physician_or_qhp"),
    "live_channels": (with_facts(USUAL, contacts=(a_call(channel="video"),)), ["phone", "video"], ["phone"]),
    "rtm_management_code_family": (RTM, "98980_family", "99457_family"),
    "management_period": (with_facts(USUAL, device_periods=()), "calendar_month", "rolling_30"),
    "management_min_interval_days": (with_facts(USUAL, other_claims=BILLED), 30, 40),
    "management_dos": (USUAL, "last_day_of_month", "last_service"),
    "rpm_rtm_same_month": (with_facts(RTM, other_claims=RPM_TOO), "never", "allow"),
    "diagnosis_scope": (USUAL, "any", ["I50"]),
    "initiating_visit_required": (USUAL, False, True),
    "rtm_established_required": (with_facts(RTM, patient_established=False), False, True),
    "staff_employment": (USUAL, "any", "employed"),
    "rtm_device_rule": (with_facts(RTM, device_qualified=False), "fda_defined", "any"),
    "short_supply_codes_enabled": (SHORT, True, False),
    "first10_codes_enabled": (with_facts(USUAL, time=(a_slice(600),)), True, False),
    "max_units_99458": (LONG, 3, 2),
    "units_cap": (USUAL, {}, {"99454": 0}),
    "annual_unit_caps": (USUAL, {}, {"99457": 0}),
    "supervision": (USUAL, "general", "direct"),
    "rtm_supervision": (
        with_facts(RTM, time=(a_slice(1200, role="therapist_assistant"),), therapy_plan="PT"), "general", "direct",
    ),
    "single_biller_scope": (with_facts(USUAL, other_claims=(AWAY,)), "device_only", "device_and_management"),
    "order_kind": (with_facts(USUAL, order_present=False, care_plan_present=True), "order", "order_or_care_plan"),
    "setup_unit": (with_facts(SETUP, setup_billed_in_episode=True), "episode", "device"),
    "setup_min_days": (SETUP, None, 16),
    "device_window": (READ, "rolling_30", "calendar_month"),
    "device_anchor_event": (READ, "first_reading", "setup_date"),
    "early_close_billable": (EARLY, True, False),
    "access_model": (
        replace(USUAL, access_alignments=(Alignment(True, "CKM", date(2026, 1, 1)),)), True, False,
    ),
    "care_management_billed": (
        replace(
            USUAL, other_time=(OtherTime("CCM", "clinical_staff", 1200, date(2026, 3, 5)),),
            care_papers=CarePapers((ManagedCare("CCM", date(2026, 1, 1), None, 2),), (InForce(),)),
        ),
        True, False,
    ),
    "device_dos": (a_month(device_periods=(a_period(20, last_recorded_on=date(2026, 3, 25)),)), "period_close", "last_recorded_day"),
    "time_rounding": (with_facts(USUAL, time=(a_slice(630, n=1), a_slice(570, n=2))), "sum_seconds", "floor_each_entry"),
    "allow_99091_with_99457": (WITH_99091, False, True),
    "same_day_em_time": (WITH_VISIT, "exclude_overlap", "exclude_all_physician_time"),
    "message_time": (with_facts(USUAL, time=(a_slice(1200, kind="message"),)), True, False),
    "attempt_time": (with_facts(USUAL, time=(a_slice(1200, kind="attempt"),)), True, False),
    "consent_valid_months": (with_facts(USUAL, consent_on=date(2025, 1, 5)), None, 12),
    "prior_auth_required": (USUAL, False, True),
}  # fmt: skip
# These change what a line says or how it is sent: the tests below, and tests/billing/claims/test_claim_providers.py.
ON_LINES = {"attestation", "send_ordering_provider", "send_supervising_provider"}


def under(key, value):
    """Medicare's policy with one value of its own; None for rule_year means that no rules are loaded."""
    if key == "rule_year" and value is None:
        return replace(MEDICARE, values={**MEDICARE.values, "rule_year": ()})
    departure = {"key": key, "value": value, "from": "2019-01-01", "source": "test"}
    return MEDICARE.with_departures([departure], name="plan")


def outcome(facts, policy):
    """What a decision bills, and what asks for a second look."""
    decision = decide(facts, policy)
    lines = {(line.code, line.units, line.dos, line.dos_from, line.modifiers) for line in decision.lines}
    return lines, {finding.code for finding in decision.findings if finding.gravity is Gravity.REVIEW}


def test_the_table_has_every_parameter():
    assert set(TABLE) | ON_LINES == set(parameters())


@pytest.mark.parametrize("key", TABLE)
def test_a_parameter_changes_a_decision(key):
    facts, one, another = TABLE[key]

    assert outcome(facts, under(key, one)) != outcome(facts, under(key, another))


@pytest.mark.parametrize(("value", "needed"), [("personal", True), ("supervision_recorded", False)])
def test_the_attestation_parameter_decides_whether_a_line_is_attested(value, needed):
    policy = under("attestation", value)
    case = EnrollmentCase(
        facts=replace(USUAL, coverages=(InForce(None, None, "1"),)), policy=policy, enrollment_id=1, patient_id=1,
        billing_provider_id=1, episode_id=None,
    )  # fmt: skip

    assert {line.needs_attestation for line in lines_of(case, decide(USUAL, policy))} == {needed}
