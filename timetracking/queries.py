"""Questions about time and calls. Set-based: one statement for any number of enrollments."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from rpm_portal.days import Month
from timetracking.models import Call, MonthTotal, TimeEntry


def time_slices(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[TimeEntry]]:
    """Stopped intervals that stand and touch [start, end), oldest first. One statement."""
    found: dict[int, list[TimeEntry]] = defaultdict(list)
    rows = TimeEntry.objects.standing().filter(
        enrollment__in=list(enrollment_ids), stopped_at__gt=start, started_at__lt=end
    )
    for row in rows.order_by("started_at", "pk"):
        found[row.enrollment_id].append(row)
    return found


def calls_between(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[Call]]:
    """Calls that stand and began in [start, end), oldest first. One statement."""
    found: dict[int, list[Call]] = defaultdict(list)
    rows = Call.objects.standing().filter(
        enrollment__in=list(enrollment_ids), started_at__gte=start, started_at__lt=end
    )
    for row in rows.order_by("started_at", "pk"):
        found[row.enrollment_id].append(row)
    return found


def ledger(enrollment_id: int, *, month: Month, zone: str) -> list[TimeEntry]:
    """A month's intervals of one enrollment, voided ones too, newest first. One statement."""
    rows = TimeEntry.objects.filter(enrollment=enrollment_id, started_at__lt=month.ends_at(zone)).exclude(
        stopped_at__lte=month.starts_at(zone)
    )
    return list(rows.select_related("staff", "entered_by", "voided_by").order_by("-started_at"))


def calls_of(enrollment_id: int, *, limit: int = 12) -> list[Call]:
    """The latest calls of one enrollment. One statement."""
    return list(
        Call.objects.filter(enrollment=enrollment_id).select_related("called_by").order_by("-started_at")[:limit]
    )


def totals(enrollment_ids: Iterable[int], *, month: Month) -> dict[int, MonthTotal]:
    """The kept sums of a month. One statement."""
    rows = MonthTotal.objects.filter(enrollment__in=list(enrollment_ids), month=month.first_day)
    return {row.enrollment_id: row for row in rows}


def running_since_before(practice_id: int, *, end: datetime) -> int:
    """How many timers that began before a moment still run. One statement."""
    return (
        TimeEntry.objects.standing().filter(practice=practice_id, stopped_at__isnull=True, started_at__lt=end).count()
    )
