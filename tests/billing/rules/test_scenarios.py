"""Parsing of scenario files: every key becomes its fact, every error names case, field and reason."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.rules import PatientMonth
from billing.rules.fact_rows import (
    AdvancedCare,
    Contact,
    DevicePeriod,
    OtherClaim,
    OtherTime,
    SelfMeasured,
    TimeSlice,
    VisitFact,
)
from billing.rules.scenario_facts import facts_of, policy_of
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import run_case

ZONE = ZoneInfo("America/Chicago")
WHOLE = {
    "id": "S1",
    "program": "RTM",
    "policy": "medicare_general_supervision",
    "period": {"year": 2026, "month": 3},
    "facts": {
        "zone": "America/Chicago", "billing_provider_id": "P1", "patient_established": True, "order_present": True,
        "order_date": "2026-01-02", "order_ends_on": "2026-12-31", "care_plan_present": True,
        "consent": {"present": True, "mode": "verbal", "date": "2026-01-03", "withdrawn_on": "2026-06-01"},
        "diagnosis": {"icd10": "M54.50", "kind": "acute"}, "device_qualified": True, "supervision_documented": True,
        "prior_auth_present": True, "rtm_system": "musculoskeletal",
        "therapy_plan_of_care": {"discipline": "gp", "assistant": True}, "assistant_furnished": False,
        "started_on": "2026-01-04", "discharged_on": "2026-05-05", "new_episode": True, "setup_education_done": True,
        "setup_billed_in_episode": True, "note": "n",
        "device_periods": [
            {"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": 17, "self_reported_days": 3,
             "terminated_on": "2026-03-20", "paused": True, "devices": 2}
        ],
        "minutes_by_role": [
            {"role": "PTA", "provider_id": "T2", "minutes": 7, "seconds": 30, "date": "2026-03-04"},
            {"role": "physician", "provider_id": "P1", "minutes": 5, "start": "2026-03-04T10:00:00",
             "end": "2026-03-04T10:05:00", "within_em_visit": True, "also_counted_in": "CCM", "by_assistant": True,
             "activity_counts": False, "id": "mine"},
        ],
        "calls": [
            {"date": "2026-03-10", "channel": "phone", "live": True, "by_role": "qhp", "by_id": "Q1", "with": "caregiver"},
            {"date": "2026-03-11", "channel": "sms", "by_role": "clinical_staff", "id": "text"},
        ],
        "other_claims": [
            {"code": "99454", "by": "same_practice", "dos": "2026-02-28", "period_start": "2026-01-30"},
            {"code": "G0557", "by": "other_practice", "dos": "2026-03-31"},
        ],
        "other_program_minutes": [{"program": "CCM", "role": "clinical_staff", "minutes": 20, "seconds": 5}],
        "em_visits": [{"provider_id": "P1", "start": "2026-03-04T09:00:00", "end": "2026-03-04T09:20:00", "note": "x"}],
        "self_measured": {"taught_on": "2026-03-02", "taught_billed": True, "readings": 12, "plan_sent_on": "2026-03-20"},
        "advanced_care": {"conditions": 2, "qualified_beneficiary": True, "consent_present": True},
        "global_period": {"active": True, "same_practitioner": True, "related": True},
    },
}  # fmt: skip
EXPECTED = PatientMonth(
    id="S1", program="RTM", year=2026, month=3, zone="America/Chicago", billing_provider_id="P1",
    patient_established=True, order_present=True, order_on=date(2026, 1, 2), order_ends_on=date(2026, 12, 31),
    care_plan_present=True, consent_present=True, consent_on=date(2026, 1, 3), consent_withdrawn_on=date(2026, 6, 1),
    diagnosis="M54.50", diagnosis_kind="acute", device_qualified=True, supervision_documented=True,
    prior_auth_present=True, rtm_system="musculoskeletal", therapy_plan="PT", assistant_furnished=True,
    started_on=date(2026, 1, 4), discharged_on=date(2026, 5, 5), new_episode=True, setup_education_done=True,
    setup_billed_in_episode=True,
    device_periods=(DevicePeriod(date(2026, 3, 1), date(2026, 3, 30), 17, 3, date(2026, 3, 20), "period 2026-03-01"),),
    time=(
        TimeSlice("entry 001", "therapist_assistant", "T2", 450, None, None, date(2026, 3, 4)),
        TimeSlice(
            "mine", "physician", "P1", 300, datetime(2026, 3, 4, 10, 0, tzinfo=ZONE),
            datetime(2026, 3, 4, 10, 5, tzinfo=ZONE), None, False, True, "CCM", True,
        ),
    ),
    contacts=(
        Contact("call 001", date(2026, 3, 10), "phone", True, "qhp", "Q1", "caregiver"),
        Contact("text", date(2026, 3, 11), "sms", False, "clinical_staff", "", "patient"),
    ),
    other_claims=(
        OtherClaim("99454", True, date(2026, 2, 28), date(2026, 1, 30)),
        OtherClaim("G0557", False, date(2026, 3, 31)),
    ),
    other_time=(OtherTime("CCM", "clinical_staff", 1205),),
    visits=(
        VisitFact("P1", datetime(2026, 3, 4, 9, 0, tzinfo=ZONE), datetime(2026, 3, 4, 9, 20, tzinfo=ZONE)),
    ),
    self_measured=SelfMeasured(date(2026, 3, 2), True, 12, date(2026, 3, 20)),
    advanced_care=AdvancedCare(2, True, True),
    global_period_conflict=True,
)  # fmt: skip


def changed(**facts):
    return {**WHOLE, "facts": {**WHOLE["facts"], **facts}}


def test_every_key_of_a_case_becomes_its_fact_and_no_other():
    assert facts_of(WHOLE) == EXPECTED


@pytest.mark.parametrize("key", [key for key, value in WHOLE["facts"].items() if isinstance(value, bool) and value])
def test_a_missing_flag_is_false(key):
    facts = {name: value for name, value in WHOLE["facts"].items() if name != key}
    assert getattr(facts_of({**WHOLE, "facts": facts}), key) is False


def test_an_empty_case_has_only_defaults():
    assert facts_of({"id": "E", "program": "RPM", "period": {"year": 2025, "month": 2}, "facts": {}}) == PatientMonth(
        id="E", program="RPM", year=2025, month=2, device_periods=()
    )


@pytest.mark.parametrize(
    ("plan", "assistant", "expected"),
    [
        ("PT", False, ("PT", False)), ("go", True, ("OT", True)), ("ST", False, ("SLP", False)),
        ({"modifier": "GN"}, False, ("SLP", False)), ({"type": "OT", "furnished_by_assistant": True}, False, ("OT", True)),
        ({"discipline": "SLP", "assistant_furnished": True}, False, ("SLP", True)), (None, True, ("", True)),
    ],
)  # fmt: skip
def test_a_therapy_plan_has_several_forms(plan, assistant, expected):
    facts = facts_of(changed(therapy_plan_of_care=plan, assistant_furnished=assistant))
    assert (facts.therapy_plan, facts.assistant_furnished) == expected


@pytest.mark.parametrize("key", ["discharged_on", "disenrolled_on", "discharge_date"])
def test_the_end_date_has_several_keys(key):
    facts = {**WHOLE["facts"], "discharged_on": None, key: "2026-03-20"}
    assert facts_of({**WHOLE, "facts": facts}).discharged_on == date(2026, 3, 20)


@pytest.mark.parametrize("key", ["active", "same_practitioner", "related"])
def test_a_global_period_needs_all_three(key):
    surgery = {**WHOLE["facts"]["global_period"], key: False}
    assert facts_of(changed(global_period=surgery)).global_period_conflict is False


@pytest.mark.parametrize("name", ["assistant", "furnished_by_assistant", "by_assistant"])
def test_an_assistants_minutes_have_several_keys(name):
    (slice_,) = facts_of(changed(minutes_by_role=[{"role": "therapist", "minutes": 1, name: True}])).time
    assert (slice_.by_assistant, slice_.person_id, slice_.id, slice_.seconds) == (True, "", "entry 001", 60)


@pytest.mark.parametrize(
    ("role", "expected"), [("ota", "therapist_assistant"), ("therapy_assistant", "therapist_assistant"), ("qhp", "qhp")]
)
def test_abbreviations_of_assistants_roles(role, expected):
    assert facts_of(changed(minutes_by_role=[{"role": role, "seconds": 5}])).time[0].role == expected


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"zone": "Mars/Base"}, "case S1, zone: 'Mars/Base' is not an IANA zone like America/Chicago"),
        ({"order_date": "soon"}, "case S1, order_date: 'soon' is not a day like 2026-03-31"),
        ({"order_ends_on": 7}, "case S1, order_ends_on: 7 is not a day like 2026-03-31"),
        ({"started_on": "x"}, "case S1, started_on: 'x' is not a day like 2026-03-31"),
        ({"discharged_on": "x"}, "case S1, discharged_on: 'x' is not a day like 2026-03-31"),
        ({"consent": {"date": "x"}}, "case S1, consent.date: 'x' is not a day like 2026-03-31"),
        ({"consent": {"withdrawn_on": "x"}}, "case S1, consent.withdrawn_on: 'x' is not a day like 2026-03-31"),
        ({"consent": {"who": "x"}}, "case S1, consent: 'who' is not known; known are date, mode, present, withdrawn_on"),
        ({"consent": [1]}, "case S1, consent: expected an object, not [1]"),
        ({"diagnosis": {"code": "x"}}, "case S1, diagnosis: 'code' is not known; known are icd10, kind"),
        ({"therapy_plan_of_care": "XX"}, "case S1, therapy_plan_of_care: 'XX' is not PT, OT or SLP"),
        ({"device_periods": [{"end": "2026-03-30", "days_with_readings": 1}]}, "case S1, device_periods[0].start: a day is missing"),
        ({"device_periods": [{"start": "2026-03-01", "days_with_readings": 1}]}, "case S1, device_periods[0].end: a day is missing"),
        (
            {"device_periods": [{"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": True}]},
            "case S1, device_periods[0].days_with_readings: True is not a whole number from 0",
        ),
        (
            {"device_periods": [{"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": 1, "self_reported_days": -1}]},
            "case S1, device_periods[0].self_reported_days: -1 is not a whole number from 0",
        ),
        (
            {"device_periods": [{"start": "2026-03-01", "end": "2026-03-30", "days_with_readings": 1, "terminated_on": "x"}]},
            "case S1, device_periods[0].terminated_on: 'x' is not a day like 2026-03-31",
        ),
        ({"device_periods": [7]}, "case S1, device_periods[0]: expected an object, not 7"),
        ({"minutes_by_role": [{"role": "qhp", "minutes": 1.5}]}, "case S1, minutes_by_role[0].minutes: 1.5 is not a whole number from 0"),
        ({"minutes_by_role": [{"role": "qhp", "seconds": "9"}]}, "case S1, minutes_by_role[0].seconds: '9' is not a whole number from 0"),
        ({"minutes_by_role": [{"role": "qhp", "start": "ten"}]}, "case S1, minutes_by_role[0].start: 'ten' is not a moment like 2026-03-04T10:00:00"),
        ({"minutes_by_role": [{"role": "qhp", "end": "ten"}]}, "case S1, minutes_by_role[0].end: 'ten' is not a moment like 2026-03-04T10:00:00"),
        ({"minutes_by_role": [{"role": "qhp", "date": "x"}]}, "case S1, minutes_by_role[0].date: 'x' is not a day like 2026-03-31"),
        ({"calls": [{"channel": "phone"}]}, "case S1, calls[0].date: a day is missing"),
        ({"calls": [{"where": "x"}]}, "case S1, calls[0]: 'where' is not known; known are by_id, by_role, channel, date, id, live, note, with"),
        ({"other_claims": [{"code": "99454", "by": "us", "dos": "2026-03-01"}]}, "case S1, other_claims[0].by: expected same_practice or other_practice"),
        ({"other_claims": [{"code": "99", "by": "same_practice"}]}, "case S1, other_claims[0].code: '99' is not a procedure code"),
        ({"other_claims": [{"code": "99454", "by": "same_practice"}]}, "case S1, other_claims[0].dos: a day is missing"),
        ({"other_claims": [{"code": "99454", "by": "same_practice", "dos": "2026-03-01", "period_start": "x"}]}, "case S1, other_claims[0].period_start: 'x' is not a day like 2026-03-31"),
        ({"other_claims": [{"payer": 1}]}, "case S1, other_claims[0]: 'payer' is not known; known are by, code, dos, period_start"),
        ({"other_program_minutes": [{"program": "CCM", "minutes": -1}]}, "case S1, other_program_minutes[0]: -1 is not a whole number from 0"),
        ({"other_program_minutes": [{"program": "CCM", "seconds": -1}]}, "case S1, other_program_minutes[0]: -1 is not a whole number from 0"),
        ({"other_program_minutes": [{"who": 1}]}, "case S1, other_program_minutes[0]: 'who' is not known; known are minutes, program, role, seconds"),
        ({"em_visits": [{"start": "2026-03-04T09:00:00"}]}, "case S1, em_visits[0]: a visit has a start and an end"),
        ({"em_visits": [{"start": "x"}]}, "case S1, em_visits[0].start: 'x' is not a moment like 2026-03-04T10:00:00"),
        ({"em_visits": [{"where": 1}]}, "case S1, em_visits[0]: 'where' is not known; known are end, note, provider_id, start"),
        ({"self_measured": {"taught_on": "x"}}, "case S1, self_measured.taught_on: 'x' is not a day like 2026-03-31"),
        ({"self_measured": {"plan_sent_on": "x"}}, "case S1, self_measured.plan_sent_on: 'x' is not a day like 2026-03-31"),
        ({"self_measured": {"readings": None}}, "case S1, self_measured.readings: None is not a whole number from 0"),
        ({"self_measured": {"cuff": 1}}, "case S1, self_measured: 'cuff' is not known; known are plan_sent_on, readings, taught_billed, taught_on"),
        ({"advanced_care": {"conditions": -1}}, "case S1, advanced_care.conditions: -1 is not a whole number from 0"),
        ({"advanced_care": {"tier": 1}}, "case S1, advanced_care: 'tier' is not known; known are conditions, consent_present, qualified_beneficiary"),
        ({"minutes_by_role": [{"role": "wizard", "minutes": 1}]}, "case S1: time entry 001: the role 'wizard' is not known"),
    ],
)  # fmt: skip
def test_a_refusal_names_case_field_and_reason(facts, message):
    with pytest.raises(ScenarioError) as refusal:
        facts_of(changed(**facts))
    assert str(refusal.value) == message
    assert run_case(changed(**facts)) == {"id": "S1", "error": message, "matches": False}


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"period": {"month": 3}}, "case S1, period.year: None is not a whole number from 0"),
        ({"period": {"year": 2026, "month": "3"}}, "case S1, period.month: '3' is not a whole number from 0"),
        ({"period": {"quarter": 1}}, "case S1, period: 'quarter' is not known; known are month, year"),
        ({"program": "XYZ"}, "case S1: program must be RPM or RTM, not 'XYZ'"),
        ({"facts": None}, "case S1, facts: expected an object, not None"),
    ],
)
def test_a_refusal_of_the_case_itself(case, message):
    with pytest.raises(ScenarioError) as refusal:
        facts_of({**WHOLE, **case})
    assert str(refusal.value) == message


def test_an_unknown_key_of_a_case_is_named_with_those_known():
    with pytest.raises(ScenarioError, match=r"^case S1, case: 'colour' is not known; known are confidence, expected_"):
        facts_of({**WHOLE, "colour": "red"})


def test_a_moment_with_its_own_zone_keeps_it_and_one_without_takes_the_clinics():
    rows = [{"role": "qhp", "start": "2026-03-04T16:00:00+00:00", "end": "2026-03-04T10:05:00"}]
    (slice_,) = facts_of(changed(minutes_by_role=rows)).time
    assert (slice_.ended_at - slice_.started_at).total_seconds() == 300


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([1], "case S1, policy: policy_overrides must be an object"),
        ({"live_bye": "care_team"}, "case S1, policy: policy_overrides"),
        ({"live_by": "nobody"}, "case S1, policy: policy_overrides"),
    ],
)
def test_impossible_overrides_are_refused(overrides, message):
    with pytest.raises(ScenarioError) as refusal:
        policy_of({**WHOLE, "policy_overrides": overrides})
    assert str(refusal.value).startswith(message)


def test_overrides_replace_values_of_the_preset_and_null_keeps_them():
    on = date(2026, 3, 31)
    preset = policy_of(WHOLE)
    overridden = policy_of(
        {**WHOLE, "policy_overrides": {"live_by": "billing_provider", "time_pooling": None, "max_units_99458": None}}
    )

    assert (preset.name, overridden.name) == ("medicare_general_supervision", "medicare_general_supervision+")
    assert overridden.at("live_by", on) == "billing_provider"
    assert overridden.at("time_pooling", on) == preset.at("time_pooling", on)
    assert (preset.at("max_units_99458", on), overridden.at("max_units_99458", on)) == (3, None)
    assert overridden.dated("live_by", date(2000, 1, 1)).citation.text == "scenario"
    with pytest.raises(ScenarioError, match=r"^case S1, policy: "):
        policy_of({**WHOLE, "policy": "generous"})
    with pytest.raises(ScenarioError, match=r"^case \?, policy: "):
        policy_of({})
