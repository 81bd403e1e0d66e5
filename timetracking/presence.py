"""Presence: heartbeats of a running timer, the answer to the idle question, and timers nobody stopped.

The browser's clock is never used. A browser with scripts sends a heartbeat while there is input, and a silent timer is
stopped at the last one the server received. A timer without heartbeats belongs to a browser without scripts; only the
four-hour limit applies to it.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change
from timetracking.intervals.refusals import TimeRefused, translate_refusals
from timetracking.models import CALLING, TimeEntry
from timetracking.months.totals import refresh_totals
from timetracking.queries import time_policy
from timetracking.timers import SILENCE, stop_timer

GRACE = timedelta(seconds=15)  # one heartbeat: the person was present until the next one was due


def beat(staff: User, *, now: datetime, with_input: bool = True) -> bool:
    """Record a heartbeat of the running timer, and whether there was input since the one before. One statement.

    False if none runs, or if it was silent for longer than SILENCE: a heartbeat does not bridge time in which the
    person may have been away. Such a timer waits for its owner's answer.
    """
    running = TimeEntry.objects.standing().filter(
        Q(seen_at__isnull=True) | Q(seen_at__gte=now - SILENCE),
        staff=staff,
        stopped_at__isnull=True,
        started_at__lte=now,
    )
    seen = {"seen_at": now, "input_at": now} if with_input else {"seen_at": now}
    return bool(running.update(**seen))


@transaction.atomic
def answer_idle(*, entry: TimeEntry, answer: str, reason: str, by: User, now: datetime) -> TimeEntry:
    """Handle a timer whose owner was away or left the patient's pages.

    "keep" lets it run, with a reason; "cut" stops it at the last heartbeat, in a call at the last one with input;
    "stop" stops it now; "discard" voids it. Raises TimeRefused for an unknown answer and for "keep" without a reason,
    AwayRefused for "stop" after a silence.
    """
    entry = TimeEntry.objects.select_for_update(of=("self",)).select_related("practice").get(pk=entry.pk)
    if entry.stopped_at is not None or entry.voided_at is not None:
        return entry
    if answer == "cut":
        return stop_timer(entry=entry, by=by, now=_last_seen(entry, now))
    if answer == "stop":
        return stop_timer(entry=entry, by=by, now=now)
    if answer == "discard":
        entry.voided_at, entry.voided_by, entry.void_reason = now, by, "Discarded: its owner was away"
        entry.save(update_fields=["voided_at", "voided_by", "void_reason"])
    elif answer == "keep":
        if len(reason.strip()) < 3:
            raise TimeRefused("Say what you did, for example: read the hospital's letter.")
        TimeEntry.objects.filter(pk=entry.pk).update(seen_at=now, input_at=now)
    else:
        raise TimeRefused("Keep, cut or discard.")
    text = reason.strip()[:200]
    record_change(entry, f"timer_{answer}", by=by, now=now, **({"reason": text} if text else {}))
    return entry


def _last_seen(entry: TimeEntry, now: datetime) -> datetime:
    """The last sign of the person. A page open in a call sends heartbeats without input, which are none."""
    if entry.seen_at is None:
        return now
    if entry.activity in CALLING:
        return min(now, entry.seen_at, max(entry.input_at or entry.started_at, entry.started_at) + GRACE)
    return min(now, entry.seen_at)


def _forgotten_at(entry: TimeEntry) -> datetime:
    """The end of a timer that nobody stopped: GRACE after its last heartbeat.

    If the question about a call was due then, nobody answered it, and the call ends at the last input.
    """
    assert entry.seen_at is not None  # noqa: S101 - the caller's rows have a heartbeat
    end, acted_at = entry.seen_at + GRACE, max(entry.input_at or entry.started_at, entry.started_at)
    if entry.activity in CALLING:
        question_at = acted_at + timedelta(minutes=time_policy(entry.practice_id).call_question_minutes)
        return acted_at + GRACE if end >= question_at else end
    return end


@transaction.atomic
def close_forgotten(*, now: datetime) -> int:
    """Stop timers whose browser went silent, GRACE after the last heartbeat; returns how many. Safe to run twice."""
    rows = (
        TimeEntry.objects.standing()
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("practice", "staff")
        .filter(stopped_at__isnull=True, seen_at__lt=now - SILENCE)
    )
    closed = 0
    for entry in rows[:200]:
        end = max(_forgotten_at(entry), entry.started_at + timedelta(seconds=1)).replace(microsecond=0)
        entry.stopped_at, entry.auto_closed_at = end, now
        try:
            with translate_refusals():
                entry.save(update_fields=["stopped_at", "auto_closed_at"])
        except TimeRefused:
            continue  # Its month has been closed since then; the manager voids it.
        refresh_totals(entry)
        record_change(entry, "timer_auto_closed", by=entry.staff, now=now)
        closed += 1
    return closed


@transaction.atomic
def confirm(*, entry: TimeEntry, by: User, now: datetime) -> TimeEntry:
    """Confirm an entry that the portal stopped, by its owner. Raises TimeRefused for anybody else."""
    entry = TimeEntry.objects.select_for_update(of=("self",)).select_related("practice").get(pk=entry.pk)
    if entry.staff_id != by.pk:
        raise TimeRefused("Only the person who worked confirms an interval.")
    if entry.auto_closed_at is not None and entry.confirmed_at is None:
        entry.confirmed_at = now
        entry.save(update_fields=["confirmed_at"])
        record_change(entry, "timer_confirmed", by=by, now=now)
    return entry
