"""Moments as the database writes them, taken in by the library's own parser: a fraction of what the driver's costs.

A page of fifty patients holds as many moments, and the driver reads each by a regular expression, in Python.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created


class MomentLoader(BaseTzLoader):
    """Reads a moment in UTC, the zone of the portal's connections."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        """The moment, in UTC. What the standard spelling does not hold (infinity, before Christ) goes the driver's way.

        Raises psycopg.DataError where no date of Python can hold it.
        """
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)
        # A statement may have told its connection another zone: the framework would take its hours for hours in UTC.
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def register() -> None:
    """Give the loader to each connection that opens in UTC; called once, when the app registry is ready."""
    connection_created.connect(_taught, dispatch_uid="moments")


def _taught(connection: Any, **_: Any) -> None:
    if connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)
