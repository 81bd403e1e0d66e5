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
    "billing_provider_role": "role of the billing provider",
    "established": "established patient",
    "established_on": "visit that made the patient established",
    "died_on": "date of death",
    "diagnosis": "diagnosis",
    "diagnosis_kind": "kind of diagnosis",
    "rtm_system": "body system",
    "therapy_plan": "therapy plan",
    "device_anchor_on": "first day of the fixed device periods",
    "setup_on": "date of the device education",
    "setup_by_assistant": "device education by an assistant",
    "setup_billed_in_episode": "set-up billed in this episode",
    "continues_episode": "same episode as the enrollment before",
    "first_read_on": "first day with a reading",
    "time_counted_in": "enrollment in which the time counts",
    "others_asked": "asked about other practices",
    "initiating_visit_on": "initiating visit",
}
# Facts that are intervals of days, with their names for a reader.
INTERVALS = {
    "orders": "order",
    "consents": "consent",
    "enrolled": "enrollment",
    "coverages": "coverage",
    "devices": "device as FDA defines it",
    "pauses": "pause",
    "supervised": "supervision",
    "monitored_elsewhere": "monitoring by another practice",
    "provider_in_practice": "billing provider's role",
    "billing_providers": "billing provider",
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
        phrases += _row_changes(then[field] or [], now[field] or [], key, name)
    for field, label in INTERVALS.items():
        phrases += _interval_changes(then[field] or [], now[field] or [], label)
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


def _interval_changes(then: list[list[object]], now: list[list[object]], name: str) -> Iterator[str]:
    """Intervals of one kind that were added or removed, or that now begin or end on another day."""
    gone, new = [row for row in then if row not in now], [row for row in now if row not in then]
    if len(gone) == len(new) == 1:
        for place, label in ((0, "start"), (1, "end")):
            if gone[0][place] != new[0][place]:
                yield f"{label} of the {name} changed from {_value(gone[0][place])} to {_value(new[0][place])}"
        if gone[0][:2] == new[0][:2]:
            yield f"{name} changed"
        return
    for rows, verb in ((new, "added"), (gone, "removed")):
        for row in rows:
            yield f"{name}{_from_to(row)} {verb}"


def _from_to(row: list[object]) -> str:
    start = f" from {_value(row[0])}" if row[0] else ""
    return start + (f" to {_value(row[1])}" if row[1] else "")


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
    ("other_time", lambda row: (row[0], row[1], row[3]), _other_time),
    ("authorizations", lambda row: row[6], lambda row: f"authorization {row[1]}"),
    ("inquiries", lambda row: row[3], lambda row: f"answer of {_day(row[0])} about other practices"),
    ("care_spans", lambda row: row[5], lambda row: f"{row[0]} status from {_day(row[1])}"),
    ("plans_of_care", lambda row: row[4], lambda row: f"plan of care from {_day(row[1])}"),
    ("access_alignments", lambda row: row[5], lambda row: f"ACCESS alignment from {_day(row[2])}"),
    ("access_updates", lambda row: row[4], lambda row: f"ACCESS update of {_day(row[2])}"),
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
