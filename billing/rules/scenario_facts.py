"""Parser for one case of a scenario file. Refuses unknown values by case and field."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from billing.rules.facts import FactsError, PatientMonth
from billing.rules.policy import Policy, PolicyError, check_value, parameters
from billing.rules.policy_loader import load_preset
from billing.rules.scenario_rows import (
    ScenarioError,
    advanced_care_of,
    check_keys,
    claims_of,
    contacts_of,
    optional_day,
    other_time_of,
    periods_of,
    self_measured_of,
    time_of,
    visits_of,
    whole_number,
)

CASE_KEYS = {
    "id", "title", "program", "policy", "policy_overrides", "period", "facts", "expected_codes",
    "expected_other_program_codes", "expected_blockers", "expected_notes", "expected_warnings", "rules", "source",
    "confidence", "note",
}  # fmt: skip
FACT_KEYS = {
    "patient_established", "billing_provider_id", "order_present", "order_date", "order_ends_on", "care_plan_present",
    "consent", "diagnosis", "device_qualified", "supervision_documented", "prior_auth_present", "rtm_system",
    "therapy_plan_of_care", "assistant_furnished", "new_episode", "setup_education_done", "setup_billed_in_episode",
    "device_periods", "device_days_with_readings", "minutes_by_role", "calls", "other_claims", "other_program_minutes",
    "em_visits", "self_measured", "advanced_care",
    "global_period", "discharged_on", "disenrolled_on", "started_on", "note", "discharge_date", "zone",
}  # fmt: skip
_PLANS = {"PT": "PT", "OT": "OT", "SLP": "SLP", "GP": "PT", "GO": "OT", "GN": "SLP", "ST": "SLP"}


def policy_of(case: Mapping[str, object]) -> Policy:
    """The case's preset with its overrides applied. Raises ScenarioError."""
    name = str(case.get("id", "?"))
    try:
        preset = load_preset(str(case.get("policy", "")))
        overrides = case.get("policy_overrides") or {}
        if not isinstance(overrides, dict):
            raise PolicyError("policy_overrides must be an object")
        departures = [
            {
                "key": key,
                "value": check_value("policy_overrides", key, value),
                "from": "2000-01-01",
                "source": "scenario",
            }
            for key, value in overrides.items()
            # A null means the preset's own value.
            if not (value is None and not parameters().get(key, {"optional": True}).get("optional"))
        ]
        return preset.with_departures(departures, name=f"{preset.name}+") if departures else preset
    except PolicyError as error:
        raise ScenarioError(f"case {name}, policy: {error}") from None


def facts_of(case: Mapping[str, object]) -> PatientMonth:
    """The case's facts. Raises ScenarioError naming case, field and reason."""
    name = str(case.get("id", "?"))
    check_keys(name, "case", case, CASE_KEYS)
    facts = check_keys(name, "facts", case.get("facts"), FACT_KEYS)
    period = check_keys(name, "period", case.get("period"), {"year", "month"})
    zone = str(facts.get("zone") or "UTC")
    if zone not in available_timezones():
        raise ScenarioError(f"case {name}, zone: {zone!r} is not an IANA zone like America/Chicago")
    consent = check_keys(name, "consent", facts.get("consent") or {}, {"present", "mode", "date", "withdrawn_on"})
    diagnosis = check_keys(name, "diagnosis", facts.get("diagnosis") or {}, {"icd10", "kind"})
    surgery = facts.get("global_period") or {}
    ended = facts.get("discharged_on") or facts.get("disenrolled_on") or facts.get("discharge_date")
    plan, assistant = _therapy(name, facts.get("therapy_plan_of_care"))
    try:
        return PatientMonth(
            id=name,
            program=str(case.get("program")),
            year=whole_number(name, "period.year", period.get("year")),
            month=whole_number(name, "period.month", period.get("month")),
            zone=zone,
            billing_provider_id=str(facts.get("billing_provider_id") or ""),
            patient_established=bool(facts.get("patient_established")),
            order_present=bool(facts.get("order_present")),
            order_on=optional_day(name, "order_date", facts.get("order_date")),
            order_ends_on=optional_day(name, "order_ends_on", facts.get("order_ends_on")),
            care_plan_present=bool(facts.get("care_plan_present")),
            consent_present=bool(consent.get("present")),
            consent_on=optional_day(name, "consent.date", consent.get("date")),
            consent_withdrawn_on=optional_day(name, "consent.withdrawn_on", consent.get("withdrawn_on")),
            diagnosis=str(diagnosis.get("icd10") or ""),
            diagnosis_kind=str(diagnosis.get("kind") or ""),
            device_qualified=bool(facts.get("device_qualified")),
            supervision_documented=bool(facts.get("supervision_documented")),
            prior_auth_present=bool(facts.get("prior_auth_present")),
            rtm_system=str(facts.get("rtm_system") or ""),
            therapy_plan=plan,
            assistant_furnished=assistant or bool(facts.get("assistant_furnished")),
            started_on=optional_day(name, "started_on", facts.get("started_on")),
            discharged_on=optional_day(name, "discharged_on", ended),
            new_episode=bool(facts.get("new_episode")),
            setup_education_done=bool(facts.get("setup_education_done")),
            setup_billed_in_episode=bool(facts.get("setup_billed_in_episode")),
            device_periods=tuple(periods_of(name, facts.get("device_periods") or [])),
            time=tuple(time_of(name, facts.get("minutes_by_role") or [], zone)),
            contacts=tuple(contacts_of(name, facts.get("calls") or [])),
            other_claims=tuple(claims_of(name, facts.get("other_claims") or [])),
            other_time=tuple(other_time_of(name, facts.get("other_program_minutes") or [])),
            visits=tuple(visits_of(name, facts.get("em_visits") or [], zone)),
            self_measured=self_measured_of(name, facts.get("self_measured")),
            advanced_care=advanced_care_of(name, facts.get("advanced_care")),
            global_period_conflict=all(surgery.get(key) for key in ("active", "same_practitioner", "related")),
        )
    except FactsError as error:
        raise ScenarioError(f"case {name}: {error}") from None


def _therapy(name: str, raw: object) -> tuple[str, bool]:
    if not raw:
        return "", False
    assistant = False
    if isinstance(raw, dict):
        assistant = bool(raw.get("assistant") or raw.get("assistant_furnished") or raw.get("furnished_by_assistant"))
        raw = raw.get("discipline") or raw.get("modifier") or raw.get("type")
    if str(raw).upper() not in _PLANS:
        raise ScenarioError(f"case {name}, therapy_plan_of_care: {raw!r} is not PT, OT or SLP")
    return _PLANS[str(raw).upper()], assistant
