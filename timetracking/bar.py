"""What the timer bar shows: the running timer, the month's total, how far the next code is; or the day so far."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Greatest, Least

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Practice, User
from rpm_portal.days import clock, local_day, midnight
from timetracking.models import TimeEntry
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

    @property
    def token(self) -> str:
        """What another window compares to know whether it shows the same timer."""
        return self.entry.public_id


PAUSED = "paused_enrollment"  # in the session: where a pause goes on
IDLE = "none"  # the token of a bar on which nothing runs


def paused_enrollment(practice: Practice, public_id: str | None) -> Enrollment | None:
    """The enrollment a pause remembers, if it is this practice's. At most one statement."""
    if not public_id:
        return None
    return Enrollment.objects.for_practice(practice).select_related("patient").filter(public_id=public_id).first()


def bar_of(entry: TimeEntry, on_file: int | None, *, now: datetime) -> Bar:
    """A bar for a running timer and the month's seconds before it."""
    return Bar(entry, max(0, seconds(entry.started_at, now)), on_file or 0)


def bar_context(user: User, practice: Practice, paused: str | None, *, now: datetime) -> dict[str, Any]:
    """What the bar needs where no change told it: the running timer, else the day so far. At most three statements."""
    entry = running_timer(user, now=now)
    if entry is not None:
        return {"bar": bar_of(entry, entry.on_file, now=now)}  # type: ignore[attr-defined]
    return idle_context(user, practice, paused, now=now)


def idle_context(user: User, practice: Practice, paused: str | None, *, now: datetime) -> dict[str, Any]:
    """What the bar shows where nothing runs. At most two statements."""
    return {"bar": None, "paused": paused_enrollment(practice, paused), "so_far": day_so_far(user, practice, now=now)}


def day_so_far(user: User, practice: Practice, *, now: datetime) -> dict[str, Any]:
    """`worked`, the person's time on the local day in the practice, and `unsettled`, how many timers were closed for
    them and wait for their word. One statement.
    """
    start = midnight(local_day(now, practice.zone), practice.zone)
    today = Q(stopped_at__gt=start, started_at__lt=now)
    rows = TimeEntry.objects.standing().filter(practice=practice, staff=user)
    found = rows.filter(today | Q(auto_closed_at__isnull=False, confirmed_at__isnull=True)).aggregate(
        worked=Coalesce(Sum(Least(F("stopped_at"), now) - Greatest(F("started_at"), start), filter=today), timedelta()),
        unsettled=Count("pk", filter=Q(auto_closed_at__isnull=False, confirmed_at__isnull=True)),
    )
    return {"worked": clock(int(found["worked"].total_seconds())), "unsettled": found["unsettled"]}
