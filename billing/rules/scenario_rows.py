"""Parsers for the rows of a scenario case: periods, minutes, calls, claims. Errors name case, field and reason."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

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

MINUTE_KEYS = {"role", "provider_id", "minutes", "seconds", "date", "start", "end", "id", "note"}
MINUTE_KEYS |= {"within_em_visit", "also_counted_in", "by_assistant", "activity_counts"}
MINUTE_KEYS |= {"assistant", "furnished_by_assistant", "employer"}
# Abbreviations of assistants' roles. The modifier follows from the role.
_ROLES = {"pta": "therapist_assistant", "ota": "therapist_assistant", "therapy_assistant": "therapist_assistant"}


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message names case, field and reason."""


def check_keys(case: str, where: str, value: object, keys: set[str]) -> Mapping[str, Any]:
    """The object, after a check that every key is known. Raises ScenarioError."""
    if not isinstance(value, dict):
        raise ScenarioError(f"case {case}, {where}: expected an object, not {value!r}")
    if unknown := set(value) - keys:
        raise ScenarioError(f"case {case}, {where}: {min(unknown)!r} is not known; known are {', '.join(sorted(keys))}")
    return value


def optional_day(case: str, where: str, value: Any) -> date | None:
    """A day, or None if there is none. Raises ScenarioError."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a day like 2026-03-31") from None


def required_day(case: str, where: str, value: object) -> date:
    """A day that is required. Raises ScenarioError."""
    day = optional_day(case, where, value)
    if day is None:
        raise ScenarioError(f"case {case}, {where}: a day is missing")
    return day


def whole_number(case: str, where: str, value: object) -> int:
    """A whole number from 0. Raises ScenarioError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a whole number from 0")
    return value


def parse_moment(case: str, where: str, value: Any, zone: str) -> datetime | None:
    """An aware datetime, in the clinic's zone if it has none, or None. Raises ScenarioError."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a moment like 2026-03-04T10:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def periods_of(name: str, rows: list[Any]) -> Iterator[DevicePeriod]:
    """Device periods."""
    keys = {"start", "end", "days_with_readings", "self_reported_days", "terminated_on", "last_recorded_on"}
    keys |= {"paused", "devices"}
    for index, row in enumerate(rows):
        where = f"device_periods[{index}]"
        check_keys(name, where, row, keys)
        yield DevicePeriod(
            start=required_day(name, f"{where}.start", row.get("start")),
            end=required_day(name, f"{where}.end", row.get("end")),
            days=whole_number(name, f"{where}.days_with_readings", row.get("days_with_readings")),
            self_reported_days=whole_number(name, f"{where}.self_reported_days", row.get("self_reported_days", 0)),
            terminated_on=optional_day(name, f"{where}.terminated_on", row.get("terminated_on")),
            id=f"period {row.get('start')}",
            last_recorded_on=optional_day(name, f"{where}.last_recorded_on", row.get("last_recorded_on")),
        )


def time_of(name: str, rows: list[Any], zone: str) -> Iterator[TimeSlice]:
    """Minutes, with start and end if given."""
    for index, row in enumerate(rows):
        where = f"minutes_by_role[{index}]"
        check_keys(name, where, row, MINUTE_KEYS)
        minutes = whole_number(name, f"{where}.minutes", row.get("minutes", 0))
        seconds = whole_number(name, f"{where}.seconds", row.get("seconds", 0))
        yield TimeSlice(
            id=str(row.get("id") or f"entry {index + 1:03d}"),
            role=_ROLES.get(str(row.get("role")).lower(), str(row.get("role"))),
            person_id=str(row.get("provider_id") or ""),
            seconds=minutes * 60 + seconds,
            started_at=parse_moment(name, f"{where}.start", row.get("start"), zone),
            ended_at=parse_moment(name, f"{where}.end", row.get("end"), zone),
            on=optional_day(name, f"{where}.date", row.get("date")),
            counts=bool(row.get("activity_counts", True)),
            within_em_visit=bool(row.get("within_em_visit")),
            also_counted_in=str(row.get("also_counted_in") or ""),
            by_assistant=any(row.get(key) for key in ("by_assistant", "assistant", "furnished_by_assistant")),
            employer=str(row.get("employer") or ""),
        )


def contacts_of(name: str, rows: list[Any]) -> Iterator[Contact]:
    """Calls and messages."""
    for index, row in enumerate(rows):
        where = f"calls[{index}]"
        check_keys(name, where, row, {"date", "channel", "live", "by_role", "by_id", "with", "id", "note"})
        yield Contact(
            id=str(row.get("id") or f"call {index + 1:03d}"),
            on=required_day(name, f"{where}.date", row.get("date")),
            channel=str(row.get("channel")),
            live=bool(row.get("live")),
            by_role=str(row.get("by_role")),
            by_id=str(row.get("by_id") or ""),
            with_whom=str(row.get("with") or "patient"),
        )


def claims_of(name: str, rows: list[Any]) -> Iterator[OtherClaim]:
    """Lines billed already."""
    for index, row in enumerate(rows):
        where = f"other_claims[{index}]"
        check_keys(name, where, row, {"code", "by", "dos", "period_start", "units"})
        if row.get("by") not in {"same_practice", "other_practice"}:
            raise ScenarioError(f"case {name}, {where}.by: expected same_practice or other_practice")
        if not re.fullmatch(r"[0-9A-Z]{5}", str(row.get("code")), re.ASCII):
            raise ScenarioError(f"case {name}, {where}.code: {row.get('code')!r} is not a procedure code")
        yield OtherClaim(
            code=str(row.get("code")),
            same_practice=row["by"] == "same_practice",
            dos=required_day(name, f"{where}.dos", row.get("dos")),
            period_start=optional_day(name, f"{where}.period_start", row.get("period_start")),
            units=whole_number(name, f"{where}.units", row.get("units", 1)),
        )


def other_time_of(name: str, rows: list[Any]) -> Iterator[OtherTime]:
    """Care-management time."""
    for index, row in enumerate(rows):
        where = f"other_program_minutes[{index}]"
        check_keys(name, where, row, {"program", "role", "minutes", "seconds"})
        seconds = whole_number(name, where, row.get("minutes", 0)) * 60 + whole_number(
            name, where, row.get("seconds", 0)
        )
        yield OtherTime(str(row.get("program")), str(row.get("role")), seconds)


def visits_of(name: str, rows: list[Any], zone: str) -> Iterator[VisitFact]:
    """Visits that are billed as evaluation and management."""
    for index, row in enumerate(rows):
        where = f"em_visits[{index}]"
        check_keys(name, where, row, {"provider_id", "start", "end", "note"})
        start, end = (parse_moment(name, f"{where}.{key}", row.get(key), zone) for key in ("start", "end"))
        if start is None or end is None:
            raise ScenarioError(f"case {name}, {where}: a visit has a start and an end")
        yield VisitFact(str(row.get("provider_id") or ""), start, end)


def self_measured_of(name: str, row: Any) -> SelfMeasured | None:
    """Self-measured blood pressure of the month."""
    if row is None:
        return None
    where = "self_measured"
    check_keys(name, where, row, {"taught_on", "taught_billed", "readings", "plan_sent_on"})
    return SelfMeasured(
        taught_on=optional_day(name, f"{where}.taught_on", row.get("taught_on")),
        taught_billed=bool(row.get("taught_billed")),
        readings=whole_number(name, f"{where}.readings", row.get("readings", 0)),
        plan_sent_on=optional_day(name, f"{where}.plan_sent_on", row.get("plan_sent_on")),
    )


def advanced_care_of(name: str, row: Any) -> AdvancedCare | None:
    """Advanced primary care of the month."""
    if row is None:
        return None
    check_keys(name, "advanced_care", row, {"conditions", "qualified_beneficiary", "consent_present"})
    return AdvancedCare(
        conditions=whole_number(name, "advanced_care.conditions", row.get("conditions")),
        qualified_beneficiary=bool(row.get("qualified_beneficiary")),
        consent_present=bool(row.get("consent_present")),
    )
