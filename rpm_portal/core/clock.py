"""The database's clock: the only clock of time entries, calls, day signatures and month locks.

Several web servers and workers have clocks of their own, which differ by more than the second that a timer counts.
Everything else gets the current time as an argument from the view or task that reads `timezone.now()`.
"""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import DateTimeField, Func


def clock_sql() -> tuple[str, list[Any]]:
    """The SQL of the current time and its parameters. Tests replace it with their own clock."""
    return "clock_timestamp()", []


def database_now() -> datetime:
    """The database's current time, with its zone; it advances within a transaction. One statement."""
    sql, params = clock_sql()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", params)
        now: datetime = cursor.fetchone()[0]
    return now


class DatabaseNow(Func):
    """`database_now` as an annotation, for a statement that is executed anyway."""

    output_field = DateTimeField()

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """The current time as the database reads it when it reaches this column."""
        return clock_sql()
