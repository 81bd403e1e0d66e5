"""Storing of versions of readings and statements of their senders, with the day counts and last readings."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from django.db import connection

from monitoring.ingest import RefusedEntry
from monitoring.models import Reading, SenderStatement, VendorReading
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.sender_lines import (
    AMENDED,
    KnownReadings,
    Line,
    Name,
    Rank,
    StoredRetraction,
    Version,
    content_of,
)
from monitoring.readings.sender_queries import look_up
from monitoring.readings.store import COLUMNS, MatchedReading, lock_standings, refresh_last
from monitoring.readings.void import recount_days


def content_of_match(matched: MatchedReading) -> tuple[object, ...]:
    """The content by which a matched measurement is the same as a stored version."""
    m = matched.measured
    return content_of(matched.holder.device_id, m.metric, m.measured_at, matched.values, matched.bounds, m.source_kind)


class VersionStore:
    """Versions and statements of one sender's body, in the transaction that stores it.

    `fresh` are the new readings in force by the entry's position in the body; `to_review` is shown to a person.
    """

    def __init__(self, practice_id: int, sender_id: int, delivery_id: int, *, now: datetime, received_at: datetime):
        self.practice_id, self.sender_id, self.delivery_id = practice_id, sender_id, delivery_id
        self.now, self.received_at = now, received_at
        self.known: dict[Name, KnownReadings] = {}
        self.fresh: dict[int, int] = {}
        self.to_review: list[RefusedEntry] = []
        self._touched: set[tuple[int, int, date]] = set()

    def load(self, names: Iterable[Name]) -> None:
        """Look up these identities and lock their patients' standings. The caller has locked the sender."""
        names = list(names)
        self.known = look_up(self.practice_id, self.sender_id, names)
        others = {row.enrollment_id for known in self.known.values() for line in known.lines for row in line.versions}
        if others:
            lock_standings(self.practice_id, others)
            self.known = look_up(self.practice_id, self.sender_id, names)

    def rank_of(self, issued: datetime | None, entry: int, *, amended: bool = False) -> Rank:
        """The rank of an entry of this body."""
        return Rank(issued, amended, (self.delivery_id, entry))

    def finish(self) -> None:
        """Update the day counts and last readings of the changed readings."""
        if self._touched:
            recount_days(self.practice_id, self._touched, now=self.now)
            refresh_last({key[0] for key in self._touched})

    def note_other_names(self, pairs: Sequence[tuple[MatchedReading, Version]]) -> None:
        """Store further identifiers of readings that are stored under another identifier, or without one."""
        rows = [
            VendorReading(
                practice_id=self.practice_id,
                sender_id=self.sender_id,
                vendor_system=matched.measured.vendor_system,
                vendor_id=matched.measured.vendor_id,
                reading_id=row.pk,
                reading_measured_at=row.measured_at,
                delivery_id=self.delivery_id,
                entry=matched.entry,
            )
            for matched, row in pairs
            if matched.measured.vendor_id
        ]
        if rows:
            VendorReading.objects.bulk_create(rows, ignore_conflicts=True)

    def _name_version(self, reading: ReadingKey, name: Name, *, follows: Version | None) -> None:
        """Give a new version the first identifier of the previous version, or else the one it was sent with."""
        first = None
        if follows is not None:
            names = VendorReading.objects.filter(practice=self.practice_id, reading=follows.pk)
            first = names.order_by("pk").values_list("sender_id", "vendor_system", "vendor_id").first()
        sender_id, system, value = first or (self.sender_id, *name)
        if value:
            VendorReading.objects.create(
                practice_id=self.practice_id,
                sender_id=sender_id,
                vendor_system=system,
                vendor_id=value,
                reading_id=reading[0],
                reading_measured_at=reading[1],
            )

    def add_pulse(self, at: int, matched: MatchedReading, row: Version) -> None:
        """Store the same measurement with the pulse that the first one did not have, as a new version."""
        self._void_version(row, AMENDED)
        rank = self.rank_of(matched.measured.issued, matched.entry, amended=matched.measured.amended)
        version = self._insert(matched, rank, root=row.root, follows=row, corrects=row.reading_key)
        if version is not None:
            self.fresh[at] = version.pk

    def _store_statement(
        self, kind: str, name: Name, rank: Rank, *, of: ReadingKey | None = None, **fields: object
    ) -> SenderStatement:
        """Store what the sender sent about a reading; `of` is that reading, if one is known."""
        reading_id, measured_at = of or (None, None)
        return SenderStatement.objects.create(
            practice_id=self.practice_id,
            sender_id=self.sender_id,
            vendor_system=name[0],
            vendor_id=name[1],
            kind=kind,
            issued_at=rank.issued,
            amended=rank.amended,
            delivery_id=rank.arrival[0],
            entry=rank.arrival[1],
            made_at=self.now,
            reading_id=reading_id,
            reading_measured_at=measured_at,
            **fields,
        )

    def _mark_applied(self, retraction: StoredRetraction) -> None:
        if not retraction.applied:
            retraction.applied, retraction.row.applied_at = True, self.now
            retraction.row.save(update_fields=["applied_at"])

    def _void_version(self, row: Version, reason: str) -> None:
        pk, measured_at = row.reading_key
        rows = Reading.objects.filter(pk=pk, measured_at=measured_at, voided_at__isnull=True)
        rows.update(voided_at=self.now, void_reason=reason)
        row.voided = True
        self._touched.add((row.enrollment_id, row.device_id, row.local_day))

    def _insert_voided(self, matched: MatchedReading, rank: Rank, reason: str, *, line: Line | None = None) -> Version:
        """Insert a version that was never in force, so that it can be seen."""
        root, follows = (line.root, line.versions[0]) if line else (None, None)
        version = self._insert(matched, rank, root=root, follows=follows, void=reason)
        if version is None:
            raise RuntimeError("a voided version cannot meet another")  # voided rows are in no unique constraint
        return version

    def _insert(
        self,
        matched: MatchedReading,
        rank: Rank,
        *,
        root: ReadingKey | None = None,
        follows: Version | None = None,
        corrects: ReadingKey | None = None,
        void: str = "",
    ) -> Version | None:
        """Insert a version in force, or one that is voided from the start; None if the same is stored already.

        `follows` is the version whose identifier it takes.

        Raw: the ORM returns no key of a row that may exist already.
        """
        # A version that replaces another is in force from now on, so that at no moment both are known.
        received_at = self.now if root is not None and not void else self.received_at
        row = dict(zip((column.strip() for column in COLUMNS.split(",")), matched.row(), strict=True))
        row |= {
            "practice_id": self.practice_id,
            "delivery_id": self.delivery_id,
            "received_at": received_at,
            "voided_at": received_at if void else None,
            "void_reason": void or None,
        }
        for reference, key in (("corrects", corrects), ("version_of", root)):
            row[f"{reference}_id"], row[f"{reference}_measured_at"] = key or (None, None)
        columns = ", ".join(row)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO monitoring_reading ({columns}) VALUES ({', '.join(['%s'] * len(row))}) "  # noqa: S608
                "ON CONFLICT DO NOTHING RETURNING id",
                list(row.values()),
            )
            inserted = cursor.fetchone()
        if inserted is None:
            return None
        h, m = matched.holder, matched.measured
        self._name_version((inserted[0], m.measured_at), m.name, follows=follows)
        if not void:
            self._touched.add((h.enrollment_id, h.device_id, matched.local_day))
        return Version(
            inserted[0],
            root or (inserted[0], m.measured_at),
            h.enrollment_id,
            h.device_id,
            m.metric,
            m.measured_at,
            matched.local_day,
            content_of_match(matched),
            rank,
            bool(void),
            by_person=False,
        )
