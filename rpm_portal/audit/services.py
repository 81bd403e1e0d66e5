"""Writing and checking the chain."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from rpm_portal.audit.models import ChainHead, Event


def _digest(before: str, event: Event) -> str:
    """HMAC-SHA256 over length-prefixed fields: no two different events spell the same bytes."""
    parts = [
        before,
        str(event.practice_id),
        str(event.number),
        event.at.astimezone(UTC).isoformat(),
        str(event.actor_id or ""),
        event.role,
        event.action,
        event.subject,
        json.dumps(event.detail, sort_keys=True, separators=(",", ":")),
    ]
    said = b"".join(len(raw := part.encode()).to_bytes(4, "big") + raw for part in parts)
    return hmac.new(settings.AUDIT_KEY, said, hashlib.sha256).hexdigest()


@transaction.atomic
def record(
    *,
    practice: Any,
    by: Any,
    action: str,
    now: datetime,
    role: str = "",
    subject: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    """Add an event to the practice's chain, in the transaction of the act it tells."""
    head = ChainHead.objects.select_for_update().filter(practice=practice).first()
    if head is None:
        ChainHead.objects.get_or_create(practice=practice)
        head = ChainHead.objects.select_for_update().get(practice=practice)
    event = Event(
        practice=practice,
        number=head.number + 1,
        at=now,
        actor=by,
        role=role,
        action=action,
        subject=subject,
        detail=detail or {},
    )
    event.digest = _digest(head.digest, event)
    event.save(force_insert=True)
    head.number, head.digest = event.number, event.digest
    head.save(update_fields=["number", "digest"])
    return event


def record_look(request: Any, action: str, *, now: datetime, subject: str = "", **detail: Any) -> Event:
    """Add an event for what the signed-in person of a request looked at; `detail` holds counts and filters only."""
    return record(
        practice=request.practice,
        by=request.user,
        role=request.membership.role,
        action=action,
        subject=subject,
        detail=detail,
        now=now,
    )


def first_broken_link(practice: Any) -> int | None:
    """The number of the first event that was changed, is missing or stands in the wrong place; None when all hold."""
    before, expected = "", 1
    for event in Event.objects.filter(practice=practice).order_by("number").iterator(chunk_size=2000):
        if event.number != expected or not hmac.compare_digest(event.digest, _digest(before, event)):
            return expected
        before, expected = event.digest, expected + 1
    head = ChainHead.objects.filter(practice=practice).first()
    if head and (head.number != expected - 1 or head.digest != before):
        return expected
    return None
