"""Context of the timer bar: the running timer with the month's total, or the work time of the day."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from django.db import connection

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Practice, User
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.days import clock, local_day, midnight
from timetracking.intervals.spans import seconds
from timetracking.models import CALLING, TimeEntry
from timetracking.timers import running_timer_of_month


@dataclass(frozen=True, slots=True)
class Bar:
    """The running timer with its seconds, and the recorded seconds of the month."""

    entry: TimeEntry
    running_seconds: int
    month_seconds: int

    @property
    def month_words(self) -> str:
        """Recorded and running time of the month, like 14:22."""
        return clock(self.month_seconds + self.running_seconds)

    @property
    def running_words(self) -> str:
        """Time since the start, like 3:41."""
        return clock(self.running_seconds)

    @property
    def on_call(self) -> bool:
        """Whether the timer runs on a call, in which there may be no input."""
        return self.entry.activity in CALLING

    @property
    def token(self) -> str:
        """Identifies the running timer, so that another window can check whether it shows the same one."""
        return self.entry.public_id


class DaySoFar(TypedDict):
    """`worked`, the person's time of the local day in the practice; `unsettled`, the number of entries that wait for
    confirmation; `running`, whether a timer runs in any practice.
    """

    worked: str
    unsettled: int
    running: bool


class BarContext(TypedDict, total=False):
    """Context of timetracking/_timer.html. Pages contain the bar too, so its messages have a prefix."""

    bar: Bar | None
    paused: Enrollment | None
    so_far: DaySoFar
    bar_error: str  # the message of a refusal
    bar_away: bool  # the question after a silence is open
    bar_offer: Enrollment | None  # non-billable time of it can be recorded instead
    bar_ask: Enrollment  # to start, if the running timer is stopped
    activity: str


PAUSED = "paused_enrollment"  # session key: the enrollment to continue after a pause
SCRIPTS = "scripts"  # session key: scripts run in the browser
STAYED = "stayed_on"  # session key: the token of the timer that its owner keeps while elsewhere
IDLE = "none"  # the token if no timer runs


def has_scripts(request: PortalRequest) -> bool:
    """Whether scripts run in the person's browser, so that heartbeats of a timer follow."""
    return bool(request.htmx or request.session.get(SCRIPTS))


def paused_enrollment(practice: Practice, public_id: str | None) -> Enrollment | None:
    """The paused enrollment in the session, if it belongs to this practice. At most one statement."""
    if not public_id:
        return None
    return Enrollment.objects.for_practice(practice).select_related("patient").filter(public_id=public_id).first()


def bar_of(entry: TimeEntry, month_seconds: int, *, now: datetime) -> Bar:
    """The bar of a running timer and the month's recorded seconds."""
    return Bar(entry, max(0, seconds(entry.started_at, now)), month_seconds)


def bar_context(user: User, practice: Practice, paused: str | None, *, now: datetime) -> BarContext:
    """Context of the bar read from the database: the running timer, else the day so far. One statement if no timer
    runs and nothing is paused, else two.
    """
    so_far = day_so_far(user, practice, now=now)
    running = running_timer_of_month(user, now=now) if so_far["running"] else None
    if running is not None:
        entry, month_seconds = running
        return {"bar": bar_of(entry, month_seconds, now=now)}
    return {"bar": None, "paused": paused_enrollment(practice, paused), "so_far": so_far}


def idle_context(user: User, practice: Practice, paused: Enrollment | None, *, now: datetime) -> BarContext:
    """Context of the bar if no timer runs. One statement."""
    return {"bar": None, "paused": paused, "so_far": day_so_far(user, practice, now=now)}


# Worked time is of this practice only; `running` is of any practice.
_SO_FAR = """
SELECT extract(epoch FROM sum(least(stopped_at, %(now)s::timestamptz) - greatest(started_at, %(start)s::timestamptz))
         FILTER (WHERE practice_id = %(practice)s::bigint AND stopped_at > %(start)s AND started_at < %(now)s))::bigint,
       count(*) FILTER (WHERE practice_id = %(practice)s AND auto_closed_at IS NOT NULL AND confirmed_at IS NULL),
       coalesce(bool_or(stopped_at IS NULL), false)
FROM timetracking_timeentry
WHERE voided_at IS NULL AND staff_id = %(staff)s::bigint AND (stopped_at IS NULL OR practice_id = %(practice)s AND (
  stopped_at > %(start)s AND started_at < %(now)s OR auto_closed_at IS NOT NULL AND confirmed_at IS NULL))
"""


def day_so_far(user: User, practice: Practice, *, now: datetime) -> DaySoFar:
    """The person's time of the local day in the practice. One statement.

    Raw: part of every page, and the ORM builds it in 1.6 ms (a page without content takes 8.3).
    """
    start = midnight(local_day(now, practice.zone), practice.zone)
    with connection.cursor() as cursor:
        cursor.execute(_SO_FAR, {"now": now, "start": start, "practice": practice.pk, "staff": user.pk})
        worked, unsettled, running = cursor.fetchall()[0]
    return {"worked": clock(int(worked or 0)), "unsettled": unsettled, "running": running}
