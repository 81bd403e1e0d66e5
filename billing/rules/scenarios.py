"""Scenario files: month-end cases in JSON, read, decided, compared. docs/scenarios.md documents the format."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from billing.rules.decision import Decision, Finding, Gravity, ProposedLine
from billing.rules.engine import decide
from billing.rules.facts import (
    Contact,
    DevicePeriod,
    FactsError,
    OtherClaim,
    OtherTime,
    PatientMonth,
    TimeSlice,
)
from billing.rules.policy import Policy, PolicyError, check_value, load_preset, parameters

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
    "global_period", "discharged_on", "disenrolled_on", "started_on", "zone",
}  # fmt: skip
MINUTE_KEYS = {
    "role", "provider_id", "minutes", "seconds", "date", "start", "end", "within_em_visit", "also_counted_in",
    "by_assistant", "activity_counts", "id",
}  # fmt: skip
_PLANS = {"PT": "PT", "OT": "OT", "SLP": "SLP", "GP": "PT", "GO": "OT", "GN": "SLP", "ST": "SLP"}
# Assistants by the letters after their names; their time is told as theirs, and the modifier follows from it.
_ROLES = {"pta": "therapist_assistant", "ota": "therapist_assistant", "therapy_assistant": "therapist_assistant"}


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message names case, field and reason."""


def read_file(path: Path) -> list[Mapping[str, Any]]:
    """The cases of a file. Raises ScenarioError where it is no scenario file."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read ({error.strerror})") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: this is not JSON ({error})") from None
    cases = raw.get("cases") if isinstance(raw, dict) else raw
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise ScenarioError(f'{path}: expected a list of cases, or an object with a list under "cases"')
    return cases


def _known(case: str, where: str, value: Any, keys: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ScenarioError(f"case {case}, {where}: expected an object, not {value!r}")
    if unknown := set(value) - keys:
        raise ScenarioError(f"case {case}, {where}: {min(unknown)!r} is not known; known are {', '.join(sorted(keys))}")
    return value


def _day(case: str, where: str, value: Any) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a day like 2026-03-31") from None


def _must_day(case: str, where: str, value: Any) -> date:
    day = _day(case, where, value)
    if day is None:
        raise ScenarioError(f"case {case}, {where}: a day is missing")
    return day


def _whole(case: str, where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a whole number from 0")
    return value


def _moment(case: str, where: str, value: Any, zone: str) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a moment like 2026-03-04T10:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def policy_of(case: Mapping[str, Any]) -> Policy:
    """The case's preset with its overrides over it. Raises ScenarioError."""
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
            # A null says: as the preset has it.
            if not (value is None and not parameters().get(key, {"optional": True}).get("optional"))
        ]
        return preset.with_departures(departures, name=f"{preset.name}+") if departures else preset
    except PolicyError as error:
        raise ScenarioError(f"case {name}, policy: {error}") from None


def facts_of(case: Mapping[str, Any]) -> PatientMonth:
    """The case's facts as the engine takes them. Raises ScenarioError naming case, field and reason."""
    name = str(case.get("id", "?"))
    _known(name, "case", case, CASE_KEYS)
    facts = _known(name, "facts", case.get("facts"), FACT_KEYS)
    period = _known(name, "period", case.get("period"), {"year", "month"})
    zone = str(facts.get("zone") or "UTC")
    if zone not in available_timezones():
        raise ScenarioError(f"case {name}, zone: {zone!r} is not an IANA zone like America/Chicago")
    consent = _known(name, "consent", facts.get("consent") or {}, {"present", "mode", "date", "withdrawn_on"})
    diagnosis = _known(name, "diagnosis", facts.get("diagnosis") or {}, {"icd10", "kind"})
    surgery = facts.get("global_period") or {}
    plan, assistant = _therapy(name, facts.get("therapy_plan_of_care"))
    try:
        return PatientMonth(
            id=name,
            program=str(case.get("program")),
            year=_whole(name, "period.year", period.get("year")),
            month=_whole(name, "period.month", period.get("month")),
            zone=zone,
            billing_provider_id=str(facts.get("billing_provider_id") or ""),
            patient_established=bool(facts.get("patient_established")),
            order_present=bool(facts.get("order_present")),
            order_on=_day(name, "order_date", facts.get("order_date")),
            order_ends_on=_day(name, "order_ends_on", facts.get("order_ends_on")),
            care_plan_present=bool(facts.get("care_plan_present")),
            consent_present=bool(consent.get("present")),
            consent_on=_day(name, "consent.date", consent.get("date")),
            consent_withdrawn_on=_day(name, "consent.withdrawn_on", consent.get("withdrawn_on")),
            diagnosis=str(diagnosis.get("icd10") or ""),
            diagnosis_kind=str(diagnosis.get("kind") or ""),
            device_qualified=bool(facts.get("device_qualified")),
            supervision_documented=bool(facts.get("supervision_documented")),
            prior_auth_present=bool(facts.get("prior_auth_present")),
            rtm_system=str(facts.get("rtm_system") or ""),
            therapy_plan=plan,
            assistant_furnished=assistant or bool(facts.get("assistant_furnished")),
            started_on=_day(name, "started_on", facts.get("started_on")),
            discharged_on=_day(name, "discharged_on", facts.get("discharged_on") or facts.get("disenrolled_on")),
            new_episode=bool(facts.get("new_episode")),
            setup_education_done=bool(facts.get("setup_education_done")),
            setup_billed_in_episode=bool(facts.get("setup_billed_in_episode")),
            device_periods=tuple(_periods(name, facts.get("device_periods") or [])),
            time=tuple(_time(name, facts.get("minutes_by_role") or [], zone)),
            contacts=tuple(_contacts(name, facts.get("calls") or [])),
            other_claims=tuple(_claims(name, facts.get("other_claims") or [])),
            other_time=tuple(_other_time(name, facts.get("other_program_minutes") or [])),
            global_period_conflict=all(surgery.get(key) for key in ("active", "same_practitioner", "related")),
        )
    except FactsError as error:
        raise ScenarioError(f"case {name}: {error}") from None


def _therapy(name: str, raw: Any) -> tuple[str, bool]:
    if not raw:
        return "", False
    assistant = False
    if isinstance(raw, dict):
        assistant = bool(raw.get("assistant") or raw.get("assistant_furnished") or raw.get("furnished_by_assistant"))
        raw = raw.get("discipline") or raw.get("modifier") or raw.get("type")
    if str(raw).upper() not in _PLANS:
        raise ScenarioError(f"case {name}, therapy_plan_of_care: {raw!r} is not PT, OT or SLP")
    return _PLANS[str(raw).upper()], assistant


def _periods(name: str, rows: list[Any]) -> Iterator[DevicePeriod]:
    keys = {"start", "end", "days_with_readings", "self_reported_days", "terminated_on", "paused", "devices"}
    for index, row in enumerate(rows):
        where = f"device_periods[{index}]"
        _known(name, where, row, keys)
        yield DevicePeriod(
            start=_must_day(name, f"{where}.start", row.get("start")),
            end=_must_day(name, f"{where}.end", row.get("end")),
            days=_whole(name, f"{where}.days_with_readings", row.get("days_with_readings")),
            self_reported_days=_whole(name, f"{where}.self_reported_days", row.get("self_reported_days", 0)),
            terminated_on=_day(name, f"{where}.terminated_on", row.get("terminated_on")),
            id=f"period {row.get('start')}",
        )


def _time(name: str, rows: list[Any], zone: str) -> Iterator[TimeSlice]:
    for index, row in enumerate(rows):
        where = f"minutes_by_role[{index}]"
        _known(name, where, row, MINUTE_KEYS)
        minutes = _whole(name, f"{where}.minutes", row.get("minutes", 0))
        seconds = _whole(name, f"{where}.seconds", row.get("seconds", 0))
        yield TimeSlice(
            id=str(row.get("id") or f"entry {index + 1:03d}"),
            role=_ROLES.get(str(row.get("role")).lower(), str(row.get("role"))),
            person_id=str(row.get("provider_id") or ""),
            seconds=minutes * 60 + seconds,
            started_at=_moment(name, f"{where}.start", row.get("start"), zone),
            ended_at=_moment(name, f"{where}.end", row.get("end"), zone),
            on=_day(name, f"{where}.date", row.get("date")),
            counts=bool(row.get("activity_counts", True)),
            within_em_visit=bool(row.get("within_em_visit")),
            also_counted_in=str(row.get("also_counted_in") or ""),
            by_assistant=bool(row.get("by_assistant")),
        )


def _contacts(name: str, rows: list[Any]) -> Iterator[Contact]:
    for index, row in enumerate(rows):
        where = f"calls[{index}]"
        _known(name, where, row, {"date", "channel", "live", "by_role", "by_id", "with", "id"})
        yield Contact(
            id=str(row.get("id") or f"call {index + 1:03d}"),
            on=_must_day(name, f"{where}.date", row.get("date")),
            channel=str(row.get("channel")),
            live=bool(row.get("live")),
            by_role=str(row.get("by_role")),
            by_id=str(row.get("by_id") or ""),
            with_whom=str(row.get("with") or "patient"),
        )


def _claims(name: str, rows: list[Any]) -> Iterator[OtherClaim]:
    for index, row in enumerate(rows):
        where = f"other_claims[{index}]"
        _known(name, where, row, {"code", "by", "dos", "period_start"})
        if row.get("by") not in {"same_practice", "other_practice"}:
            raise ScenarioError(f"case {name}, {where}.by: expected same_practice or other_practice")
        if not re.fullmatch(r"[0-9A-Z]{5}", str(row.get("code")), re.ASCII):
            raise ScenarioError(f"case {name}, {where}.code: {row.get('code')!r} is not a procedure code")
        yield OtherClaim(
            code=str(row.get("code")),
            same_practice=row["by"] == "same_practice",
            dos=_must_day(name, f"{where}.dos", row.get("dos")),
            period_start=_day(name, f"{where}.period_start", row.get("period_start")),
        )


def _other_time(name: str, rows: list[Any]) -> Iterator[OtherTime]:
    for index, row in enumerate(rows):
        where = f"other_program_minutes[{index}]"
        _known(name, where, row, {"program", "role", "minutes", "seconds"})
        seconds = _whole(name, where, row.get("minutes", 0)) * 60 + _whole(name, where, row.get("seconds", 0))
        yield OtherTime(str(row.get("program")), str(row.get("role")), seconds)


def run_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """Decide one case: its answer as the command prints it, with `matches` where the case holds expectations."""
    try:
        decision = decide(facts_of(case), policy_of(case))
    except ScenarioError as error:
        return {"id": case.get("id"), "error": str(error), "matches": False}
    answer = answer_of(str(case.get("id")), decision)
    if "expected_codes" in case:
        difference = compare(case, answer)
        answer["matches"] = not difference
        if difference:
            answer["difference"] = difference
    return answer


def answer_of(name: str, decision: Decision) -> dict[str, Any]:
    """A decision in the words of the scenario format."""
    return {
        "id": name,
        "codes": [_line(line) for line in decision.lines],
        "other_program_codes": [{"code": line.code, "units": line.units} for line in decision.other_lines],
        "blockers": _unique({"component": finding.component, "reason": finding.code} for finding in decision.blockers),
        "notes": _codes(decision, Gravity.NOTE),
        "warnings": _codes(decision, Gravity.REVIEW),
        "explanation": [_explained(finding) for finding in decision.findings],
    }


def _line(line: ProposedLine) -> dict[str, Any]:
    said: dict[str, Any] = {
        "code": line.code,
        "units": line.units,
        "dos": line.dos.isoformat(),
        "modifiers": list(line.modifiers),
    }
    if line.dos_from is not None:
        said["dos_from"] = line.dos_from.isoformat()
    return said


def _explained(finding: Finding) -> str:
    return f"{finding.gravity.value}: {finding.sentence}"


def _codes(decision: Decision, gravity: Gravity) -> list[str]:
    return _unique(finding.code for finding in decision.findings if finding.gravity is gravity)


def _unique(items: Any) -> list[Any]:
    kept: list[Any] = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return kept


def compare(case: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """What differs from the case's expectations, each as a sentence; empty where nothing does."""
    found = []
    wanted = {(row["code"], row["units"], row["dos"]): row.get("modifiers") for row in case["expected_codes"]}
    given = {(row["code"], row["units"], row["dos"]): row["modifiers"] for row in answer["codes"]}
    for key in sorted(wanted.keys() - given.keys()):
        found.append(f"missing code {key[0]} x{key[1]} on {key[2]}")
    for key in sorted(given.keys() - wanted.keys()):
        found.append(f"code {key[0]} x{key[1]} on {key[2]} was not expected")
    for key in sorted(wanted.keys() & given.keys()):
        if wanted[key] is not None and sorted(wanted[key]) != sorted(given[key]):
            found.append(f"{key[0]} carries {given[key]}, expected {wanted[key]}")
    others = {(row["code"], row["units"]) for row in case.get("expected_other_program_codes", [])}
    got = {(row["code"], row["units"]) for row in answer["other_program_codes"]}
    if others != got:
        found.append(f"other programs' codes are {sorted(got)}, expected {sorted(others)}")
    blocked = {(row["component"], row["reason"]) for row in answer["blockers"]}
    for row in case.get("expected_blockers", []):
        if (row["component"], row["reason"]) not in blocked:
            found.append(f"missing blocker {row['component']}: {row['reason']}")
    for expected, reported in (("expected_notes", "notes"), ("expected_warnings", "warnings")):
        for reason in case.get(expected, []):
            if reason not in answer[reported]:
                found.append(f"missing {reported[:-1]} {reason}")
    return found
