"""Retractions by the sender, and the class that stores one body's versions and retractions of named readings."""

from datetime import datetime

from monitoring.ingest import RefusedEntry, Retraction
from monitoring.models import SenderStatement, UnmatchedReading, VendorReading
from monitoring.readings.amendments import Amendments
from monitoring.readings.sender_lines import (
    RETRACTED,
    STAYS_VOIDED,
    EntryResult,
    KnownReadings,
    Line,
    Name,
    StoredRetraction,
    Version,
)
from monitoring.readings.sender_queries import existing_versions, sources_of
from monitoring.readings.store import MatchedReading, lock_standings

# Reasons to show a person a reading that is stored, or that the practice voided: it does not wait for a match.
REVIEW_REASONS = (UnmatchedReading.Reason.SAME_NAME, UnmatchedReading.Reason.VOIDED_HERE)


def _retracts(retraction: Retraction, row: UnmatchedReading) -> bool:
    """Whether a retraction applies to an unmatched reading: the same moment, and not a version issued later."""
    measured_at = row.payload.get("measured_at") if isinstance(row.payload, dict) else None
    if retraction.measured_at is not None and isinstance(measured_at, str):
        try:
            if datetime.fromisoformat(measured_at) != retraction.measured_at:
                return False
        except (TypeError, ValueError):
            return True
    return retraction.issued is None or row.issued_at is None or row.issued_at <= retraction.issued


class ReadingVersions(Amendments):
    """Stores the versions and retractions of one body for readings with known identifiers, one after the other."""

    def take_back(self, entry: int, retraction: Retraction) -> EntryResult:
        """Void the reading that the sender retracts, or record the retraction for a reading yet to arrive."""
        known = self.known.setdefault(retraction.name, KnownReadings())
        rank = self.rank_of(retraction.issued, entry)
        if any(stored.rank.arrival == rank.arrival for stored in known.retractions):
            return EntryResult("taken_back")  # the same entry, processed again
        lines = self._retracted_lines(known, retraction)
        waiting = self._resolve_waiting(retraction)
        row = self._store_statement(
            SenderStatement.Kind.RETRACTED,
            retraction.name,
            rank,
            measured_at=retraction.measured_at,
            applied_at=self.now if lines or waiting else None,
        )
        known.retractions.append(StoredRetraction(rank, retraction.measured_at, row.applied_at is not None, row))
        if not lines:
            return EntryResult(
                "taken_back", "" if waiting else "Nothing of this name has arrived yet; this is remembered."
            )
        # Of several readings, the latest that was sent before the retraction.
        candidates = [line for line in lines if line.head is not None and not line.head.rank.after_retraction(rank)]
        if not candidates:
            kept = any(line.head is not None for line in lines)
            closed = STAYS_VOIDED if any(line.closed for line in lines) else ""
            return EntryResult("taken_back", "A later version is kept; it stays." if kept else closed)
        message = "The identifier names several readings; the latest is voided. Send effectiveDateTime to say which."
        message = message if len(candidates) > 1 else ""
        head = max(candidates, key=lambda line: line.rank.arrival).head
        if head is None:
            return EntryResult("taken_back")
        if self._has_other_name(head, retraction.name):
            return EntryResult("taken_back", "The same reading was sent under another identifier as well; it stays.")
        self._void_version(head, RETRACTED)
        return EntryResult("taken_back", message)

    def _retracted_lines(self, known: KnownReadings, retraction: Retraction) -> list[Line]:
        """The lines that a retraction applies to: narrowed by moment and metric if they match."""
        lines = known.lines
        if retraction.measured_at is not None:
            at_time = [
                line for line in lines if any(row.measured_at == retraction.measured_at for row in line.versions)
            ]
            lines = at_time or lines
        if retraction.metric:
            of_metric = [line for line in lines if any(row.metric == retraction.metric for row in line.versions)]
            lines = of_metric or lines
        return [line for line in lines if line.head is not None] or lines[-1:]

    def _resolve_waiting(self, retraction: Retraction) -> bool:
        """Resolve the unmatched reading that is retracted; returns whether there is one."""
        rows = UnmatchedReading.objects.filter(
            practice=self.practice_id,
            vendor_id=retraction.vendor_id,
            vendor_system=retraction.vendor_system,
            delivery__source_id__in=sources_of(self.sender_id),
        ).exclude(reason__in=REVIEW_REASONS)
        retracted = [row for row in rows if _retracts(retraction, row)]
        open_rows = [row.pk for row in retracted if row.resolved_at is None]
        if open_rows:
            UnmatchedReading.objects.filter(pk__in=open_rows).update(
                resolved_at=self.now, resolution=UnmatchedReading.Resolution.TAKEN_BACK
            )
        return bool(retracted)

    def _has_other_name(self, head: Version, name: Name) -> bool:
        """Whether the sender sent the reading under another identifier that is not retracted."""
        rows = VendorReading.objects.filter(practice=self.practice_id, reading=head.pk)
        names = set(rows.values_list("vendor_system", "vendor_id")) - {name}
        if not names:
            return False
        retracted = SenderStatement.objects.filter(
            practice=self.practice_id,
            sender=self.sender_id,
            vendor_id__in=[value for _, value in names],
            kind=SenderStatement.Kind.RETRACTED,
        )
        return bool(names - {(row.vendor_system, row.vendor_id) for row in retracted})

    def take_back_measurement(
        self, entry: int, retraction: Retraction, matched: MatchedReading | RefusedEntry
    ) -> EntryResult | RefusedEntry:
        """Void a measurement that has no identifier, found by its content; a refusal if no such reading is stored."""
        earlier = SenderStatement.objects.filter(delivery=self.delivery_id, entry=entry, vendor_id="")
        if earlier.exists():
            return EntryResult("taken_back")  # the same entry, processed again
        existing = existing_versions([matched]).get(0) if isinstance(matched, MatchedReading) else None
        if existing is None:
            message = "Nothing like it is kept. Send the identifier of what is taken back, or exactly what was sent."
            return RefusedEntry(retraction.payload, "unreadable", message, retraction.serial[:60])
        self._store_statement(
            SenderStatement.Kind.RETRACTED,
            ("", ""),
            self.rank_of(retraction.issued, entry),
            of=existing.reading_key,
            applied_at=self.now,
        )
        if existing.by_person:
            return EntryResult("taken_back", STAYS_VOIDED)
        lock_standings(self.practice_id, [existing.enrollment_id])
        self._void_version(existing, RETRACTED)
        return EntryResult("taken_back")

    def is_taken_back(self, entry: int, refused: RefusedEntry) -> bool:
        """Whether an unmatched entry was retracted; it is then not stored as unmatched."""
        rank = self.rank_of(refused.issued, entry)
        known = self.known.get(refused.name)
        for stored in known.retractions if known is not None else ():
            if stored.covers(rank) and (refused.measured_at is None or stored.applies_to({refused.measured_at})):
                self._mark_applied(stored)
                return True
        return False
