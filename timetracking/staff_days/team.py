"""Who did what in a month: patients, minutes by how they are proven, calls and how many were live, alerts closed."""

from dataclasses import dataclass
from typing import Any

from monitoring.models import Review
from rpm_portal.core.days import Month
from timetracking.intervals.spans import seconds
from timetracking.models import NON_BILLABLE, Call, Proof, TimeEntry


@dataclass(slots=True)
class Share:
    """One person's month. Seconds are billable ones inside the month."""

    staff: Any
    patients: int = 0
    seconds: int = 0
    late: int = 0
    calls: int = 0
    live: int = 0
    alerts: int = 0

    @property
    def late_percent(self) -> int:
        """Of the seconds, those entered late or by somebody else."""
        return 100 * self.late // self.seconds if self.seconds else 0

    @property
    def live_percent(self) -> int:
        """Of the calls, those that count as live."""
        return 100 * self.live // self.calls if self.calls else 0


def team_of(practice_id: int, *, month: Month, zone: str) -> list[Share]:
    """Everybody who worked on patients in a month, by name. Three statements for any number of intervals."""
    start, end = month.starts_at(zone), month.ends_at(zone)
    found: dict[int, Share] = {}
    seen: dict[int, set[int]] = {}
    rows = TimeEntry.objects.standing().filter(practice=practice_id, stopped_at__gt=start, started_at__lt=end)
    rows = rows.exclude(activity__in=NON_BILLABLE).select_related("staff").order_by("staff__family_name", "staff_id")
    for row in rows:
        assert row.stopped_at is not None  # noqa: S101 - asked for above
        mine = found.setdefault(row.staff_id, Share(row.staff))
        spent = seconds(max(row.started_at, start), min(row.stopped_at, end))
        mine.seconds += spent
        mine.late += spent if row.proof in {Proof.LATE, Proof.ON_BEHALF} else 0
        seen.setdefault(row.staff_id, set()).add(row.enrollment_id)
    calls = Call.objects.standing().filter(practice=practice_id, started_at__gte=start, started_at__lt=end)
    for call in calls.select_related("called_by").order_by("called_by__family_name"):
        mine = found.setdefault(call.called_by_id, Share(call.called_by))
        mine.calls += 1
        mine.live += call.is_live
        seen.setdefault(call.called_by_id, set()).add(call.enrollment_id)
    closed = Review.objects.filter(
        practice=practice_id, alert__isnull=False, reviewed_at__gte=start, reviewed_at__lt=end
    )
    for review in closed.select_related("reviewed_by").order_by("reviewed_by__family_name", "reviewed_by_id"):
        mine = found.setdefault(review.reviewed_by_id, Share(review.reviewed_by))
        mine.alerts += 1
        seen.setdefault(review.reviewed_by_id, set()).add(review.enrollment_id)
    for pk, mine in found.items():
        mine.patients = len(seen[pk])
    return list(found.values())
