"""The states that a reading had, one after the other, for those who read it as one record with versions.

The rows of one reading are its first row and those whose `version_of` is the first. The record keeps the id of the
first row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from monitoring.models import Reading
from monitoring.readings.sender_lines import AMENDED, SUPERSEDED

FINAL, IS_AMENDED, IN_ERROR = "final", "amended", "entered-in-error"


@dataclass(frozen=True, slots=True)
class ReadingState:
    """One state of a reading: its number from 1, the row with its values, its status, and when it began."""

    number: int
    row: Reading
    status: str
    at: datetime


def with_updated(rows: QuerySet[Reading]) -> QuerySet[Reading]:
    """The rows with `updated`: when the row was stored or, after that, voided."""
    return rows.annotate(updated=Coalesce("voided_at", "stored_at"))


def current_rows(rows: QuerySet[Reading]) -> QuerySet[Reading]:
    """Only the row of each reading that has its latest values: in force, or voided and not replaced."""
    never_counted = Q(void_reason=SUPERSEDED, voided_by__isnull=True)
    later = Reading.objects.filter(
        practice=OuterRef("practice"),
        version_of=Coalesce(OuterRef("version_of"), OuterRef("pk")),
        pk__gt=OuterRef("pk"),
    )
    return rows.exclude(never_counted).exclude(Exists(later.exclude(never_counted)))


def first_row_id(row: Reading) -> int:
    """The id of the reading: that of its first row."""
    return row.version_of_id or row.pk


def states_of(rows: Sequence[Reading]) -> list[ReadingState]:
    """The states of one reading from all of its rows.

    A row that never counted, because it was older when it arrived, is no state.
    """
    states: list[ReadingState] = []

    def add(row: Reading, status: str, at: datetime) -> None:
        """Append a state."""
        states.append(ReadingState(len(states) + 1, row, status, at))

    counted = [row for row in sorted(rows, key=lambda row: row.pk) if row.void_reason != SUPERSEDED or row.voided_by_id]
    for row in counted:
        if row.voided_at is None or row.voided_at != row.received_at:
            add(row, IS_AMENDED if states or row.amended else FINAL, row.stored_at)
        is_replaced = row.void_reason == AMENDED and row is not counted[-1]
        if row.voided_at is not None and not is_replaced:
            add(row, IN_ERROR, row.voided_at)
    return states


def states_by_reading(practice_id: int, rows: Iterable[Reading]) -> dict[int, list[ReadingState]]:
    """The states of the readings that these rows belong to, by the id of the reading. At most one statement.

    A reading with one row that was never voided has one state and needs no statement.
    """
    given = list(rows)
    changed = {first_row_id(row) for row in given if row.version_of_id or row.voided_at is not None}
    by_reading: dict[int, list[Reading]] = {}
    if changed:
        of_changed = Reading.objects.filter(
            Q(pk__in=changed) | Q(version_of__in=changed), practice=practice_id
        ).select_related("enrollment__patient", "device")
        for row in of_changed:
            by_reading.setdefault(first_row_id(row), []).append(row)
    for row in given:
        by_reading.setdefault(first_row_id(row), [row])
    return {key: states_of(versions) for key, versions in by_reading.items()}
