"""Versions and retractions of the readings a sender named: their order, and which one is in force. No database access.

A reading's identity is its sender, the system of its identifier and the value. Its versions form a line: rows of the
same identity that replaced each other. Of two versions the later one is in force:

1. by `issued`, if both have it;
2. else a status amended or corrected has priority over final, in any order of arrival;
3. else by arrival: the order of the bodies and of the entries in a body, also if a body is processed late.

A retraction is compared with readings by `issued`, else by arrival; one that arrived before its reading waits for the
first that arrives. The same identity with another moment, device or patient is a new line, unless its status is
amended. A reading that a person of the practice voided stays voided, whatever the sender sends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from monitoring.models import SenderStatement, UnmatchedReading
from monitoring.models.reading_keys import ReadingKey

Name = tuple[str, str]
Key = tuple[int, str, datetime, int]
AMENDED, RETRACTED = "Amended by the sender", "Entered in error, as the sender says"
SUPERSEDED = "An older version, arrived after the one that replaced it"
STAYS_VOIDED = "The practice voided this reading; it stays voided."
BOTH_KEPT = "The identifier names another reading as well; both are kept and the practice is asked to look."
OLDER = "A later version is kept; this one does not replace it."
_WAITING_REASONS = {
    UnmatchedReading.Reason.UNKNOWN_DEVICE,
    UnmatchedReading.Reason.NOT_ASSIGNED,
    UnmatchedReading.Reason.WHOSE,
    UnmatchedReading.Reason.VOIDED_HERE,
}
TAKEN_BACK_BEFORE = "It was taken back before it arrived; it is kept as voided."


@dataclass(frozen=True, slots=True)
class EntryResult:
    """The result of one entry: new, known, unmatched, heard or taken_back, with a sentence if there is more to report.

    `reason` is the reason of an unmatched entry.
    """

    result: str
    message: str = ""
    reason: str = ""

    @property
    def answer(self) -> str:
        """The result as the sender reads it.

        An unmatched entry is `waiting` if the practice can match it as it was sent, else `refused`.
        """
        if self.result != "unmatched":
            return self.result
        return "waiting" if self.reason in _WAITING_REASONS else "refused"


@dataclass(frozen=True, slots=True)
class Rank:
    """The position of a version or retraction among those the sender sent for the same reading."""

    issued: datetime | None
    amended: bool
    arrival: tuple[int, int]

    def supersedes(self, other: "Rank") -> bool:
        """Whether this version replaces the other."""
        if self.issued is not None and other.issued is not None and self.issued != other.issued:
            return self.issued > other.issued
        if self.amended != other.amended:
            return self.amended
        return self.arrival > other.arrival

    def after_retraction(self, other: "Rank") -> bool:
        """Whether this version came after a retraction; at the same `issued` the retraction has priority."""
        if self.issued is not None and other.issued is not None:
            return self.issued > other.issued
        return self.arrival > other.arrival


@dataclass(slots=True)
class Version:
    """A stored row of a line."""

    pk: int
    root: ReadingKey
    enrollment_id: int
    device_id: int
    metric: str
    measured_at: datetime
    local_day: date
    content: tuple[object, ...]
    rank: Rank
    voided: bool
    by_person: bool

    @property
    def reading_key(self) -> ReadingKey:
        """The key of this row for a foreign key."""
        return self.pk, self.measured_at

    @property
    def key(self) -> Key:
        """What was measured with which device, when, and for which enrollment."""
        return self.device_id, self.metric, self.measured_at, self.enrollment_id


@dataclass(slots=True)
class Line:
    """The versions of one reading, in the order they were stored."""

    versions: list[Version]
    confirmed: list[Rank] = field(default_factory=list)

    @property
    def head(self) -> Version | None:
        """The version in force; None if the reading is voided."""
        return next((row for row in self.versions if not row.voided), None)

    @property
    def root(self) -> ReadingKey:
        """The key of the first version."""
        return self.versions[0].root

    @property
    def closed(self) -> bool:
        """Whether a person of the practice voided it."""
        return any(row.by_person for row in self.versions)

    @property
    def rank(self) -> Rank:
        """The rank of the latest version or confirmation."""
        head = self.head
        ranks = [*([head.rank] if head else [row.rank for row in self.versions]), *self.confirmed]
        latest = ranks[0]
        for rank in ranks[1:]:
            if rank.supersedes(latest):
                latest = rank
        return latest

    def has(self, key: Key) -> bool:
        """Whether one of the versions has this key."""
        return any(row.key == key for row in self.versions)

    def has_content(self, content: tuple[object, ...]) -> bool:
        """Whether one of the versions has the same moment and values."""
        return any(row.content == content for row in self.versions)


@dataclass(slots=True)
class StoredRetraction:
    """A stored retraction, applied or waiting for its reading."""

    rank: Rank
    measured_at: datetime | None
    applied: bool
    row: SenderStatement

    def applies_to(self, moments: Iterable[datetime]) -> bool:
        """Whether it applies to a reading with one of these moments."""
        return self.measured_at is None or self.measured_at in moments

    def covers(self, rank: Rank) -> bool:
        """Whether it retracts a version that is not stored yet: an earlier one, or the first one that it waits for."""
        both_issued = rank.issued is not None and self.rank.issued is not None
        return not rank.after_retraction(self.rank) or (not both_issued and not self.applied)


@dataclass(slots=True)
class KnownReadings:
    """What is stored of one identity."""

    lines: list[Line] = field(default_factory=list)
    retractions: list[StoredRetraction] = field(default_factory=list)


def content_of(
    device_id: int, metric: str, at: datetime, values: Sequence[Decimal], bounds: str, kind: str
) -> tuple[object, ...]:
    """The content by which two versions are the same."""
    return device_id, metric, at, *values, bounds, kind


def lines_of(versions: Sequence[Version]) -> list[Line]:
    """The lines that the versions form, each beginning with its first version."""
    by_root: dict[ReadingKey, Line] = {}
    for row in sorted(versions, key=lambda version: version.pk):
        by_root.setdefault(row.root, Line([])).versions.append(row)
    return list(by_root.values())
