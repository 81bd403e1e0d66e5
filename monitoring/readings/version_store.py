"""Writing versions of readings and statements of their senders, with days and last readings behind them."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection

from monitoring.ingest import RefusedEntry
from monitoring.models import SenderStatement, VendorReading
from monitoring.models.reading_keys import ReadingKey
from monitoring.readings.sender_lines import (
    AMENDED,
    Known,
    Line,
    Name,
    Rank,
    Version,
    Withdrawal,
    content_of,
)
from monitoring.readings.sender_queries import look_up
from monitoring.readings.store import COLUMNS, MatchedReading, hold, refresh_last
from monitoring.readings.void import recount_days


def content_of_placed(placed: MatchedReading) -> tuple[Any, ...]:
    """What makes a placed measurement the same as a kept version."""
    m = placed.measured
    return content_of(placed.holder.device_id, m.metric, m.measured_at, placed.values, placed.bounds, m.source_kind)


class VersionStore:
    """Versions and statements of one sender's body, in the transaction that keeps it.

    `fresh` are the new readings in force by the entry's place in the body; `to_look_at` goes to a person.
    """

    def __init__(self, practice_id: int, sender_id: int, delivery_id: int, *, now: datetime, received_at: datetime):
        self.practice_id, self.sender_id, self.delivery_id = practice_id, sender_id, delivery_id
        self.now, self.received_at = now, received_at
        self.known: dict[Name, Known] = {}
        self.fresh: dict[int, int] = {}
        self.to_look_at: list[RefusedEntry] = []
        self._touched: set[tuple[int, int, date]] = set()

    def load(self, names: Iterable[Name]) -> None:
        """Read what is kept of these identities, and hold the patients it concerns. The caller holds the sender."""
        names = list(names)
        self.known = look_up(self.practice_id, self.sender_id, names)
        others = {row.enrollment_id for known in self.known.values() for line in known.lines for row in line.versions}
        if others:
            hold(self.practice_id, others)
            self.known = look_up(self.practice_id, self.sender_id, names)

    def rank_of(self, issued: datetime | None, entry: int, *, amended: bool = False) -> Rank:
        """Of a word in this body."""
        return Rank(issued, amended, (self.delivery_id, entry))

    def finish(self) -> None:
        """Let days and last readings follow what was kept."""
        if self._touched:
            recount_days(self.practice_id, self._touched, now=self.now)
            refresh_last({key[0] for key in self._touched})

    def note_other_names(self, pairs: Sequence[tuple[MatchedReading, Version]]) -> None:
        """Remember further names of readings that are kept under a first name, or without one."""
        rows = [
            VendorReading(
                practice_id=self.practice_id, sender_id=self.sender_id, vendor_system=placed.measured.vendor_system,
                vendor_id=placed.measured.vendor_id, reading_id=row.pk, reading_measured_at=row.measured_at,
                delivery_id=self.delivery_id, entry=placed.entry,
            )
            for placed, row in pairs
            if placed.measured.vendor_id
        ]  # fmt: skip
        if rows:
            VendorReading.objects.bulk_create(rows, ignore_conflicts=True)

    def _name(self, made: ReadingKey, name: Name, *, follows: Version | None) -> None:
        """Name a new version as the one before it was named first, or else as its sender named it now."""
        first = None
        if follows is not None:
            names = VendorReading.objects.filter(practice=self.practice_id, reading=follows.pk)
            first = names.order_by("pk").values_list("sender_id", "vendor_system", "vendor_id").first()
        sender_id, system, value = first or (self.sender_id, *name)
        if value:
            VendorReading.objects.create(
                practice_id=self.practice_id, sender_id=sender_id, vendor_system=system, vendor_id=value,
                reading_id=made[0], reading_measured_at=made[1],
            )  # fmt: skip

    def add_pulse(self, at: int, placed: MatchedReading, row: Version) -> None:
        """The same measurement with what the first did not tell: a new version."""
        self._void(row, AMENDED)
        rank = self.rank_of(placed.measured.issued, placed.entry, amended=placed.measured.amended)
        made = self._insert(placed, rank, root=row.root, follows=row, corrects=row.reading_key)
        if made is not None:
            self.fresh[at] = made.pk

    def _state(
        self, kind: str, name: Name, rank: Rank, *, of: ReadingKey | None = None, **more: Any
    ) -> SenderStatement:
        """Keep what the sender said; `of` is the reading that it is about, where one is known."""
        reading_id, measured_at = of or (None, None)
        return SenderStatement.objects.create(
            practice_id=self.practice_id, sender_id=self.sender_id, vendor_system=name[0], vendor_id=name[1], kind=kind,
            issued_at=rank.issued, amended=rank.amended, delivery_id=rank.arrival[0], entry=rank.arrival[1],
            made_at=self.now, reading_id=reading_id, reading_measured_at=measured_at, **more,
        )  # fmt: skip

    def _apply(self, each: Withdrawal) -> None:
        if not each.applied:
            each.applied, each.row.applied_at = True, self.now
            each.row.save(update_fields=["applied_at"])

    def _void(self, row: Version, reason: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE monitoring_reading SET voided_at = %s, void_reason = %s "
                "WHERE id = %s AND measured_at = %s AND voided_at IS NULL",
                [self.now, reason, *row.reading_key],
            )
        row.voided = True
        self._touched.add((row.enrollment_id, row.device_id, row.local_day))

    def _insert_voided(self, placed: MatchedReading, rank: Rank, reason: str, *, line: Line | None = None) -> Version:
        """A version that never counted; it is kept to be seen."""
        root, follows = (line.root, line.versions[0]) if line else (None, None)
        made = self._insert(placed, rank, root=root, follows=follows, void=reason)
        if made is None:
            raise RuntimeError("a voided version cannot meet another")  # no constraint holds voided rows
        return made

    def _insert(
        self, placed: MatchedReading, rank: Rank, *, root: ReadingKey | None = None, follows: Version | None = None,
        corrects: ReadingKey | None = None, void: str = "",
    ) -> Version | None:  # fmt: skip
        """A version in force, or one that is voided from the start; None where the same is kept already.

        `follows` is the version whose name it takes.
        """
        # What takes the place of another counts from now on, so that no moment ever knew both.
        received_at = self.now if root is not None and not void else self.received_at
        row = dict(zip((column.strip() for column in COLUMNS.split(",")), placed.row(), strict=True))
        row |= {"practice_id": self.practice_id, "delivery_id": self.delivery_id, "received_at": received_at,
                "voided_at": received_at if void else None, "void_reason": void or None}  # fmt: skip
        for reference, key in (("corrects", corrects), ("version_of", root)):
            row[f"{reference}_id"], row[f"{reference}_measured_at"] = key or (None, None)
        columns = ", ".join(row)
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO monitoring_reading ({columns}) VALUES ({', '.join(['%s'] * len(row))}) "  # noqa: S608
                "ON CONFLICT DO NOTHING RETURNING id",
                list(row.values()),
            )
            made = cursor.fetchone()
        if made is None:
            return None
        h, m = placed.holder, placed.measured
        self._name((made[0], m.measured_at), m.name, follows=follows)
        if not void:
            self._touched.add((h.enrollment_id, h.device_id, placed.local_day))
        return Version(
            made[0], root or (made[0], m.measured_at), h.enrollment_id, h.device_id, m.metric,
            m.measured_at, placed.local_day, content_of_placed(placed), rank, bool(void), by_person=False,
        )  # fmt: skip
