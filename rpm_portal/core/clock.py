"""The database's clock: the only clock of time entries, calls, day signatures and month locks.

Several web servers and workers have clocks of their own, which differ by more than the second that a timer counts.
Everything else gets the current time as an argument from the view or task that reads `timezone.now()`.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func
from django.utils import timezone

log = logging.getLogger(__name__)
MAX_DIFFERENCE = timedelta(seconds=2)  # between this server's clock and the database's; beyond it, an alarm
_LONGEST_READ = timedelta(seconds=1)  # a slower read of the clock measures nothing
_difference = timedelta()  # as this process measured it last


def clock_sql() -> tuple[str, list[datetime]]:
    """The SQL of the current time and its parameters. Tests replace it with their own clock."""
    return "clock_timestamp()", []


def database_now() -> datetime:
    """The database's current time, with its zone; it advances within a transaction. One statement."""
    sql, params = clock_sql()
    before = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        now: datetime = cursor.fetchone()[0]
    after = timezone.now()
    if after - before < _LONGEST_READ:
        _keep_difference(now - (before + (after - before) / 2))
    return now


def _keep_difference(measured: timedelta) -> None:
    global _difference
    if abs(measured) > MAX_DIFFERENCE >= abs(_difference):
        log.error("this server's clock and the database's differ by %.1f s", measured.total_seconds())
    _difference = measured


def clock_difference() -> timedelta:
    """The database's clock minus this server's, as this process measured it last. No statement."""
    return _difference


def clocks_differ() -> bool:
    """Whether the two clocks differed by more than MAX_DIFFERENCE at the last measurement. No statement."""
    return abs(_difference) > MAX_DIFFERENCE


class DatabaseNow(Func):
    """`database_now` as an annotation, for a statement that is executed anyway."""

    output_field = DateTimeField()

    def as_sql(self, *args: object, **kwargs: object) -> Any:
        """The current time as the database reads it when it reaches this column."""
        return clock_sql()
