"""Writing and checking the chain."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from rpm_portal.audit.models import ChainHead, Event
from rpm_portal.core.days import midnight
from rpm_portal.core.db.prepared_statements import hot_cursor


class Link(NamedTuple):
    """The last link of a practice's chain, as it was read: its number and digest."""

    number: int
    digest: str


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


def record(
    *,
    practice: Any,
    by: Any,
    action: str,
    now: datetime,
    role: str = "",
    subject: str = "",
    detail: dict[str, Any] | None = None,
    behind: Link | None = None,
) -> Event:
    """Add an event to the practice's chain, in the transaction of the act it tells.

    Two statements: the last link is read, and the event takes its place behind it if it still is the last; one where
    the caller read it a moment ago and gives it as `behind`. Where another came between, it is held and read anew: two
    statements more.
    """
    event = Event(
        practice=practice, at=now, actor=by, role=role, action=action, subject=subject, detail=detail or {}
    )  # fmt: skip
    if not _appended(event, behind or _head(practice, _SEEN)):
        with transaction.atomic():
            if not _appended(event, _head(practice, _HELD)):
                raise RuntimeError("The chain's head moved while it was held.")
    return event


def subject_of(row: Any) -> str:
    """What an event is about: the row's own `audit_subject`, or the name of its model and its public id."""
    own: str = getattr(row, "audit_subject", "")
    return own or f"{row._meta.model_name}:{row.public_id}"


def record_change(row: Any, action: str, *, by: Any, now: datetime, **detail: Any) -> Event:
    """Add an event for what somebody did to a row, in the transaction of the act; as many statements as `record`.

    `by` is a membership, whose role the event then keeps, a user, or None for the portal itself. `row` is None for an
    act of a member that is about no row. `detail` holds reasons, counts and codes only.
    """
    role = getattr(by, "role", "")
    return record(
        practice=by.practice if row is None else row.practice,
        by=by.user if role else by,
        role=role,
        action=action,
        subject="" if row is None else subject_of(row),
        detail=detail,
        now=now,
    )


# The head becomes the event, if it is still the one that the event's digest stands on: one statement.
_APPEND = """
WITH head AS (
  UPDATE audit_chainhead SET number = %s::bigint, digest = %s::text
  WHERE practice_id = %s::bigint AND number = %s::bigint AND digest = %s::text RETURNING practice_id, number, digest)
INSERT INTO audit_event (practice_id, number, at, actor_id, role, action, subject, detail, digest)
SELECT practice_id, number, %s::timestamptz, %s::bigint, %s::text, %s::text, %s::text, %s::jsonb, digest FROM head
RETURNING id
"""
_SEEN = "SELECT number, digest FROM audit_chainhead WHERE practice_id = %s::bigint"
_HELD = f"{_SEEN} FOR UPDATE"


def _appended(event: Event, head: Link) -> bool:
    """Whether the event became the link behind the head; nothing is written where another did."""
    event.number = head.number + 1
    event.digest = _digest(head.digest, event)
    said = [event.actor_id, event.role, event.action, event.subject, json.dumps(event.detail)]
    with hot_cursor() as cursor:
        cursor.execute(_APPEND, [event.number, event.digest, event.practice_id, *head, event.at, *said])
        row = cursor.fetchone()
    event.pk = row[0] if row else None
    return row is not None


def _head(practice: Any, statement: str) -> Link:
    """The last link now."""
    with hot_cursor() as cursor:
        cursor.execute(statement, [practice.pk])
        row = cursor.fetchone()
        if row is None:
            ChainHead.objects.get_or_create(practice=practice)
            cursor.execute(statement, [practice.pk])
            row = cursor.fetchone()
    return Link._make(row)  # type: ignore[arg-type]


def record_look(
    request: Any, action: str, *, now: datetime, subject: str = "", behind: Link | None = None, **detail: Any
) -> Event:
    """Add an event for what the signed-in person of a request looked at; `detail` holds counts and filters only.

    `behind` as in `record`.
    """
    glass = getattr(request.membership, "glass", None)
    if glass is not None:
        detail["emergency"] = glass.public_id
    return record(
        practice=request.practice,
        by=request.user,
        role=request.membership.role,
        action=action,
        subject=subject,
        detail=detail,
        now=now,
        behind=behind,
    )


def narrowed(
    practice: Any, *, action: str = "", person: str = "", subject: str = "", first: date | None, last: date | None
) -> "QuerySet[Event]":
    """A practice's events, newest first: of one kind, one person (by e-mail), one subject, between two local days."""
    rows = Event.objects.for_practice(practice).select_related("actor").order_by("-number")
    if action:
        rows = rows.filter(action=action)
    if person:
        rows = rows.filter(actor__email=person.lower())
    if subject:
        rows = rows.filter(subject=subject)
    if first is not None:
        rows = rows.filter(at__gte=midnight(first, practice.zone))
    if last is not None:
        rows = rows.filter(at__lt=midnight(last + timedelta(days=1), practice.zone))
    return rows


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
