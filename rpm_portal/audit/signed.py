"""Signed exports as lines of JSON: whoever has the key can verify later that no line was changed.

Events and chain heads are exported. A chain whose last events were deleted is still valid in itself; only a head that
is stored elsewhere shows the deletion.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from django.conf import settings

from rpm_portal.audit.models import ChainHead, Event

_EVENTS, _HEADS = b"audit export", b"audit heads"


def _line(values: dict[str, object]) -> bytes:
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _sign(purpose: bytes, rows: Iterable[dict[str, object]]) -> Iterator[bytes]:
    """One line per row, then a line with the HMAC-SHA256 of all lines under the audit key."""
    digest = hmac.new(settings.AUDIT_KEY, purpose, hashlib.sha256)
    for row in rows:
        line = _line(row)
        digest.update(line)
        yield line
    yield _line({"signature": digest.hexdigest()})


def _is_signed(purpose: bytes, body: bytes) -> bool:
    rest, _, last = body.rstrip(b"\n").rpartition(b"\n")
    try:
        signature = str(json.loads(last)["signature"])
    except (ValueError, KeyError, TypeError):
        return False
    digest = hmac.new(settings.AUDIT_KEY, purpose, hashlib.sha256)
    digest.update(rest + b"\n")
    return hmac.compare_digest(digest.hexdigest(), signature)


def signed_lines(practice: Any, events: Iterable[dict[str, Any]], *, now: datetime) -> Iterator[bytes]:
    """A header line, a line per event, and the signature."""
    head = {"practice": practice.name, "made_at": now.isoformat(), "shape": "events 1"}
    return _sign(_EVENTS, chain([head], events))


def is_signature_valid(body: bytes) -> bool:
    """Whether a file of `signed_lines` is unchanged."""
    return _is_signed(_EVENTS, body)


def signed_heads(*, now: datetime) -> bytes:
    """The last link of every chain, to be stored on another machine: a header, a line per practice, the signature."""
    rows = [
        {"practice": head.practice.public_id, "number": head.number, "digest": head.digest}
        for head in ChainHead.objects.select_related("practice").order_by("practice")
    ]
    return b"".join(_sign(_HEADS, [{"made_at": now.isoformat(), "shape": "heads 1"}, *rows]))


def check_against_heads(body: bytes) -> list[str]:
    """A sentence for each practice whose chain no longer contains its link in a file of `signed_heads`.

    Raises ValueError if the file was changed.
    """
    if not _is_signed(_HEADS, body):
        raise ValueError("These heads are not as they left here.")
    errors = []
    for line in body.splitlines()[1:-1]:
        head = json.loads(line)
        event = Event.objects.filter(practice__public_id=head["practice"], number=head["number"]).first()
        if event is None:
            errors.append(f"{head['practice']}: event {head['number']} is gone")
        elif event.digest != head["digest"]:
            errors.append(f"{head['practice']}: event {head['number']} is another")
    return errors
