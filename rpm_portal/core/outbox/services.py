"""Queue a row, and the actions of people on rows that did not go out."""

import logging
from collections.abc import Mapping
from datetime import datetime

from celery import current_app
from django.db import models, transaction
from django.db.models import QuerySet
from kombu.exceptions import OperationalError

from rpm_portal.core.outbox.models import OPEN_PROBLEMS, OutboxRow
from rpm_portal.core.outbox.registry import kind_of
from rpm_portal.core.outbox.states import change_state
from rpm_portal.core.refusals import Refused

log = logging.getLogger(__name__)
State = OutboxRow.State


def queue(
    *,
    practice: models.Model | int,
    kind: str,
    reference: str,
    key: str,
    now: datetime,
    params: Mapping[str, object] | None = None,
    destination: str = "",
    due_at: datetime | None = None,
    not_after: datetime | None = None,
) -> OutboxRow:
    """Queue a row in the transaction of its act; the row that exists if the practice has this key.

    `params` has ids and codes only, never text or names. One statement, and two if the key exists.
    Raises LookupError if no package registered the kind.
    """
    if kind_of(kind) is None:
        raise LookupError(f"No outbox kind {kind!r} is registered.")
    row, is_new = OutboxRow.objects.get_or_create(
        practice_id=getattr(practice, "pk", practice),
        key=key,
        defaults={
            **{"kind": kind, "reference": reference, "params": dict(params or {}), "destination": destination},
            **{"due_at": due_at or now, "not_after": not_after, "made_at": now, "changed_at": now},
        },
    )
    if is_new and row.due_at <= now:
        transaction.on_commit(call_worker)
    return row


def call_worker() -> None:
    """Ask a worker to send what is due. Without a broker the scheduler does it within half a minute."""
    try:
        current_app.send_task("rpm_portal.core.outbox.tasks.work_outbox", retry=False)
    except OperationalError:
        log.warning("the broker is not available; the outbox waits for the scheduler")


def problems(practice: models.Model) -> QuerySet[OutboxRow]:
    """The rows of a practice that did not go out, or perhaps did not, and that nobody closed; newest first."""
    return (
        OutboxRow.objects.for_practice(practice)
        .filter(state__in=OPEN_PROBLEMS, closed_at__isnull=True)
        .order_by("-changed_at", "-pk")
    )


def _locked(row: OutboxRow) -> OutboxRow:
    """The row, locked and read again. Raises Refused if it needs no action any more."""
    found = OutboxRow.objects.select_for_update().get(pk=row.pk)
    if found.state not in OPEN_PROBLEMS or found.closed_at is not None:
        raise Refused("This message has changed meanwhile. Load the page again to see its state.")
    return found


@transaction.atomic
def send_again(row: OutboxRow, *, now: datetime) -> OutboxRow:
    """Send a failed row once more, with a new count of tries. Raises Refused if its state has changed.

    What was unsure may arrive twice: the page says so before.
    """
    found = _locked(row)
    found.state, found.due_at, found.failures, found.why = State.READY, now, 0, ""
    # A late receipt of the earlier try must not decide about the next one.
    found.earlier_ids = [*found.earlier_ids, *filter(None, [found.provider_id])]
    found.provider_id, found.begun_at, found.not_after, found.changed_at = "", None, None, now
    found.save()
    transaction.on_commit(call_worker)
    return found


@transaction.atomic
def close(row: OutboxRow, *, reason: str, by_id: int, now: datetime) -> OutboxRow:
    """Close a failed row with a reason, by a user's key. Raises Refused without a reason, or if it has changed."""
    if not reason.strip():
        raise Refused("Write why nothing more is needed.", field="reason")
    found = _locked(row)
    found.closed_at, found.closed_by_id, found.close_reason = now, by_id, reason.strip()[:200]
    found.save(update_fields=["closed_at", "closed_by", "close_reason"])
    return found


@transaction.atomic
def withdraw(practice: models.Model, *, kind: str, reference: str, why: str, now: datetime) -> int:
    """Drop the rows of a reference that have not begun: no longer needed. Returns how many. One statement each."""
    rows = list(
        OutboxRow.objects.for_practice(practice)
        .select_for_update()
        .filter(kind=kind, reference=reference, begun_at__isnull=True)
        .filter(state__in=[State.READY, State.HELD, State.SENDING])
    )
    for row in rows:
        change_state(row, State.DROPPED, why=why, now=now)
    return len(rows)
