"""Productivity of each staff member by month: patients, time against the shift, calls and closed alerts."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Count, F, IntegerField, Q, QuerySet, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Extract, Floor, Greatest, Least, TruncDate

from monitoring.models import Review
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.days import Month
from timetracking.models import NON_BILLABLE, Call, Proof, TimeEntry


@dataclass(slots=True)
class StaffProductivity:
    """One person's month. Seconds are within the month; `days` are those on which an entry began."""

    staff: User
    month: Month
    patients: int = 0
    days: int = 0
    billable: int = 0
    other: int = 0
    late: int = 0
    calls: int = 0
    live: int = 0
    alerts: int = 0
    shift_minutes: int | None = None

    @property
    def total(self) -> int:
        """Recorded seconds, billable or not."""
        return self.billable + self.other

    @property
    def shift_seconds(self) -> int | None:
        """The shifts of the days with entries; None for a person without a shift."""
        return None if self.shift_minutes is None else self.shift_minutes * 60 * self.days

    @property
    def shift_percent(self) -> int | None:
        """Recorded time in percent of the shifts; above 100 it is longer than they are."""
        return 100 * self.total // self.shift_seconds if self.shift_seconds else None


def clipped_seconds(start: datetime, end: datetime) -> Combinable:
    """Whole seconds of an entry between two moments, as `timetracking.intervals.spans.seconds` counts them."""
    length = Least(F("stopped_at"), Value(end)) - Greatest(F("started_at"), Value(start))
    return Cast(Floor(Extract(length, "epoch")), IntegerField())


def productivity(practice: Practice, months: list[Month]) -> list[StaffProductivity]:
    """The months of everybody who worked in them, by name and the latest month first. Three statements a month and two.

    Time at practices other than this one is not counted.
    """
    found: dict[tuple[int, Month], StaffProductivity] = {}
    people = User.objects.in_bulk({key for month in months for key in _count_month(practice, month, found)})
    shifts = Membership.objects.for_practice(practice).exclude(shift_minutes=None).order_by("starts_on")
    shift_of = dict(shifts.values_list("user_id", "shift_minutes"))
    for (key, _), row in found.items():
        row.staff, row.shift_minutes = people[key], shift_of.get(key)
    return sorted(
        found.values(), key=lambda row: (row.staff.family_name, row.staff.given_name, row.staff.pk, _last(row))
    )


def _last(row: StaffProductivity) -> tuple[int, int]:
    return -row.month.year, -row.month.number


def _count_month(practice: Practice, month: Month, found: dict[tuple[int, Month], StaffProductivity]) -> set[int]:
    """Add the counts of a month; returns the keys of its people."""
    start, end = month.starts_at(practice.zone), month.ends_at(practice.zone)
    for key, counts in _time(practice, start, end):
        found[key, month] = StaffProductivity(User(pk=key), month, **counts)
    calls = Call.objects.standing().filter(practice=practice, started_at__gte=start, started_at__lt=end).order_by()
    by_caller = calls.values_list("called_by").annotate(n=Count("pk"), live=Count("pk", filter=Q(is_live=True)))
    for key, count, live in by_caller:
        row = found.setdefault((key, month), StaffProductivity(User(pk=key), month))
        row.calls, row.live = count, live
    closed = Review.objects.filter(practice=practice, alert__isnull=False, reviewed_at__gte=start, reviewed_at__lt=end)
    for key, count in closed.order_by().values_list("reviewed_by").annotate(n=Count("pk")):
        found.setdefault((key, month), StaffProductivity(User(pk=key), month)).alerts = count
    return {key for key, of in found if of == month}


def _time(practice: Practice, start: datetime, end: datetime) -> list[tuple[int, dict[str, int]]]:
    rows: QuerySet[TimeEntry] = TimeEntry.objects.standing().filter(
        practice=practice, stopped_at__gt=start, started_at__lt=end
    )
    is_billable, is_late = ~Q(activity__in=NON_BILLABLE), Q(proof__in=(Proof.LATE, Proof.ON_BEHALF))
    length = clipped_seconds(start, end)
    sums = (
        rows.order_by()
        .values_list("staff")
        .annotate(
            n_patients=Count("enrollment__patient", distinct=True),
            n_days=Count(TruncDate("started_at", tzinfo=ZoneInfo(practice.zone)), distinct=True),
            in_billable=Sum(length, filter=is_billable, default=0),
            in_other=Sum(length, filter=~is_billable, default=0),
            in_late=Sum(length, filter=is_billable & is_late, default=0),
        )
    )
    names = ("patients", "days", "billable", "other", "late")
    return [(staff, dict(zip(names, counts, strict=True))) for staff, *counts in sums]


def by_staff(rows: list[StaffProductivity]) -> dict[User, list[StaffProductivity]]:
    """The rows by person, in their order."""
    found: dict[User, list[StaffProductivity]] = defaultdict(list)
    for row in rows:
        found[row.staff].append(row)
    return dict(found)
