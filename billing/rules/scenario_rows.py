"""The rows of a case: periods, minutes, calls, claims. Each refusal names case, field and reason."""

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

MINUTE_KEYS = {
    "role", "provider_id", "minutes", "seconds", "date", "start", "end", "within_em_visit", "also_counted_in",
    "by_assistant", "activity_counts", "id",
    "assistant", "furnished_by_assistant", "note",
}  # fmt: skip
# Assistants by the letters after their names; their time is told as theirs, and the modifier follows from it.
_ROLES = {"pta": "therapist_assistant", "ota": "therapist_assistant", "therapy_assistant": "therapist_assistant"}


class ScenarioError(ValueError):
    """A scenario that cannot be read; the message names case, field and reason."""


def known(case: str, where: str, value: Any, keys: set[str]) -> Mapping[str, Any]:
    """The object, with no key that is not known. Raises ScenarioError."""
    if not isinstance(value, dict):
        raise ScenarioError(f"case {case}, {where}: expected an object, not {value!r}")
    if unknown := set(value) - keys:
        raise ScenarioError(f"case {case}, {where}: {min(unknown)!r} is not known; known are {', '.join(sorted(keys))}")
    return value


def a_day(case: str, where: str, value: Any) -> date | None:
    """A day, or None where none is told. Raises ScenarioError."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a day like 2026-03-31") from None


def must_day(case: str, where: str, value: Any) -> date:
    """A day that must be told. Raises ScenarioError."""
    day = a_day(case, where, value)
    if day is None:
        raise ScenarioError(f"case {case}, {where}: a day is missing")
    return day


def whole(case: str, where: str, value: Any) -> int:
    """A whole number from 0. Raises ScenarioError."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a whole number from 0")
    return value


def moment(case: str, where: str, value: Any, zone: str) -> datetime | None:
    """An aware moment, in the clinic's zone where none is told. Raises ScenarioError."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ScenarioError(f"case {case}, {where}: {value!r} is not a moment like 2026-03-04T10:00:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def periods_of(name: str, rows: list[Any]) -> Iterator[DevicePeriod]:
    """Device periods as told."""
    keys = {"start", "end", "days_with_readings", "self_reported_days", "terminated_on", "paused", "devices"}
    for index, row in enumerate(rows):
        where = f"device_periods[{index}]"
        known(name, where, row, keys)
        yield DevicePeriod(
            start=must_day(name, f"{where}.start", row.get("start")),
            end=must_day(name, f"{where}.end", row.get("end")),
            days=whole(name, f"{where}.days_with_readings", row.get("days_with_readings")),
            self_reported_days=whole(name, f"{where}.self_reported_days", row.get("self_reported_days", 0)),
            terminated_on=a_day(name, f"{where}.terminated_on", row.get("terminated_on")),
            id=f"period {row.get('start')}",
        )


def time_of(name: str, rows: list[Any], zone: str) -> Iterator[TimeSlice]:
    """Minutes as told, with start and end where there are any."""
    for index, row in enumerate(rows):
        where = f"minutes_by_role[{index}]"
        known(name, where, row, MINUTE_KEYS)
        minutes = whole(name, f"{where}.minutes", row.get("minutes", 0))
        seconds = whole(name, f"{where}.seconds", row.get("seconds", 0))
        yield TimeSlice(
            id=str(row.get("id") or f"entry {index + 1:03d}"),
            role=_ROLES.get(str(row.get("role")).lower(), str(row.get("role"))),
            person_id=str(row.get("provider_id") or ""),
            seconds=minutes * 60 + seconds,
            started_at=moment(name, f"{where}.start", row.get("start"), zone),
            ended_at=moment(name, f"{where}.end", row.get("end"), zone),
            on=a_day(name, f"{where}.date", row.get("date")),
            counts=bool(row.get("activity_counts", True)),
            within_em_visit=bool(row.get("within_em_visit")),
            also_counted_in=str(row.get("also_counted_in") or ""),
            by_assistant=any(row.get(key) for key in ("by_assistant", "assistant", "furnished_by_assistant")),
        )


def contacts_of(name: str, rows: list[Any]) -> Iterator[Contact]:
    """Calls and messages as told."""
    for index, row in enumerate(rows):
        where = f"calls[{index}]"
        known(name, where, row, {"date", "channel", "live", "by_role", "by_id", "with", "id", "note"})
        yield Contact(
            id=str(row.get("id") or f"call {index + 1:03d}"),
            on=must_day(name, f"{where}.date", row.get("date")),
            channel=str(row.get("channel")),
            live=bool(row.get("live")),
            by_role=str(row.get("by_role")),
            by_id=str(row.get("by_id") or ""),
            with_whom=str(row.get("with") or "patient"),
        )


def claims_of(name: str, rows: list[Any]) -> Iterator[OtherClaim]:
    """Lines already billed."""
    for index, row in enumerate(rows):
        where = f"other_claims[{index}]"
        known(name, where, row, {"code", "by", "dos", "period_start"})
        if row.get("by") not in {"same_practice", "other_practice"}:
            raise ScenarioError(f"case {name}, {where}.by: expected same_practice or other_practice")
        if not re.fullmatch(r"[0-9A-Z]{5}", str(row.get("code")), re.ASCII):
            raise ScenarioError(f"case {name}, {where}.code: {row.get('code')!r} is not a procedure code")
        yield OtherClaim(
            code=str(row.get("code")),
            same_practice=row["by"] == "same_practice",
            dos=must_day(name, f"{where}.dos", row.get("dos")),
            period_start=a_day(name, f"{where}.period_start", row.get("period_start")),
        )


def other_time_of(name: str, rows: list[Any]) -> Iterator[OtherTime]:
    """Care-management time."""
    for index, row in enumerate(rows):
        where = f"other_program_minutes[{index}]"
        known(name, where, row, {"program", "role", "minutes", "seconds"})
        seconds = whole(name, where, row.get("minutes", 0)) * 60 + whole(name, where, row.get("seconds", 0))
        yield OtherTime(str(row.get("program")), str(row.get("role")), seconds)


def visits_of(name: str, rows: list[Any], zone: str) -> Iterator[VisitFact]:
    """Visits that are billed as evaluation and management."""
    for index, row in enumerate(rows):
        where = f"em_visits[{index}]"
        known(name, where, row, {"provider_id", "start", "end", "note"})
        start, end = (moment(name, f"{where}.{key}", row.get(key), zone) for key in ("start", "end"))
        if start is None or end is None:
            raise ScenarioError(f"case {name}, {where}: a visit has a start and an end")
        yield VisitFact(str(row.get("provider_id") or ""), start, end)


def self_measured_of(name: str, row: Any) -> SelfMeasured | None:
    """Self-measured blood pressure of the month."""
    if row is None:
        return None
    where = "self_measured"
    known(name, where, row, {"taught_on", "taught_billed", "readings", "plan_sent_on"})
    return SelfMeasured(
        taught_on=a_day(name, f"{where}.taught_on", row.get("taught_on")),
        taught_billed=bool(row.get("taught_billed")),
        readings=whole(name, f"{where}.readings", row.get("readings", 0)),
        plan_sent_on=a_day(name, f"{where}.plan_sent_on", row.get("plan_sent_on")),
    )


def advanced_care_of(name: str, row: Any) -> AdvancedCare | None:
    """Advanced primary care of the month."""
    if row is None:
        return None
    known(name, "advanced_care", row, {"conditions", "qualified_beneficiary", "consent_present"})
    return AdvancedCare(
        conditions=whole(name, "advanced_care.conditions", row.get("conditions")),
        qualified_beneficiary=bool(row.get("qualified_beneficiary")),
        consent_present=bool(row.get("consent_present")),
    )
