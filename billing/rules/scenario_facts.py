"""Parser for one case of a scenario file. Refuses unknown values by case and field."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from billing.rules.fact_rows import InForce
from billing.rules.facts import FactsError, PatientMonth
from billing.rules.policy import Policy, PolicyError, check_value, parameters
from billing.rules.policy_loader import load_preset
from billing.rules.scenario_access import ACCESS_KEYS, access_facts_of
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
    "id",
    "title",
    "program",
    "policy",
    "policy_overrides",
    "period",
    "facts",
    "expected_codes",
    "expected_other_program_codes",
    "expected_blockers",
    "expected_notes",
    "expected_warnings",
    "rules",
    "source",
    "confidence",
    "note",
}
FACT_KEYS = {
    "patient_established",
    "initiating_visit_on",
    "billing_provider_id",
    "order_present",
    "order_date",
    "order_ends_on",
    "care_plan_present",
    "consent",
    "diagnosis",
    "device_qualified",
    "supervision_documented",
    "prior_auth_present",
    "rtm_system",
    "therapy_plan_of_care",
    "assistant_furnished",
    "new_episode",
    "setup_education_done",
    "setup_billed_in_episode",
    "device_periods",
    "device_days_with_readings",
    "minutes_by_role",
    "calls",
    "other_claims",
    "other_program_minutes",
    "em_visits",
    "self_measured",
    "advanced_care",
    *ACCESS_KEYS,
    "global_period",
    "setup_on",
    "died_on",
    "others_asked",
    "discharged_on",
    "disenrolled_on",
    "started_on",
    "note",
    "discharge_date",
    "zone",
}
_PLANS = {"PT": "PT", "OT": "OT", "SLP": "SLP", "GP": "PT", "GO": "OT", "GN": "SLP", "ST": "SLP"}


def policy_of(case: Mapping[str, object], presets: Callable[[str], Policy] = load_preset) -> Policy:
    """The case's preset (by its name, of `presets`) with its overrides applied. Raises ScenarioError."""
    name = str(case.get("id", "?"))
    try:
        preset = presets(str(case.get("policy", "")))
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
    time = tuple(time_of(name, facts.get("minutes_by_role") or [], zone))
    provider = str(facts.get("billing_provider_id") or "")
    in_force = (
        ("orders", facts.get("order_present"), ("order_date", facts), ("order_ends_on", facts)),
        ("consents", consent.get("present"), ("consent.date", consent), ("consent.withdrawn_on", consent)),
        (
            "enrolled",
            facts.get("started_on") or ended,
            ("started_on", facts),
            ("discharged_on", {"discharged_on": ended}),
        ),
    )
    spans: dict[str, Any] = {}
    for kind, present, start, end in in_force:
        row = InForce(_day_of(name, *start), _day_of(name, *end))
        spans[kind] = (row,) if present else ()
    try:
        return PatientMonth(
            id=name,
            program=str(case.get("program")),
            year=whole_number(name, "period.year", period.get("year")),
            month=whole_number(name, "period.month", period.get("month")),
            zone=zone,
            billing_provider_id=provider,
            # A provider who works on the patient has the role of that work.
            billing_provider_role=next((item.role for item in time if provider and item.person_id == provider), ""),
            established=bool(facts.get("patient_established")),
            initiating_visit_on=optional_day(name, "initiating_visit_on", facts.get("initiating_visit_on")),
            died_on=optional_day(name, "died_on", facts.get("died_on")),
            **spans,
            care_plan_present=bool(facts.get("care_plan_present")),
            diagnosis=str(diagnosis.get("icd10") or ""),
            diagnosis_kind=str(diagnosis.get("kind") or ""),
            devices=(InForce(),) if facts.get("device_qualified") else (),
            supervised=(InForce(),) if facts.get("supervision_documented") else (),
            prior_auth_present=bool(facts.get("prior_auth_present")),
            rtm_system=str(facts.get("rtm_system") or ""),
            therapy_plan=plan,
            assistant_furnished=assistant or bool(facts.get("assistant_furnished")),
            new_episode=bool(facts.get("new_episode")),
            setup_on=optional_day(name, "setup_on", facts.get("setup_on")),
            setup_education_done=bool(facts.get("setup_education_done")),
            setup_billed_in_episode=bool(facts.get("setup_billed_in_episode")),
            device_periods=tuple(periods_of(name, facts.get("device_periods") or [])),
            time=time,
            contacts=tuple(contacts_of(name, facts.get("calls") or [])),
            other_claims=tuple(claims_of(name, facts.get("other_claims") or [])),
            others_asked=bool(facts.get("others_asked")),
            other_time=tuple(other_time_of(name, facts.get("other_program_minutes") or [])),
            visits=tuple(visits_of(name, facts.get("em_visits") or [], zone)),
            **access_facts_of(name, facts),
            self_measured=self_measured_of(name, facts.get("self_measured")),
            advanced_care=advanced_care_of(name, facts.get("advanced_care")),
            global_period_conflict=all(surgery.get(key) for key in ("active", "same_practitioner", "related")),
        )
    except FactsError as error:
        raise ScenarioError(f"case {name}: {error}") from None


def _day_of(case: str, where: str, values: Mapping[str, Any]) -> date | None:
    """The day of a field like `consent.date` in its object."""
    return optional_day(case, where, values.get(where.rpartition(".")[2]))


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
