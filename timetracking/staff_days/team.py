"""Totals of each staff member in a month: patients, time, share entered late, calls, live calls, reviewed alerts."""

from dataclasses import dataclass

from monitoring.models import Review
from rpm_portal.accounts.models import User
from rpm_portal.core.days import Month
from timetracking.intervals.spans import seconds
from timetracking.models import NON_BILLABLE, Call, Proof, TimeEntry


@dataclass(slots=True)
class StaffMonth:
    """One person's month. Seconds are billable seconds within the month."""

    staff: User
    patients: int = 0
    seconds: int = 0
    late: int = 0
    calls: int = 0
    live: int = 0
    alerts: int = 0

    @property
    def late_percent(self) -> int:
        """Percentage of the seconds that were entered late or by somebody else."""
        return 100 * self.late // self.seconds if self.seconds else 0

    @property
    def live_percent(self) -> int:
        """Percentage of the calls that were live."""
        return 100 * self.live // self.calls if self.calls else 0


def team_of(practice_id: int, *, month: Month, zone: str) -> list[StaffMonth]:
    """Everybody who worked on patients in a month, by name. Three statements for any number of entries."""
    start, end = month.starts_at(zone), month.ends_at(zone)
    by_staff: dict[int, StaffMonth] = {}
    enrollments: dict[int, set[int]] = {}
    rows = TimeEntry.objects.standing().filter(practice=practice_id, stopped_at__gt=start, started_at__lt=end)
    rows = rows.exclude(activity__in=NON_BILLABLE).select_related("staff").order_by("staff__family_name", "staff_id")
    for row in rows:
        assert row.stopped_at is not None  # noqa: S101 - filtered above
        totals = by_staff.setdefault(row.staff_id, StaffMonth(row.staff))
        spent = seconds(max(row.started_at, start), min(row.stopped_at, end))
        totals.seconds += spent
        totals.late += spent if row.proof in {Proof.LATE, Proof.ON_BEHALF} else 0
        enrollments.setdefault(row.staff_id, set()).add(row.enrollment_id)
    calls = Call.objects.standing().filter(practice=practice_id, started_at__gte=start, started_at__lt=end)
    for call in calls.select_related("called_by").order_by("called_by__family_name"):
        totals = by_staff.setdefault(call.called_by_id, StaffMonth(call.called_by))
        totals.calls += 1
        totals.live += call.is_live
        enrollments.setdefault(call.called_by_id, set()).add(call.enrollment_id)
    closed = Review.objects.filter(
        practice=practice_id, alert__isnull=False, reviewed_at__gte=start, reviewed_at__lt=end
    )
    for review in closed.select_related("reviewed_by").order_by("reviewed_by__family_name", "reviewed_by_id"):
        totals = by_staff.setdefault(review.reviewed_by_id, StaffMonth(review.reviewed_by))
        totals.alerts += 1
        enrollments.setdefault(review.reviewed_by_id, set()).add(review.enrollment_id)
    for pk, totals in by_staff.items():
        totals.patients = len(enrollments[pk])
    return list(by_staff.values())
