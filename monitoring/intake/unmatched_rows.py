"""Keeping what could not be placed, once each, until a person decides."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from monitoring.ingest import RefusedEntry
from monitoring.models import Delivery, DeliveryState, UnmatchedReading
from monitoring.readings.lifecycle import NOT_WAITING


def unmatched_digest(entry: RefusedEntry) -> str:
    """The same part refused for the same reason waits once."""
    return hashlib.sha256(json.dumps([entry.payload, entry.reason], sort_keys=True, default=str).encode()).hexdigest()


def _digests(delivery: Delivery, refused: Sequence[RefusedEntry]) -> list[str]:
    """What makes each part wait once.

    A version that a sender named and that comes again after another one of the same name is its last word: it waits by
    itself, so that it is tried after the other.
    """
    digests = [unmatched_digest(entry) for entry in refused]
    values = {entry.name[1] for entry in refused if entry.name[1]}
    if not values:
        return digests
    waiting: dict[tuple[str, str], list[UnmatchedReading]] = {}
    rows = UnmatchedReading.objects.filter(practice=delivery.practice_id, vendor_id__in=values)
    for row in rows.filter(resolved_at__isnull=True).order_by("pk"):
        waiting.setdefault((row.vendor_system, row.vendor_id), []).append(row)
    for at, entry in enumerate(refused):
        named_so = waiting.get(entry.name, [])
        same = [row for row in named_so if row.digest.startswith(digests[at])]
        mine = [row for row in same if row.delivery_id == delivery.pk]
        if mine:
            digests[at] = mine[-1].digest
        elif same and named_so[-1] is not same[-1]:
            digests[at] = f"{digests[at]}:{delivery.pk}"
        elif same:
            digests[at] = same[-1].digest
    return digests


def park(delivery: Delivery, refused: Sequence[RefusedEntry], *, now: datetime) -> int:
    """Keep what could not be placed, and resolve what this delivery could not place before and has now."""
    digests = _digests(delivery, refused)
    if delivery.outcome is not None or delivery.tries or delivery.state != DeliveryState.DONE:
        waiting = UnmatchedReading.objects.filter(delivery=delivery, resolved_at__isnull=True)
        waiting = waiting.exclude(reason__in=NOT_WAITING)
        waiting.exclude(digest__in=digests).update(resolved_at=now, resolution=UnmatchedReading.Resolution.PLACED)
    rows = [
        UnmatchedReading(
            practice_id=delivery.practice_id,
            delivery=delivery,
            serial=entry.serial[:60],
            # A bare null would be no value at all to the database.
            payload=entry.payload if isinstance(entry.payload, dict) else {"entry": entry.payload},
            reason=entry.reason,
            said=entry.said[:200],
            received_at=now,
            digest=digest,
            vendor_system=entry.name[0],
            vendor_id=entry.name[1],
            issued_at=entry.issued,
        )
        for entry, digest in zip(refused, digests, strict=True)
    ]
    if rows:
        UnmatchedReading.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
