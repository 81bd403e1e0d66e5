"""Services of the audit history: record events, filter them, and verify the chain."""

import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from rpm_portal.audit.models import ChainHead, Event
from rpm_portal.core.days import midnight


class Link(NamedTuple):
    """The last link of a practice's chain when it was read: number and digest."""

    number: int
    digest: str


def _digest(previous: str, event: Event) -> str:
    """HMAC-SHA256 over length-prefixed fields, so that different events never have the same input bytes."""
    parts = [
        previous,
        str(event.practice_id),
        str(event.number),
        event.at.astimezone(UTC).isoformat(),
        str(event.actor_id or ""),
        event.role,
        event.action,
        event.subject,
        json.dumps(event.detail, sort_keys=True, separators=(",", ":")),
    ]
    message = b"".join(len(raw := part.encode()).to_bytes(4, "big") + raw for part in parts)
    return hmac.new(settings.AUDIT_KEY, message, hashlib.sha256).hexdigest()


def record(
    *,
    practice: Any,
    by: Any,
    action: str,
    now: datetime,
    role: str = "",
    subject: str = "",
    detail: dict[str, Any] | None = None,
    after: Link | None = None,
) -> Event:
    """Add an event to the practice's chain, in the transaction of the recorded action.

    Two statements: read the last link, and append the event if that link is still the last. One statement if the caller
    has read the link and passes it as `after`. If another event was appended in between, the link is locked and read
    again: two more statements.
    """
    event = Event(practice=practice, at=now, actor=by, role=role, action=action, subject=subject, detail=detail or {})
    if not _append(event, after or _head(practice)):
        with transaction.atomic():
            if not _append(event, _head(practice, lock=True)):
                raise RuntimeError("The chain's head changed while it was locked.")
    return event


def subject_of(row: Any) -> str:
    """The subject of a row's events: its `audit_subject`, or the name of its model and its public id."""
    own: str = getattr(row, "audit_subject", "")
    return own or f"{row._meta.model_name}:{row.public_id}"


def record_change(row: Any, action: str, *, by: Any, now: datetime, **detail: Any) -> Event:
    """Add an event for an action on a row, in the transaction of the action. As many statements as `record`.

    `by` is a membership (its role is recorded), a user, or None for the portal itself. `row` is None for an action of a
    member that concerns no row. `detail` has only reasons, counts and codes.
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


# Update the head and insert the event, if the head is still the one in the event's digest. One statement.
_APPEND = """
WITH head AS (
  UPDATE audit_chainhead SET number = %s::bigint, digest = %s::text
  WHERE practice_id = %s::bigint AND number = %s::bigint AND digest = %s::text RETURNING practice_id, number, digest)
INSERT INTO audit_event (practice_id, number, at, actor_id, role, action, subject, detail, digest)
SELECT practice_id, number, %s::timestamptz, %s::bigint, %s::text, %s::text, %s::text, %s::jsonb, digest FROM head
RETURNING id
"""


def _append(event: Event, head: Link) -> bool:
    """Append the event after the head; False if the head has changed, and nothing is written.

    Raw: two tables in one statement, for every access.
    """
    event.number = head.number + 1
    event.digest = _digest(head.digest, event)
    columns = [event.actor_id, event.role, event.action, event.subject, json.dumps(event.detail)]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [event.number, event.digest, event.practice_id, *head, event.at, *columns])
        row = cursor.fetchone()
    event.pk = row[0] if row else None
    return row is not None


def _head(practice: Any, *, lock: bool = False) -> Link:
    """The current last link of the chain."""
    heads = ChainHead.objects.filter(practice=practice)
    links = (heads.select_for_update() if lock else heads).values_list("number", "digest")
    link = links.first()
    if link is None:
        ChainHead.objects.get_or_create(practice=practice)
        link = links.get()
    return Link._make(link)


def record_access(
    request: Any, action: str, *, now: datetime, subject: str = "", after: Link | None = None, **detail: Any
) -> Event:
    """Add an event for data that the user of a request has accessed; `detail` has only counts and filters.

    `after` as in `record`. The request is marked, so that `record_shown_patient` adds nothing.
    """
    request.is_audited = True
    glass = request.membership.glass
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
        after=after,
    )


def record_shown_patient(request: Any, *, now: datetime) -> None:
    """Add an event if the answer named a patient (the tag `shows_patient`) and the view has recorded no access."""
    patient = getattr(request, "shown_patient", "")
    if patient and not getattr(request, "is_audited", False):
        record_access(
            request,
            "read_page",
            now=now,
            subject=f"patient:{patient}",
            page=getattr(request.resolver_match, "view_name", ""),
        )


def filter_events(
    practice: Any,
    *,
    action: str = "",
    person: str = "",
    subject: str = "",
    first: date | None,
    last: date | None,
) -> "QuerySet[Event]":
    """A practice's events, newest first; filtered by action, person (e-mail), subject, and first and last local day."""
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
    """The number of the first event that was changed, is missing or is out of order; None if the chain is valid.

    A chain without its head, or with one that is behind a link that was written elsewhere, is broken at its end.
    """
    previous, expected = "", 1
    for event in Event.objects.filter(practice=practice).order_by("number").iterator(chunk_size=2000):
        if event.number != expected or not hmac.compare_digest(event.digest, _digest(previous, event)):
            return expected
        previous, expected = event.digest, expected + 1
    head = ChainHead.objects.filter(practice=practice).first()
    if head is None or head.number != expected - 1 or head.digest != previous or head.kept_number > head.number:
        return expected
    return None
