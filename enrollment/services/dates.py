"""Checks of backdated entries: how far back, with which reason, and never in a locked month."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from psycopg import errors

from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import local_day

# The product's own limit, not a payer's: people remember a month, not a quarter.
BACKDATE_LIMIT = timedelta(days=30)


def check_backdating(day: date, *, field: str, because: str, practice: Practice, now: datetime) -> str:
    """The reason to store with a backdated entry; empty for today. Raises ValidationError naming the field.

    It is raised for a day in the future, for one more than 30 days back, and for a past day without a reason.
    """
    today = local_day(now, practice.zone)
    if day > today:
        raise ValidationError({field: "This day is in the future. Enter it once it has come."})
    if day < today - BACKDATE_LIMIT:
        first = today - BACKDATE_LIMIT
        raise ValidationError(
            {field: f"Nothing is entered more than 30 days afterwards; the earliest day is {first:%Y-%m-%d}."}
        )
    if day < today and not because.strip():
        raise ValidationError({field: "This day has passed. Say why it is entered afterwards."})
    return because.strip()[:200] if day < today else ""


@contextmanager
def translate_lock_error(field: str) -> Iterator[None]:
    """Convert the database's error for a locked month into a ValidationError on the field."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if isinstance(error.__cause__, errors.RaiseException) and "locked" in str(error.__cause__):
            raise ValidationError(
                {field: "That month is closed and billed. Choose a day after it; the manager sees late facts."}
            ) from None
        raise
