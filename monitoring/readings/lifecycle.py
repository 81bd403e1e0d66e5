"""Retractions, and the keeper of one body's words on readings that their sender named."""

from datetime import datetime

from monitoring.ingest import RefusedEntry, Retracted
from monitoring.models import SenderStatement, UnmatchedReading, VendorReading
from monitoring.readings.amendments import Amendments
from monitoring.readings.sender_lines import (
    RETRACTED,
    STAYS_VOIDED,
    EntryResult,
    Known,
    Line,
    Name,
    Version,
    Withdrawal,
)
from monitoring.readings.sender_queries import sources_of, twins
from monitoring.readings.store import MatchedReading, hold

# Reasons for which a person looks at a reading that is kept, or that the practice voided: it waits for no place.
NOT_WAITING = (UnmatchedReading.Reason.SAME_NAME, UnmatchedReading.Reason.VOIDED_HERE)


def _concerns(said: Retracted, row: UnmatchedReading) -> bool:
    """Whether a retraction speaks of a reading that waits: not of another moment, nor of a version issued later."""
    measured_at = row.payload.get("measured_at") if isinstance(row.payload, dict) else None
    if said.measured_at is not None and isinstance(measured_at, str):
        try:
            if datetime.fromisoformat(measured_at) != said.measured_at:
                return False
        except (TypeError, ValueError):
            return True
    return said.issued is None or row.issued_at is None or row.issued_at <= said.issued


class Keeper(Amendments):
    """Keeps the words of one body on readings that are known by name, one after the other."""

    def take_back(self, entry: int, said: Retracted) -> EntryResult:
        """Void what the sender takes back, or remember its word for a reading that is not here yet."""
        known = self.known.setdefault(said.name, Known())
        rank = self.rank_of(said.issued, entry)
        if any(each.rank.arrival == rank.arrival for each in known.withdrawals):
            return EntryResult("taken_back")  # this very entry, worked through once more
        lines = self._lines_of(known, said)
        waiting = self._waiting(said)
        row = self._state(
            SenderStatement.Kind.RETRACTED, said.name, rank, measured_at=said.measured_at,
            applied_at=self.now if lines or waiting else None,
        )  # fmt: skip
        known.withdrawals.append(Withdrawal(rank, said.measured_at, row.applied_at is not None, row))
        if not lines:
            return EntryResult(
                "taken_back", "" if waiting else "Nothing of this name has arrived yet; this is remembered."
            )
        # Of several readings the latest that the sender had said when it took one back.
        standing = [line for line in lines if line.head is not None and not line.head.rank.after_retraction(rank)]
        if not standing:
            kept = any(line.head is not None for line in lines)
            closed = STAYS_VOIDED if any(line.closed for line in lines) else ""
            return EntryResult("taken_back", "A later version is kept; it stays." if kept else closed)
        told = "The identifier names several readings; the latest is voided. Send effectiveDateTime to say which."
        told = told if len(standing) > 1 else ""
        head = max(standing, key=lambda line: line.rank.arrival).head
        if head is None:
            return EntryResult("taken_back")
        if self._named_otherwise(head, said.name):
            return EntryResult("taken_back", "The same reading was sent under another identifier as well; it stays.")
        self._void(head, RETRACTED)
        return EntryResult("taken_back", told)

    def _lines_of(self, known: Known, said: Retracted) -> list[Line]:
        """The lines that a retraction speaks of: narrowed by moment and measure where they fit."""
        lines = known.lines
        for fits in (
            lambda row: said.measured_at is None or row.measured_at == said.measured_at,
            lambda row: not said.metric or row.metric == said.metric,
        ):
            lines = [line for line in lines if any(fits(row) for row in line.versions)] or lines
        return [line for line in lines if line.head is not None] or lines[-1:]

    def _waiting(self, said: Retracted) -> bool:
        """Whether the reading waits for its place; it waits no longer."""
        rows = UnmatchedReading.objects.filter(
            practice=self.practice_id, vendor_id=said.vendor_id, vendor_system=said.vendor_system,
            delivery__source_id__in=sources_of(self.sender_id),
        ).exclude(reason__in=NOT_WAITING)  # fmt: skip
        found = [row for row in rows if _concerns(said, row)]
        open_rows = [row.pk for row in found if row.resolved_at is None]
        if open_rows:
            UnmatchedReading.objects.filter(pk__in=open_rows).update(
                resolved_at=self.now, resolution=UnmatchedReading.Resolution.TAKEN_BACK
            )
        return bool(found)

    def _named_otherwise(self, head: Version, name: Name) -> bool:
        """Whether the sender still tells the reading under another name."""
        rows = VendorReading.objects.filter(practice=self.practice_id, reading=head.pk)
        names = set(rows.values_list("vendor_system", "vendor_id")) - {name}
        if not names:
            return False
        gone = SenderStatement.objects.filter(
            practice=self.practice_id, sender=self.sender_id, vendor_id__in=[value for _, value in names],
            kind=SenderStatement.Kind.RETRACTED,
        )  # fmt: skip
        return bool(names - {(row.vendor_system, row.vendor_id) for row in gone})

    def take_back_measurement(
        self, entry: int, said: Retracted, placed: MatchedReading | RefusedEntry
    ) -> EntryResult | RefusedEntry:
        """Void a measurement that has no identifier, by all that it tells; a refusal where nothing is like it."""
        done = SenderStatement.objects.filter(delivery=self.delivery_id, entry=entry, vendor_id="")
        if done.exists():
            return EntryResult("taken_back")  # this very entry, worked through once more
        standing = twins([placed]).get(0) if isinstance(placed, MatchedReading) else None
        if standing is None:
            text = "Nothing like it is kept. Send the identifier of what is taken back, or exactly what was sent."
            return RefusedEntry(said.payload, "unreadable", text, said.serial[:60])
        self._state(
            SenderStatement.Kind.RETRACTED, ("", ""), self.rank_of(said.issued, entry),
            of=standing.reading_key, applied_at=self.now,
        )  # fmt: skip
        if standing.by_person:
            return EntryResult("taken_back", STAYS_VOIDED)
        hold(self.practice_id, [standing.enrollment_id])
        self._void(standing, RETRACTED)
        return EntryResult("taken_back")

    def is_taken_back(self, entry: int, waits: RefusedEntry) -> bool:
        """Whether a reading without a place was taken back: then it waits for none."""
        rank = self.rank_of(waits.issued, entry)
        known = self.known.get(waits.name)
        for each in known.withdrawals if known is not None else ():
            if each.covers(rank) and (waits.measured_at is None or each.concerns({waits.measured_at})):
                self._apply(each)
                return True
        return False
