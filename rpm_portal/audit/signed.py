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

_EVENTS, _HEADS, _MINUTE = b"audit export", b"audit heads", b"audit heads of a minute"


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


def signed_minute(heads: Iterable[ChainHead], *, now: datetime) -> bytes:
    """One signed line with the given heads, for the file that gets a line each minute."""
    values: dict[str, object] = {
        "made_at": now.isoformat(),
        "heads": [[head.practice.public_id, head.number, head.digest] for head in heads],
    }
    signature = hmac.new(settings.AUDIT_KEY, _MINUTE + _line(values), hashlib.sha256).hexdigest()
    return _line(values | {"signature": signature})


def check_against_minutes(body: bytes) -> list[str]:
    """A sentence for each link in lines of `signed_minute` that its chain no longer contains.

    Raises ValueError if a line was changed.
    """
    errors = []
    for number, line in enumerate(body.splitlines(), start=1):
        values = json.loads(line)
        signature = hmac.new(settings.AUDIT_KEY, _MINUTE, hashlib.sha256)
        signature.update(_line({name: value for name, value in values.items() if name != "signature"}))
        if not hmac.compare_digest(signature.hexdigest(), str(values.get("signature"))):
            raise ValueError(f"Line {number} of these heads is not as it was written.")
        errors += [error for head in values["heads"] if (error := _missing(*head))]
    return errors


def _missing(practice: str, number: int, digest: str) -> str:
    """The sentence that the chain of a practice lacks a link; empty if it has it."""
    event = Event.objects.filter(practice__public_id=practice, number=number).first()
    if event is None:
        return f"{practice}: event {number} is gone"
    return "" if event.digest == digest else f"{practice}: event {number} is another"


def check_against_heads(body: bytes) -> list[str]:
    """A sentence for each practice whose chain no longer contains its link in a file of `signed_heads`.

    Raises ValueError if the file was changed.
    """
    if not _is_signed(_HEADS, body):
        raise ValueError("These heads are not as they left here.")
    heads = [json.loads(line) for line in body.splitlines()[1:-1]]
    return [error for head in heads if (error := _missing(head["practice"], head["number"], head["digest"]))]
