"""The lock of a practice's postings: answers, deliveries and withdrawals happen one after another."""

from django.db.models import Func, TextField, Value
from django.db.models.functions import Cast

from rpm_portal.accounts.models import Practice

# First keys of the advisory locks ("po", "nu", "wo"); the second is the practice.
_POSTING, _NUMBERS, _WORK = 0x706F, 0x6E75, 0x776F


def lock_posting(practice_id: int) -> None:
    """Wait for other postings of the practice; until the end of the transaction. One statement."""
    _lock(_POSTING, practice_id)


def lock_numbers(practice_id: int) -> None:
    """Wait for others that take a number of the practice's files; until the end of the transaction. One statement."""
    _lock(_NUMBERS, practice_id)


def lock_work(practice_id: int) -> None:
    """Wait for others that bring the practice's work up to date; until the end of the transaction. One statement."""
    _lock(_WORK, practice_id)


def _lock(name: int, practice_id: int) -> None:
    lock = Func(Value(name), Value(practice_id), function="pg_advisory_xact_lock", output_field=TextField())
    # Cast to text, so that the driver can read its result.
    Practice.objects.filter(pk=practice_id).values_list(Cast(lock, TextField())).get()
