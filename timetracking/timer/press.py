"""The decision on a press of "start": start the timer, ask first, or refuse."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from timetracking.intervals.person_lock import lock_person
from timetracking.models import TimeEntry
from timetracking.timers import TimeRefused, running_timer, start_locked, stop_locked


@dataclass(frozen=True, slots=True)
class Started:
    """The timer runs; `month_seconds` are the recorded seconds of its enrollment's month."""

    entry: TimeEntry
    month_seconds: int


@dataclass(frozen=True, slots=True)
class AskFirst:
    """Another enrollment's timer runs, and the user has not agreed to stop it. Nothing was changed."""

    running: TimeEntry


@dataclass(frozen=True, slots=True)
class StartRefused:
    """Nothing was changed; `message` is for the user. `not_billable` as in TimeRefused."""

    message: str
    not_billable: bool


@transaction.atomic
def switch_timer(*, enrollment: Enrollment, activity: str, by: Membership, now: datetime) -> TimeEntry:
    """Stop the person's running timer and start a new one in the same second, both or neither. Raises TimeRefused.

    One that already runs on the same enrollment and activity is returned.
    """
    lock_person(by.user)
    running = running_timer(by.user, lock=True)
    entry, _ = _switch(running, enrollment=enrollment, activity=activity, by=by, now=now)
    return entry


@transaction.atomic
def _switch(
    running: TimeEntry | None, *, enrollment: Enrollment, activity: str, by: Membership, now: datetime
) -> tuple[TimeEntry, int | None]:
    """The timer after the switch, and the month's seconds of its enrollment if the stop has recounted them.

    The half-open intervals touch and do not overlap.
    """
    if running is None:
        return start_locked(enrollment=enrollment, activity=activity, by=by, now=now), None
    if (running.enrollment_id, running.activity) == (enrollment.pk, activity):
        return running, None
    month_seconds = stop_locked(running, by=by.user, now=now)
    entry = start_locked(enrollment=enrollment, activity=activity, by=by, now=now)
    return entry, month_seconds if running.enrollment_id == enrollment.pk else None


def press_start(
    *, enrollment: Enrollment, month_seconds: int, activity: str, stop_other: bool, by: Membership, now: datetime
) -> Started | AskFirst | StartRefused:
    """Start the timer on an enrollment if nothing prevents it. `month_seconds` are recorded before the press.

    The caller has locked the person in the same transaction.
    """
    running = running_timer(by.user, lock=True)
    if running is not None and running.enrollment_id != enrollment.pk and not stop_other:
        return AskFirst(running)
    try:
        entry, recounted = _switch(running, enrollment=enrollment, activity=activity, by=by, now=now)
    except TimeRefused as refusal:
        return StartRefused(str(refusal), not_billable=refusal.not_billable)
    return Started(entry, month_seconds if recounted is None else recounted)
