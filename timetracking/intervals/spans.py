"""Interval arithmetic: union, splits at local midnight and month end, seconds. Intervals are half-open [start, end)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from rpm_portal.core.days import Month, local_day, midnight

Span = tuple[datetime, datetime]


def seconds(start: datetime, end: datetime) -> int:
    """Whole seconds between two aware moments, counted in UTC so that a clock change at night adds nothing."""
    return int((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds())


def split_by_day(start: datetime, end: datetime, zone: str) -> Iterator[tuple[date, datetime, datetime]]:
    """Split an interval at each local midnight: (local day, start, end)."""
    while start < end:
        day = local_day(start, zone)
        cut = min(end, midnight(day + timedelta(days=1), zone))
        yield day, start, cut
        start = cut


def split_by_month(start: datetime, end: datetime, zone: str) -> Iterator[tuple[Month, int]]:
    """Split an interval at each local month end: (month, whole seconds)."""
    while start < end:
        month = Month.of(local_day(start, zone))
        cut = min(end, month.ends_at(zone))
        yield month, seconds(start, cut)
        start = cut


def union(spans: Iterable[Span]) -> list[Span]:
    """The union of the spans, in order; spans that touch are merged."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def union_seconds(spans: Iterable[Span]) -> int:
    """Whole seconds in the union."""
    return sum(seconds(start, end) for start, end in union(spans))
