"""Spans of days and the first second of a local day."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from billing.rules.fact_rows import InForce


def days_in_all(kinds: Iterable[Iterable[InForce]]) -> tuple[tuple[date, date], ...]:
    """The spans of days on which one interval of every kind is in force, in order.

    A kind without intervals is not on file and limits nothing: that it is missing is a finding of its own.
    """
    spans = [(date.min, date.max)]
    for rows in kinds:
        covered = joined([(row.first or date.min, row.last or date.max) for row in rows])
        if covered:
            spans = [
                (max(a, first), min(b, last)) for a, b in spans for first, last in covered if a <= last and first <= b
            ]
    return tuple(spans)


def joined(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The spans in order; those that share days or follow each other without a gap are one."""
    result: list[tuple[date, date]] = []
    for first, last in sorted(span for span in spans if span[0] <= span[1]):
        if result and (result[-1][1] == date.max or first <= day_after(result[-1][1])):
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result


@lru_cache(maxsize=4096)
def midnight(day: date, zone: str) -> int:
    """The first second of a local day, as seconds since 1970 in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def day_after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
