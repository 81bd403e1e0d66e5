"""What leaves as lines of JSON under a signature: whoever has the key can tell later that none was changed.

Events leave so, and the heads of the chains: a chain whose last events were taken away still holds in itself, and only
a head that was kept elsewhere tells.
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


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _signed(purpose: bytes, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A line a row, and the HMAC-SHA256 of all lines before it under the audit key."""
    seal = hmac.new(settings.AUDIT_KEY, purpose, hashlib.sha256)
    for row in rows:
        line = _line(row)
        seal.update(line)
        yield line
    yield _line({"signature": seal.hexdigest()})


def _holds(purpose: bytes, body: bytes) -> bool:
    rest, _, last = body.rstrip(b"\n").rpartition(b"\n")
    try:
        said = str(json.loads(last)["signature"])
    except (ValueError, KeyError, TypeError):
        return False
    seal = hmac.new(settings.AUDIT_KEY, purpose, hashlib.sha256)
    seal.update(rest + b"\n")
    return hmac.compare_digest(seal.hexdigest(), said)


def signed_lines(practice: Any, events: Iterable[dict[str, Any]], *, now: datetime) -> Iterator[bytes]:
    """A head, a line an event, and the signature."""
    head = {"practice": practice.name, "made_at": now.isoformat(), "shape": "events 1"}
    return _signed(_EVENTS, chain([head], events))


def signature_holds(body: bytes) -> bool:
    """Whether a file of `signed_lines` is as it left."""
    return _holds(_EVENTS, body)


def signed_heads(*, now: datetime) -> bytes:
    """Every chain's last link as it is now, to be kept on another machine. Two lines more than there are practices."""
    rows = [
        {"practice": head.practice.public_id, "number": head.number, "digest": head.digest}
        for head in ChainHead.objects.select_related("practice").order_by("practice")
    ]
    return b"".join(_signed(_HEADS, [{"made_at": now.isoformat(), "shape": "heads 1"}, *rows]))


def against_heads(body: bytes) -> list[str]:
    """The practices whose chain does not hold the link it ended with when the file was made, with what is wrong.

    Empty where all do. Raises ValueError where the file is not as it left.
    """
    if not _holds(_HEADS, body):
        raise ValueError("These heads are not as they left here.")
    wrong = []
    for line in body.splitlines()[1:-1]:
        head = json.loads(line)
        kept = Event.objects.filter(practice__public_id=head["practice"], number=head["number"]).first()
        if kept is None:
            wrong.append(f"{head['practice']}: event {head['number']} is gone")
        elif kept.digest != head["digest"]:
            wrong.append(f"{head['practice']}: event {head['number']} is another")
    return wrong
