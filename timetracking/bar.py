"""What the timer bar shows: the running timer, the month's total, and how far the next code is."""

from dataclasses import dataclass
from datetime import datetime

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Practice, User
from rpm_portal.days import Month, clock
from timetracking.models import MonthTotal, TimeEntry
from timetracking.services import running_timer
from timetracking.spans import seconds


@dataclass(frozen=True, slots=True)
class Bar:
    """The running timer with its seconds, and the month's seconds on file before it."""

    entry: TimeEntry
    running_seconds: int
    month_seconds: int

    @property
    def month_words(self) -> str:
        """14:22, of all that is on file and running."""
        return clock(self.month_seconds + self.running_seconds)

    @property
    def running_words(self) -> str:
        """3:41 since the start."""
        return clock(self.running_seconds)


PAUSED = "paused_enrollment"  # in the session: where a pause goes on


def paused_enrollment(practice: Practice, public_id: str | None) -> Enrollment | None:
    """The enrollment a pause remembers, if it is this practice's. At most one statement."""
    if not public_id:
        return None
    return Enrollment.objects.for_practice(practice).select_related("patient").filter(public_id=public_id).first()


def timer_bar(user: User, *, now: datetime) -> Bar | None:
    """The person's running timer for the bar; None where nothing runs. At most two statements."""
    entry = running_timer(user)
    if entry is None:
        return None
    month = Month.current(now, entry.practice.zone)
    total = MonthTotal.objects.filter(enrollment=entry.enrollment_id, month=month.first_day).first()
    on_file = total.provider_seconds + total.staff_seconds if total else 0
    return Bar(entry, max(0, seconds(entry.started_at, now)), on_file)
