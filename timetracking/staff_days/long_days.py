"""Days on which a person recorded more time than their shift or the practice's limit, for the manager."""

from dataclasses import dataclass
from datetime import date, timedelta

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.days import midnight
from timetracking.intervals.spans import Span, split_by_day, union_seconds
from timetracking.models import TimeEntry
from timetracking.queries import time_policy


@dataclass(frozen=True, slots=True)
class LongDay:
    """A person's day with its recorded seconds and the limit in minutes: of the shift, else of the practice."""

    staff: User
    day: date
    seconds: int
    limit_minutes: int
    is_shift: bool

    @property
    def words(self) -> str:
        """The recorded time and the limit: `11 h 30 min 0 sec, shift 8 h 0 min`."""
        minutes, seconds = divmod(self.seconds, 60)
        limit = f"{'shift' if self.is_shift else 'limit'} {_hours(self.limit_minutes)}"
        return f"{_hours(minutes)} {seconds} sec, {limit}"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60} min"


def long_days(practice: Practice, *, first_day: date, last_day: date) -> list[LongDay]:
    """The days with more time than the limit, billable or not, by person and day. Three statements.

    Time at practices other than this one is not counted, because its days are not this manager's.
    """
    zone = practice.zone
    start, end = midnight(first_day, zone), midnight(last_day + timedelta(days=1), zone)
    rows = TimeEntry.objects.standing().filter(practice=practice, started_at__lt=end, stopped_at__gt=start)
    spans: dict[tuple[User, date], list[Span]] = {}
    for row in rows.select_related("staff"):
        assert row.stopped_at is not None  # noqa: S101 - filtered above
        for day, began, ended in split_by_day(max(row.started_at, start), min(row.stopped_at, end), zone):
            spans.setdefault((row.staff, day), []).append((began, ended))
    limit = time_policy(practice.pk).day_limit_minutes
    shifts = Membership.objects.for_practice(practice).exclude(shift_minutes=None).order_by("starts_on")
    shift_of = dict(shifts.values_list("user_id", "shift_minutes"))
    found = []
    for (staff, day), worked in spans.items():
        minutes = shift_of.get(staff.pk) or limit
        if (seconds := union_seconds(worked)) > minutes * 60:
            found.append(LongDay(staff, day, seconds, minutes, staff.pk in shift_of))
    return sorted(found, key=lambda row: (row.staff.family_name, row.staff.pk, row.day))
