"""Measurements of a reading whose identifier is known: its next version, an older version, or a separate reading."""

from monitoring.ingest import RefusedEntry
from monitoring.models import SenderStatement, UnmatchedReading
from monitoring.readings.sender_lines import (
    AMENDED,
    BOTH_KEPT,
    OLDER,
    RETRACTED,
    STAYS_VOIDED,
    SUPERSEDED,
    TAKEN_BACK_BEFORE,
    EntryResult,
    Key,
    KnownReadings,
    Line,
    Rank,
    Version,
)
from monitoring.readings.sender_queries import existing_versions
from monitoring.readings.store import MatchedReading, payload_of
from monitoring.readings.version_store import VersionStore, content_of_match


def _key_of(matched: MatchedReading) -> Key:
    return matched.holder.device_id, matched.measured.metric, matched.measured.measured_at, matched.holder.enrollment_id


class Amendments(VersionStore):
    """Stores the measurements of one body for readings with known identifiers, one after the other."""

    def add(self, at: int, matched: MatchedReading) -> EntryResult:
        """Store a measurement of a named reading as its new version, an older version, or a separate reading."""
        m = matched.measured
        known = self.known.setdefault(m.name, KnownReadings())
        rank = self.rank_of(m.issued, matched.entry, amended=m.amended)
        line = self._find_line(known, matched, rank)
        if line is None:
            return self._begin_line(known, at, matched, rank)
        if any(row.rank.arrival == rank.arrival for row in line.versions):
            return EntryResult("known")  # the same entry, processed again
        content = content_of_match(matched)
        if line.closed:
            return self._after_practice_void(line, matched, rank, content)
        head = line.head
        if head is not None and head.content == content:
            return self._confirm(line, head, matched, rank)
        moments = {row.measured_at for row in line.versions}
        is_newer = (
            rank.supersedes(line.rank)
            if head is not None
            else all(rank.after_retraction(stored.rank) for stored in known.retractions if stored.applies_to(moments))
        )
        if not is_newer:
            if not line.has_content(content):
                line.versions.append(self._insert_voided(matched, rank, SUPERSEDED, line=line))
            return EntryResult("known", OLDER)
        return self._replace_head(line, head, at, matched, rank)

    def _find_line(self, known: KnownReadings, matched: MatchedReading, rank: Rank) -> Line | None:
        """The line that a measurement belongs to; None if it begins one."""
        key = _key_of(matched)
        same = [line for line in known.lines if line.has(key)]
        if same:
            return same[-1]
        # Another metric under the same identifier is another reading, unless it is the only one that can be amended.
        near = [line for line in known.lines if any(row.metric == key[1] for row in line.versions)]
        if matched.measured.amended:
            lines = near or (known.lines if len(known.lines) == 1 else [])
            return max(lines, key=lambda line: line.rank.arrival, default=None)
        for line in near:
            # The original of an amendment that arrived before it and corrected the moment of measuring.
            last = line.rank
            both_issued = rank.issued is not None and last.issued is not None
            earlier = rank.issued < last.issued if both_issued else rank.arrival < last.arrival  # type: ignore[operator]
            if last.amended and earlier and not any(not row.rank.amended for row in line.versions):
                return line
        return None

    def _begin_line(self, known: KnownReadings, at: int, matched: MatchedReading, rank: Rank) -> EntryResult:
        m = matched.measured
        for stored in known.retractions:
            if not stored.applies_to({m.measured_at}):
                continue
            if stored.covers(rank):
                self._mark_applied(stored)
                known.lines.append(Line([self._insert_voided(matched, rank, RETRACTED)]))
                return EntryResult("taken_back", TAKEN_BACK_BEFORE)
        others = [
            line
            for line in known.lines
            if (line.head is not None or line.closed) and any(row.metric == m.metric for row in line.versions)
        ]
        version = self._insert(matched, rank)
        if version is None:
            return self._use_existing(known, matched)
        known.lines.append(Line([version]))
        self.fresh[at] = version.pk
        if not others:
            return EntryResult("new")
        row = others[-1].versions[-1]
        message = f"It names the reading of {row.measured_at:%Y-%m-%d %H:%M} UTC as well. Void the one that is wrong."
        self.to_review.append(RefusedEntry(payload_of(m), "same_name", message, m.serial, m.name))
        return EntryResult("new", BOTH_KEPT)

    def _use_existing(self, known: KnownReadings, matched: MatchedReading) -> EntryResult:
        """Use a stored reading of the same measurement that does not have this identifier."""
        existing = existing_versions([matched]).get(0)
        if existing is None:
            return EntryResult("known")
        if existing.by_person:
            return EntryResult("known", STAYS_VOIDED)
        known.lines.append(Line([existing]))
        self.note_other_names([(matched, existing)])
        return EntryResult("known")

    def _replace_head(
        self, line: Line, head: Version | None, at: int, matched: MatchedReading, rank: Rank
    ) -> EntryResult:
        if head is not None:
            self._void_version(head, AMENDED)
        version = self._insert(
            matched, rank, root=line.root, follows=head or line.versions[0], corrects=head.reading_key if head else None
        )
        if version is None:
            return EntryResult("known")
        line.versions.append(version)
        line.confirmed = []
        self.fresh[at] = version.pk
        return EntryResult("new")

    def _confirm(self, line: Line, head: Version, matched: MatchedReading, rank: Rank) -> EntryResult:
        """The current values, sent again: recorded if the sender marks this version as later than the one before."""
        last, has_issued = line.rank, rank.issued is not None
        if rank.supersedes(last) and (has_issued or rank.amended != last.amended):
            self._store_statement(SenderStatement.Kind.CONFIRMED, matched.measured.name, rank, of=head.reading_key)
            line.confirmed.append(rank)
        return EntryResult("known")

    def _after_practice_void(
        self, line: Line, matched: MatchedReading, rank: Rank, content: tuple[object, ...]
    ) -> EntryResult:
        if line.has_content(content) or not rank.supersedes(line.rank):
            return EntryResult("known", STAYS_VOIDED)
        m = matched.measured
        message = "The sender has changed it since. Enter the new values by hand if they are right, or set this aside."
        self.to_review.append(RefusedEntry(payload_of(m), "voided_here", message, m.serial, m.name))
        message = f"{STAYS_VOIDED} The practice is asked to look at the new values."
        return EntryResult("unmatched", message, UnmatchedReading.Reason.VOIDED_HERE)
