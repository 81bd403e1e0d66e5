"""The one function that changes a row's state."""

import logging
from datetime import datetime

from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import kind_of

log = logging.getLogger(__name__)


def change_state(row: OutboxRow, state: str, *, why: str, now: datetime) -> None:
    """Save the new state of a locked row and call its kind's `on_change`, in this transaction."""
    row.state, row.why, row.changed_at, row.lease_until = state, why[:200], now, None
    row.save()
    log.info("outbox row %s is %s", row.pk, state)
    kind = kind_of(row.kind)
    if kind is not None:
        kind.on_change(row, now)
