"""Events that leave as lines of JSON under a signature: whoever has the key can tell later that none was changed."""

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from rpm_portal.accounts.models import Practice

_PURPOSE = b"audit export"


def _line(said: dict[str, Any]) -> bytes:
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def signed_lines(practice: Practice, events: Iterable[dict[str, Any]], *, now: datetime) -> Iterator[bytes]:
    """A head, a line an event, and the HMAC-SHA256 of all lines before it under the audit key."""
    seal = hmac.new(settings.AUDIT_KEY, _PURPOSE, hashlib.sha256)
    head = _line({"practice": practice.name, "made_at": now.isoformat(), "shape": "events 1"})
    seal.update(head)
    yield head
    for event in events:
        line = _line(event)
        seal.update(line)
        yield line
    yield _line({"signature": seal.hexdigest()})


def signature_holds(body: bytes) -> bool:
    """Whether a file of `signed_lines` is as it left."""
    rest, _, last = body.rstrip(b"\n").rpartition(b"\n")
    try:
        said = str(json.loads(last)["signature"])
    except (ValueError, KeyError, TypeError):
        return False
    seal = hmac.new(settings.AUDIT_KEY, _PURPOSE, hashlib.sha256)
    seal.update(rest + b"\n")
    return hmac.compare_digest(seal.hexdigest(), said)
