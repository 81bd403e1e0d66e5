"""What a worker does with due rows: claim them, ask and mark one, send it, and write how it ended.

Several workers may run this at the same time. A claim takes rows that no other worker has locked (SKIP LOCKED) and
leases them for a minute. `begun_at` is committed just before the sending, so that a worker that dies in between leaves
a row that is known to be possibly sent.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import OutboxKind, SendOutcome
from rpm_portal.core.outbox.states import change_state

log = logging.getLogger(__name__)
State = OutboxRow.State
LEASE = timedelta(seconds=60)
BATCH = 20
DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
LONGEST_DELAY = timedelta(hours=6)  # of another system's Retry-After
NO_KIND_DELAY = timedelta(hours=1)
Clock = Callable[[], datetime]


@transaction.atomic
def claim(*, now: datetime, limit: int = BATCH) -> list[OutboxRow]:
    """Lease the due rows, oldest first; rows that another worker has locked are left to it. Two statements."""
    due = OutboxRow.objects.filter(state__in=[State.READY, State.HELD], due_at__lte=now)
    rows = list(due.select_for_update(skip_locked=True).order_by("due_at", "pk")[:limit])
    OutboxRow.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=State.SENDING, lease_until=now + LEASE, begun_at=None
    )
    return rows


@transaction.atomic
def begin(pk: int, *, now: datetime) -> tuple[OutboxRow, OutboxKind] | None:
    """Ask the kind whether a claimed row may be sent now, and mark it as begun; None if it is not sent.

    The row is locked, so that a withdrawal or another worker waits. A row that is past `not_after` is dropped.
    """
    row = OutboxRow.objects.select_for_update().get(pk=pk)
    is_ours = row.state == State.SENDING and row.begun_at is None and row.lease_until and row.lease_until > now
    if not is_ours:
        return None
    kind = registry.kind_of(row.kind)
    verdict = _verdict(row, kind, now)
    if verdict.state != State.SENDING or kind is None:
        row.due_at = verdict.until or row.due_at
        change_state(row, verdict.state, why=verdict.why, now=now)
        return None
    row.begun_at, row.tries, row.lease_until, row.asked_at = now, row.tries + 1, now + LEASE, None
    row.save(update_fields=["begun_at", "tries", "lease_until", "asked_at"])
    return row, kind


def _verdict(row: OutboxRow, kind: OutboxKind | None, now: datetime) -> registry.SendVerdict:
    """The answer of the kind, unless the row is too late or its kind is unknown to this version of the portal."""
    if kind is None:
        return registry.hold_until(now + NO_KIND_DELAY, "This version of the portal does not know the kind.")
    if row.not_after is not None and now > row.not_after:
        return registry.drop("It was too late to be of use.")
    return kind.may_send(row, now)


def send_row(row: OutboxRow, kind: OutboxKind, clock: Clock) -> None:
    """Send a begun row and write how it ended. An exception of the sender means that it may have been sent."""
    try:
        outcome = kind.send(row, clock())
    except Exception as error:  # the sender is foreign code at this boundary; its text may contain a number
        log.error("outbox row %s: the sender failed with %s", row.pk, type(error).__name__)
        outcome = registry.unsure(f"The sender failed: {type(error).__name__}.")
    finish(row.pk, row.tries, outcome, now=clock())


@transaction.atomic
def finish(pk: int, tries: int, outcome: SendOutcome, *, now: datetime) -> None:
    """Write the outcome of the try with this number.

    If a receipt was faster, or the lease ran out, the row has another state already: then only what proves more is
    written. A late outcome of an earlier try changes nothing.
    """
    row = OutboxRow.objects.select_for_update().get(pk=pk)
    if row.tries != tries:
        return
    _note(row, outcome, now)
    if row.state not in (State.SENDING, State.UNSURE):
        row.save()
        return
    if outcome.state == State.READY:
        _try_later(row, outcome, now)
    else:
        change_state(row, outcome.state, why=outcome.why, now=now)


def _note(row: OutboxRow, outcome: SendOutcome, now: datetime) -> None:
    """Copy what the outcome proves: the provider's id, the digest, what it costs."""
    row.digest, row.code = outcome.digest or row.digest, outcome.code[:20]
    row.provider_id = row.provider_id or outcome.provider_id
    if outcome.state in (State.ACCEPTED, State.DELIVERED):
        row.sent_at = row.sent_at or now
        row.parts, row.cents = row.parts + outcome.parts, row.cents + outcome.cents


def _try_later(row: OutboxRow, outcome: SendOutcome, now: datetime) -> None:
    """Due again after 1, 5, 15 and 60 minutes, or after the other system's delay; then dead."""
    row.begun_at = None
    if row.failures >= len(DELAYS):
        change_state(row, State.DEAD, why=outcome.why, now=now)
        return
    delay = max(DELAYS[row.failures], min(outcome.after or timedelta(), LONGEST_DELAY))
    row.failures, row.due_at = row.failures + 1, now + delay
    change_state(row, State.READY, why=outcome.why, now=now)


@transaction.atomic
def end_leases(*, now: datetime) -> int:
    """Rows of workers that died: ready again if the sending had not begun, otherwise unsure. Returns how many."""
    rows = OutboxRow.objects.select_for_update(skip_locked=True).filter(state=State.SENDING, lease_until__lte=now)
    ended = list(rows)
    for row in ended:
        if row.begun_at is None:
            change_state(row, State.READY, why="", now=now)
        else:
            change_state(row, State.UNSURE, why="The worker ended while it was sending.", now=now)
    return len(ended)


def settle_unsure(clock: Clock) -> int:
    """Ask the kinds about rows that are unsure for their wait, once each; returns how many were settled."""
    settled = 0
    for name in registry.kind_names():
        kind = registry.kind_of(name)
        if kind is None:
            continue
        waiting = OutboxRow.objects.filter(kind=name, state=State.UNSURE, closed_at=None, asked_at=None)
        waiting = waiting.filter(changed_at__lte=clock() - kind.unsure_wait)
        settled += sum(_settle(row, kind, clock) for row in waiting.order_by("pk")[:BATCH])
    return settled


def _settle(row: OutboxRow, kind: OutboxKind, clock: Clock) -> bool:
    """Ask the other system about one row, outside of a transaction; whether its state changed."""
    claimed = OutboxRow.objects.filter(pk=row.pk, state=State.UNSURE, asked_at__isnull=True).update(asked_at=clock())
    if not claimed:
        return False
    try:
        outcome = kind.settle(row, clock())
    except Exception as error:  # as in send_row
        log.error("outbox row %s: asking about it failed with %s", row.pk, type(error).__name__)
        return False
    if outcome.state != State.UNSURE:
        finish(row.pk, row.tries, outcome, now=clock())
    return outcome.state != State.UNSURE


def work_batch(clock: Clock) -> int:
    """Claim a batch and send it; returns how many rows were claimed. `clock` gives the current time of each step."""
    rows = claim(now=clock())
    for row in rows:
        begun = begin(row.pk, now=clock())
        if begun is not None:
            send_row(*begun, clock)
    return len(rows)
