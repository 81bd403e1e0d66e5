"""What a sender said of one reading: its versions in a line, their order, and retractions. Pure.

A reading's identity is its sender, the system of its identifier and the value. Its versions form a line: rows of the
same identity that replaced each other. Of two words of the sender the later one counts:

1. by `issued`, where both have it;
2. else a status amended or corrected counts more than final, whatever came first;
3. else by arrival: the order of the bodies and of the entries in a body, also where a body is worked through late.

A retraction is held against readings by `issued`, else by arrival; one that arrived before its reading waits for the
first that comes. The same identity with another moment, device or patient is a new line, unless its status says
amended. What a person of the practice voided stays voided, whatever the sender says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from monitoring.models import SenderStatement
from monitoring.models.reading_keys import ReadingKey

Name = tuple[str, str]
Key = tuple[int, str, datetime, int]
AMENDED, RETRACTED = "Amended by the sender", "Entered in error, as the sender says"
SUPERSEDED = "An older version, arrived after the one that replaced it"
STAYS_VOIDED = "The practice voided this reading; it stays voided."
BOTH_KEPT = "The identifier names another reading as well; both are kept and the practice is asked to look."
OLDER = "A later version is kept; this one does not replace it."
TAKEN_BACK_BEFORE = "It was taken back before it arrived; it is kept as voided."


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of one entry: new, known, unmatched or taken_back, with a sentence where there is more to say."""

    result: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Rank:
    """Where a word of the sender stands among its words on the same reading."""

    issued: datetime | None
    amended: bool
    arrival: tuple[int, int]

    def later_than(self, other: "Rank") -> bool:
        """Whether this word counts against the other."""
        if self.issued is not None and other.issued is not None and self.issued != other.issued:
            return self.issued > other.issued
        if self.amended != other.amended:
            return self.amended
        return self.arrival > other.arrival

    def after_retraction(self, other: "Rank") -> bool:
        """Whether this version came after a retraction; at the same `issued` the retraction counts."""
        if self.issued is not None and other.issued is not None:
            return self.issued > other.issued
        return self.arrival > other.arrival


@dataclass(slots=True)
class Version:
    """A kept row of a line."""

    pk: int
    root: ReadingKey
    enrollment_id: int
    device_id: int
    metric: str
    measured_at: datetime
    local_day: date
    content: tuple[Any, ...]
    rank: Rank
    voided: bool
    by_person: bool

    @property
    def reading_key(self) -> ReadingKey:
        """What a reference to this row holds."""
        return self.pk, self.measured_at

    @property
    def key(self) -> Key:
        """What was measured where and when, for whom."""
        return self.device_id, self.metric, self.measured_at, self.enrollment_id


@dataclass(slots=True)
class Line:
    """The versions of one reading, the first to the last that was kept."""

    versions: list[Version]
    confirmed: list[Rank] = field(default_factory=list)

    @property
    def head(self) -> Version | None:
        """The version in force; None where the reading is voided."""
        return next((row for row in self.versions if not row.voided), None)

    @property
    def root(self) -> ReadingKey:
        """The first version's row."""
        return self.versions[0].root

    @property
    def closed(self) -> bool:
        """Whether a person of the practice voided it."""
        return any(row.by_person for row in self.versions)

    @property
    def rank(self) -> Rank:
        """Of the last word that counts."""
        head = self.head
        ranks = [*([head.rank] if head else [row.rank for row in self.versions]), *self.confirmed]
        last = ranks[0]
        for rank in ranks[1:]:
            if rank.later_than(last):
                last = rank
        return last

    def has(self, key: Key) -> bool:
        """Whether a version of it was measured there and then."""
        return any(row.key == key for row in self.versions)

    def holds(self, content: tuple[Any, ...]) -> bool:
        """Whether the same moment and values are among its versions."""
        return any(row.content == content for row in self.versions)


@dataclass(slots=True)
class Withdrawal:
    """A retraction that was kept, applied or waiting for its reading."""

    rank: Rank
    measured_at: datetime | None
    applied: bool
    row: SenderStatement

    def concerns(self, moments: Iterable[datetime]) -> bool:
        """Whether it speaks of a reading with one of these moments."""
        return self.measured_at is None or self.measured_at in moments

    def covers(self, rank: Rank) -> bool:
        """Whether it takes back a version that is not kept yet: an earlier one, or the first that it waits for."""
        both = rank.issued is not None and self.rank.issued is not None
        return not rank.after_retraction(self.rank) or (not both and not self.applied)


@dataclass(slots=True)
class Known:
    """What is kept of one identity."""

    lines: list[Line] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)


def content_of(
    device_id: int, metric: str, at: datetime, values: Sequence[Decimal], bounds: str, kind: str
) -> tuple[Any, ...]:
    """What makes two versions the same."""
    return device_id, metric, at, *values, bounds, kind


def lines_of(versions: Sequence[Version]) -> list[Line]:
    """The lines that versions form, each from its first version on."""
    by_root: dict[ReadingKey, Line] = {}
    for row in sorted(versions, key=lambda version: version.pk):
        by_root.setdefault(row.root, Line([])).versions.append(row)
    return list(by_root.values())
