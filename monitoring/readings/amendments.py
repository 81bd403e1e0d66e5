"""Measurements of a reading that is known by name: its next version, an older one, or a reading of its own."""

from typing import Any

from monitoring.ingest import RefusedEntry
from monitoring.models import SenderStatement
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
    Known,
    Line,
    Rank,
    Version,
)
from monitoring.readings.sender_queries import twins
from monitoring.readings.store import MatchedReading, payload_of
from monitoring.readings.version_store import VersionStore, content_of_placed


def _key(placed: MatchedReading) -> Key:
    return placed.holder.device_id, placed.measured.metric, placed.measured.measured_at, placed.holder.enrollment_id


class Amendments(VersionStore):
    """Keeps the measurements of one body on readings that are known by name, one after the other."""

    def keep(self, at: int, placed: MatchedReading) -> EntryResult:
        """Keep a measurement of a named reading as its new version, an old one, or a reading of its own."""
        m = placed.measured
        known = self.known.setdefault(m.name, Known())
        rank = self.rank_of(m.issued, placed.entry, amended=m.amended)
        line = self._line_for(known, placed, rank)
        if line is None:
            return self._new_line(known, at, placed, rank)
        if any(row.rank.arrival == rank.arrival for row in line.versions):
            return EntryResult("known")  # this very entry, worked through once more
        content = content_of_placed(placed)
        if line.closed:
            return self._after_a_person(line, placed, rank, content)
        head = line.head
        if head is not None and head.content == content:
            return self._confirm(line, head, placed, rank)
        moments = {row.measured_at for row in line.versions}
        counts = (
            rank.later_than(line.rank)
            if head is not None
            else all(rank.after_retraction(each.rank) for each in known.withdrawals if each.concerns(moments))
        )
        if not counts:
            if not line.holds(content):
                line.versions.append(self._insert_voided(placed, rank, SUPERSEDED, line=line))
            return EntryResult("known", OLDER)
        return self._replace(line, head, at, placed, rank)

    def _line_for(self, known: Known, placed: MatchedReading, rank: Rank) -> Line | None:
        """The line that a measurement belongs to; None where it begins one."""
        key = _key(placed)
        same = [line for line in known.lines if line.has(key)]
        if same:
            return same[-1]
        # Another measure under the same name is another reading, unless it is all there is to amend.
        near = [line for line in known.lines if any(row.metric == key[1] for row in line.versions)]
        if placed.measured.amended:
            lines = near or (known.lines if len(known.lines) == 1 else [])
            return max(lines, key=lambda line: line.rank.arrival, default=None)
        for line in near:
            # The original of an amendment that arrived before it, at the moment that the amendment corrected.
            last = line.rank
            both = rank.issued is not None and last.issued is not None
            earlier = rank.issued < last.issued if both else rank.arrival < last.arrival  # type: ignore[operator]
            if last.amended and earlier and not any(not row.rank.amended for row in line.versions):
                return line
        return None

    def _new_line(self, known: Known, at: int, placed: MatchedReading, rank: Rank) -> EntryResult:
        m = placed.measured
        for each in known.withdrawals:
            if not each.concerns({m.measured_at}):
                continue
            if each.covers(rank):
                self._apply(each)
                known.lines.append(Line([self._insert_voided(placed, rank, RETRACTED)]))
                return EntryResult("taken_back", TAKEN_BACK_BEFORE)
        others = [
            line
            for line in known.lines
            if (line.head is not None or line.closed) and any(row.metric == m.metric for row in line.versions)
        ]
        made = self._insert(placed, rank)
        if made is None:
            return self._stands_already(known, placed)
        known.lines.append(Line([made]))
        self.fresh[at] = made.pk
        if not others:
            return EntryResult("new")
        row = others[-1].versions[-1]
        said = f"It names the reading of {row.measured_at:%Y-%m-%d %H:%M} UTC as well. Void the one that is wrong."
        self.to_look_at.append(RefusedEntry(payload_of(m), "same_name", said, m.serial, m.name))
        return EntryResult("new", BOTH_KEPT)

    def _stands_already(self, known: Known, placed: MatchedReading) -> EntryResult:
        """The same measurement is kept already, without this name."""
        standing = twins([placed]).get(0)
        if standing is None:
            return EntryResult("known")
        if standing.by_person:
            return EntryResult("known", STAYS_VOIDED)
        known.lines.append(Line([standing]))
        self.note_other_names([(placed, standing)])
        return EntryResult("known")

    def _replace(self, line: Line, head: Version | None, at: int, placed: MatchedReading, rank: Rank) -> EntryResult:
        if head is not None:
            self._void(head, AMENDED)
        made = self._insert(
            placed, rank, root=line.root, follows=head or line.versions[0],
            corrects=head.reading_key if head else None,
        )  # fmt: skip
        if made is None:
            return EntryResult("known")
        line.versions.append(made)
        line.confirmed = []
        self.fresh[at] = made.pk
        return EntryResult("new")

    def _confirm(self, line: Line, head: Version, placed: MatchedReading, rank: Rank) -> EntryResult:
        """The values in force, said again: remembered where the sender says that this is later than what it said."""
        last, later = line.rank, rank.issued is not None
        if rank.later_than(last) and (later or rank.amended != last.amended):
            self._state(SenderStatement.Kind.CONFIRMED, placed.measured.name, rank, of=head.reading_key)
            line.confirmed.append(rank)
        return EntryResult("known")

    def _after_a_person(self, line: Line, placed: MatchedReading, rank: Rank, content: tuple[Any, ...]) -> EntryResult:
        if line.holds(content) or not rank.later_than(line.rank):
            return EntryResult("known", STAYS_VOIDED)
        m = placed.measured
        said = "The sender has changed it since. Enter the new values by hand if they are right, or set this aside."
        self.to_look_at.append(RefusedEntry(payload_of(m), "voided_here", said, m.serial, m.name))
        return EntryResult("unmatched", f"{STAYS_VOIDED} The practice is asked to look at the new values.")
