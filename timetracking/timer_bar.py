"""What the timer bar shows: the running timer, the month's total, how far the next code is; or the day so far."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Practice, User
from rpm_portal.core.days import clock, local_day, midnight
from rpm_portal.core.db.prepared_statements import hot_cursor
from timetracking.intervals.spans import seconds
from timetracking.models import TimeEntry
from timetracking.timers import running_timer


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
    """What the bar needs where no change told it: the running timer, else the day so far. One statement where nothing
    runs, two at most besides.
    """
    so_far = day_so_far(user, practice, now=now)
    entry = running_timer(user, now=now) if so_far["running"] else None
    if entry is not None:
        return {"bar": bar_of(entry, entry.on_file, now=now)}  # type: ignore[attr-defined]
    return {"bar": None, "paused": paused_enrollment(practice, paused), "so_far": so_far}


def idle_context(user: User, practice: Practice, paused: Enrollment | None, *, now: datetime) -> dict[str, Any]:
    """What the bar shows where nothing runs. One statement."""
    return {"bar": None, "paused": paused, "so_far": day_so_far(user, practice, now=now)}


# The worked time counts in this practice alone; a timer runs wherever it was started.
_SO_FAR = """
SELECT extract(epoch FROM sum(least(stopped_at, %(now)s::timestamptz) - greatest(started_at, %(start)s::timestamptz))
         FILTER (WHERE practice_id = %(practice)s::bigint AND stopped_at > %(start)s AND started_at < %(now)s))::bigint,
       count(*) FILTER (WHERE practice_id = %(practice)s AND auto_closed_at IS NOT NULL AND confirmed_at IS NULL),
       coalesce(bool_or(stopped_at IS NULL), false)
FROM timetracking_timeentry
WHERE voided_at IS NULL AND staff_id = %(staff)s::bigint AND (stopped_at IS NULL OR practice_id = %(practice)s AND (
  stopped_at > %(start)s AND started_at < %(now)s OR auto_closed_at IS NOT NULL AND confirmed_at IS NULL))
"""


def day_so_far(user: User, practice: Practice, *, now: datetime) -> dict[str, Any]:
    """`worked`, the person's time on the local day in the practice; `unsettled`, how many timers were closed for them
    and wait for their word; `running`, whether one runs anywhere. One statement.
    """
    start = midnight(local_day(now, practice.zone), practice.zone)
    with hot_cursor() as cursor:
        cursor.execute(_SO_FAR, {"now": now, "start": start, "practice": practice.pk, "staff": user.pk})
        worked, unsettled, running = cursor.fetchall()[0]
    return {"worked": clock(int(worked or 0)), "unsettled": unsettled, "running": running}
