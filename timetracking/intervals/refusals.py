"""Refusals of the time record: their exceptions, and the sentences for constraints that the database enforces."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, transaction
from psycopg import errors

from rpm_portal.core.refusals import Refused
from timetracking.intervals import one_program
from timetracking.models import Call, TimeEntry, Visit

CLOSED = "That month is locked. Time and calls can no longer be added or changed. Ask the practice manager."
ONE_PROGRAM = (
    "Not saved. Another person has time for another program of this patient in these minutes, or a running timer. A "
    "minute counts for one program: choose other minutes, or wait until that timer is stopped."
)


class TimeRefused(Refused):
    """A refused change of the time record; the message is for the user and contains what to do.

    `not_billable` is True if the enrollment is the reason: non-billable time could be recorded.
    """

    def __init__(self, message: str, *, not_billable: bool = False) -> None:
        super().__init__(message)
        self.not_billable = not_billable


class AwayRefused(TimeRefused):
    """A timer that is not stopped because its last heartbeat is too old; its owner decides about the time since."""

    def __init__(self, entry: TimeEntry) -> None:
        super().__init__("Timer not stopped: no activity for more than 200 seconds. Keep or discard that time.")
        self.entry = entry


def _refusal_of(error: IntegrityError) -> TimeRefused:
    """The sentence for a constraint that the database enforced."""
    cause = error.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", "") or ""
    if name == "timeentry_one_running_for_each_person":
        return TimeRefused("A timer of yours is running already. Stop it first.")
    if name == "timeentry_no_overlap_for_a_person":
        return TimeRefused("This time overlaps another entry for the same person. Choose a different time.")
    if name == one_program.CONSTRAINT:
        return TimeRefused(ONE_PROGRAM)
    if name == "timeentry_stops_after_it_starts":
        return TimeRefused("The end must come after the start.")
    return TimeRefused("This entry could not be kept. Reload the page and look at the day before you try again.")


@contextmanager
def translate_refusals(closed: str = CLOSED, *, savepoint: bool = True) -> Iterator[None]:
    """Turn database errors of the block into TimeRefused with a sentence; the transaction stays usable.

    Without `savepoint` the caller's atomic block is rolled back; this saves two statements on frequent requests.
    """
    try:
        with transaction.atomic(savepoint=savepoint):
            yield
    except IntegrityError as error:
        raise _refusal_of(error) from None
    except DatabaseError as error:
        if isinstance(error.__cause__, errors.RaiseException) and "locked" in str(error.__cause__):
            raise TimeRefused(closed) from None
        raise


def insert_row(row: TimeEntry | Call | Visit) -> None:
    """Insert a row. Raises TimeRefused if the database refuses it."""
    with translate_refusals():
        row.save(force_insert=True)
