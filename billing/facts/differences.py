"""Differences between two versions of one month's facts, in words: added, removed, changed. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

from billing.rules.fact_rows import Contact, DayRead, OtherClaim, OtherTime, TimeSlice, VisitFact

# Facts with a single value, with their names for a reader. `as_of` and ids follow from other facts and have none.
SINGLE_VALUES = {
    "program": "program",
    "zone": "time zone",
    "billing_provider_id": "billing provider",
    "patient_established": "established patient",
    "order_on": "start of the order",
    "order_ends_on": "end of the order",
    "consent_on": "date of the consent",
    "consent_withdrawn_on": "end of the consent",
    "diagnosis": "diagnosis",
    "diagnosis_kind": "kind of diagnosis",
    "device_qualified": "device as FDA defines it",
    "supervision_documented": "supervising practitioner on record",
    "rtm_system": "body system",
    "therapy_plan": "therapy plan",
    "started_on": "start of monitoring",
    "discharged_on": "end of monitoring",
    "device_anchor_on": "first day of the fixed device periods",
    "setup_on": "date of the device education",
    "setup_billed_in_episode": "set-up billed in this episode",
    "first_read_on": "first day with a reading",
}
MAX_ROWS_NAMED = 6  # of one kind; the rest is counted


def fact_changes(before: str, after: str) -> list[str]:
    """The differences between two facts texts (canonical JSON), one phrase each; empty if there are none.

    If only values without a name differ, one general phrase is returned: a difference is never hidden.
    """
    if before == after:
        return []
    then, now = json.loads(before), json.loads(after)
    phrases = [*_day_changes(then, now)]
    for field, key, name in _ROWS:
        phrases += _row_changes(then[field], now[field], key, name)
    for field, label in SINGLE_VALUES.items():
        if then[field] != now[field]:
            phrases.append(f"{label} changed from {_value(then[field])} to {_value(now[field])}")
    return phrases or ["another fact of the month changed"]


def _day_changes(then: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    before, after = ({row[0]: DayRead(*row) for row in facts["days_read"]} for facts in (then, now))
    added = [day for day in after if day not in before]
    removed = [day for day in before if day not in after]
    changed = [day for day in after if day in before and after[day][1:3] != before[day][1:3]]
    for days, verb in (
        (added, "added"),
        (removed, "removed"),
        (changed, "changed between device and patient reported"),
    ):
        if days:
            yield f"reading day{'s' if len(days) > 1 else ''} {_list(map(_day, sorted(days)))} {verb}"


def _row_changes(
    then: list[list[object]],
    now: list[list[object]],
    key: Callable[[list[object]], object],
    name: Callable[[list[object]], str],
) -> Iterator[str]:
    """Rows of one kind that were added, removed, or have other values under the same key."""
    before, after = {key(row): row for row in then}, {key(row): row for row in now}
    for rows, verb in (
        ([after[pk] for pk in after if pk not in before], "added"),
        ([before[pk] for pk in before if pk not in after], "removed"),
        ([after[pk] for pk in after if pk in before and after[pk] != before[pk]], "changed"),
    ):
        if rows:
            yield f"{_list(name(row) for row in rows)} {verb}"


def _time(row: list[Any]) -> str:
    item = TimeSlice(*row)
    return f"{item.seconds // 60}:{item.seconds % 60:02d} of time on {_day(item.on)}"


def _contact(row: list[Any]) -> str:
    item = Contact(*row)
    return f"call of {_day(item.on)}" if item.channel in {"phone", "video"} else f"contact of {_day(item.on)}"


def _claim(row: list[Any]) -> str:
    item = OtherClaim(*row)
    return f"{item.code} of {_day(item.dos)} on another month's claim"


def _visit(row: list[Any]) -> str:
    return f"visit of {_day(VisitFact(*row).started_at)}"


def _other_time(row: list[Any]) -> str:
    item = OtherTime(*row)
    return f"{item.seconds // 60}:{item.seconds % 60:02d} of {item.program} time"


_ROWS: tuple[tuple[str, Callable[[list[object]], object], Callable[[list[object]], str]], ...] = (
    ("contacts", lambda row: row[0], _contact),
    ("time", lambda row: row[0], _time),
    ("visits", lambda row: (row[0], row[1]), _visit),
    ("other_claims", tuple, _claim),
    ("other_time", lambda row: (row[0], row[1]), _other_time),
)


def _list(names: Iterable[str]) -> str:
    all_names = list(names)
    shown, rest = all_names[:MAX_ROWS_NAMED], len(all_names) - MAX_ROWS_NAMED
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")


def _day(iso: object) -> str:
    """`Oct 12` of an ISO date or moment; moments are named by their UTC day."""
    day = date.fromisoformat(str(iso)[:10])
    return f"{day:%b} {day.day}"


def _value(raw: object) -> str:
    if raw in (None, ""):
        return "none"
    if isinstance(raw, bool):
        return "yes" if raw else "no"
    try:
        day = date.fromisoformat(str(raw))
    except ValueError:
        return str(raw)
    return f"{day:%b} {day.day}, {day.year}"
