"""Receipts: what another system reports about a row, in any order and any number.

The state follows from the set of receipts of the row's last try: the status with the highest rank.
"""

from datetime import datetime

from django.db import transaction

from rpm_portal.core.outbox.models import OutboxRow, SendReceipt
from rpm_portal.core.outbox.states import change_state

State = OutboxRow.State
# The rank of a status and the state that it means. A delivery that the phone confirmed is stronger than a failure.
RANKS: dict[str, tuple[int, str]] = {
    "queued": (1, State.ACCEPTED),
    "sent": (2, State.ACCEPTED),
    "undelivered": (3, State.UNDELIVERED),
    "delivered": (4, State.DELIVERED),
}


@transaction.atomic
def record_receipt(
    row: OutboxRow,
    *,
    provider_id: str,
    status: str,
    now: datetime,
    error: str = "",
    provider_at: datetime | None = None,
) -> bool:
    """Store a receipt and bring the row's state up to date; False if it was there already. Four statements.

    `status` is queued, sent, undelivered or delivered. Raises KeyError for any other. A receipt proves that the other
    system has the message, so it settles a row of which our side does not know it. A receipt of an earlier try, or for
    a row that was dropped before it was sent, is stored and changes nothing.
    """
    if status not in RANKS:
        raise KeyError(status)
    found = OutboxRow.objects.select_for_update().get(pk=row.pk)  # so that two receipts do not decide at once
    known = dict(found.receipts.filter(provider_id=provider_id).values_list("status", "error"))
    if status in known:
        return False
    SendReceipt.objects.create(
        practice_id=found.practice_id,
        row=found,
        provider_id=provider_id,
        status=status,
        error=error[:20],
        provider_at=provider_at,
        received_at=now,
    )
    _follow(found, provider_id, known | {status: error}, now)
    return True


def _follow(row: OutboxRow, provider_id: str, errors: dict[str, str], now: datetime) -> None:
    """Give the row the state of its highest receipt; `errors` has the code of each status."""
    is_of_another_try = provider_id in row.earlier_ids or (row.provider_id and row.provider_id != provider_id)
    if is_of_another_try or row.state == State.DROPPED:
        return
    status = max(errors, key=lambda name: RANKS[name])
    state, error = RANKS[status][1], errors[status]
    row.provider_id, row.sent_at, row.code = provider_id, row.sent_at or now, error[:20]
    if row.state != state:
        change_state(row, state, why=f"The carrier reports the code {error}." if error else "", now=now)
    else:
        row.save(update_fields=["provider_id", "sent_at", "code"])
