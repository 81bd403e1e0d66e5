"""Storing of a body's measurements and retractions: new ones in one statement, those with a known identifier singly."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from enrollment.queries import custody_by_serial
from monitoring.ingest import Measurement, RefusedEntry, Retraction
from monitoring.models import Delivery, UnmatchedReading
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.lifecycle import ReadingVersions
from monitoring.readings.sender_lines import STAYS_VOIDED, EntryResult
from monitoring.readings.sender_queries import existing_versions
from monitoring.readings.store import MatchedReading, insert_new, match_measurements
from rpm_portal.core.identifiers import plain_serial

NEW, KNOWN = EntryResult("new"), EntryResult("known")


def keep_readings(
    delivery: Delivery,
    versions: ReadingVersions,
    matched: dict[int, MatchedReading],
    retracted: Sequence[tuple[int, Retraction]],
    *,
    now: datetime,
    corrects: ReadingKey | None,
) -> dict[int, EntryResult]:
    """Store measurements and retractions; returns the result of each by its position in the body.

    Measurements whose identifiers are new are inserted in one statement. The others are decided one by one in the
    body's order: their identifier is known, occurs twice in this body, or is retracted in it.
    """
    times = Counter(row.measured.name for row in matched.values())
    one_by_one = {entry.name for _, entry in retracted} | set(versions.known) | {n for n, k in times.items() if k > 1}
    plain = {n: row for n, row in matched.items() if not row.measured.vendor_id or row.measured.name not in one_by_one}
    order, rows = list(plain), list(plain.values())
    inserted = insert_new(
        delivery.practice_id, delivery.pk, rows, now=now, sender_id=versions.sender_id, corrects=corrects
    )
    versions.fresh |= {order[at]: pk for at, pk in inserted.items()}
    outcomes = {order[at]: NEW for at in inserted}
    if len(inserted) < len(rows):
        outcomes |= _match_existing(versions, {order[at]: rows[at] for at in range(len(rows)) if at not in inserted})
    ordered: list[tuple[int, MatchedReading | Retraction]] = [(n, row) for n, row in matched.items() if n not in plain]
    ordered += retracted
    for n, entry in sorted(ordered, key=lambda item: item[0]):
        if isinstance(entry, MatchedReading):
            outcomes[n] = versions.add(n, entry)
        elif entry.measured is not None:
            match = _match_retracted(delivery.practice_id, entry.measured, now=now)
            result = versions.take_back_measurement(n, entry, match)
            if isinstance(result, RefusedEntry):
                versions.to_review.append(result)
                result = EntryResult("unmatched", result.message, result.reason)
            outcomes[n] = result
        else:
            outcomes[n] = versions.take_back(n, entry)
    return outcomes


def _match_retracted(practice_id: int, measured: Measurement, *, now: datetime) -> MatchedReading | RefusedEntry:
    """The match of a retracted measurement; of a shared device any person, since the stored reading has its device."""
    (match,) = match_measurements(practice_id, [measured], now=now)
    if isinstance(match, RefusedEntry) and match.reason == UnmatchedReading.Reason.WHOSE:
        serial = plain_serial(measured.serial)
        holders = custody_by_serial(practice_id, {serial})[serial]
        match = MatchedReading(measured, holders[0], measured.measured_at.date())
    return match


def _match_existing(versions: ReadingVersions, not_new: dict[int, MatchedReading]) -> dict[int, EntryResult]:
    """The results of measurements that are stored already.

    They are stored under another identifier, without a pulse that is sent now, or voided by a person.
    """
    outcomes, order = {}, list(not_new)
    existing = existing_versions(list(not_new.values()))
    for at, n in enumerate(order):
        matched, row = not_new[n], existing.get(at)
        outcomes[n] = EntryResult("known", STAYS_VOIDED) if row is not None and row.by_person else KNOWN
        if row is not None and not row.by_person and matched.values[2] and matched.values[2] != row.content[5]:
            versions.add_pulse(n, matched, row)
            outcomes[n] = NEW if n in versions.fresh else KNOWN
    versions.note_other_names([(not_new[n], existing[at]) for at, n in enumerate(order) if at in existing])
    return outcomes
