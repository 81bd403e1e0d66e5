"""Storing entries that could not be matched, each once, until a person decides."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from monitoring.ingest import RefusedEntry
from monitoring.models import Delivery, DeliveryState, UnmatchedReading
from monitoring.readings.lifecycle import REVIEW_REASONS


def measured_at_of(row: UnmatchedReading) -> datetime | None:
    """The moment an unmatched reading was measured, by the sender's clock; None if it was not understood."""
    raw = row.payload.get("measured_at") if isinstance(row.payload, dict) else None
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def unmatched_digest(entry: RefusedEntry) -> str:
    """The digest that stores the same entry, refused for the same reason, once."""
    return hashlib.sha256(json.dumps([entry.payload, entry.reason], sort_keys=True, default=str).encode()).hexdigest()


def _digests(delivery: Delivery, refused: Sequence[RefusedEntry]) -> list[str]:
    """The digests by which each entry is stored once.

    A version of a named reading that is sent again after another version with the same identifier is the latest one: it
    is stored separately, so that it is tried after the other.
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
        same_name = waiting.get(entry.name, [])
        same_entry = [row for row in same_name if row.digest.startswith(digests[at])]
        own = [row for row in same_entry if row.delivery_id == delivery.pk]
        if own:
            digests[at] = own[-1].digest
        elif same_entry and same_name[-1] is not same_entry[-1]:
            digests[at] = f"{digests[at]}:{delivery.pk}"
        elif same_entry:
            digests[at] = same_entry[-1].digest
    return digests


def store_unmatched(delivery: Delivery, refused: Sequence[RefusedEntry], *, now: datetime) -> int:
    """Store the entries that could not be matched, and resolve those of this delivery that are matched now."""
    digests = _digests(delivery, refused)
    if delivery.outcome is not None or delivery.tries or delivery.state != DeliveryState.DONE:
        waiting = UnmatchedReading.objects.filter(delivery=delivery, resolved_at__isnull=True)
        waiting = waiting.exclude(reason__in=REVIEW_REASONS)
        waiting.exclude(digest__in=digests).update(resolved_at=now, resolution=UnmatchedReading.Resolution.PLACED)
    rows = [
        UnmatchedReading(
            practice_id=delivery.practice_id,
            delivery=delivery,
            serial=entry.serial[:60],
            # The database would store a bare null as no value.
            payload=entry.payload if isinstance(entry.payload, dict) else {"entry": entry.payload},
            reason=entry.reason,
            message=entry.message[:200],
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
