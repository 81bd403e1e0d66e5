"""Timestamps are parsed with `datetime.fromisoformat`, which takes a fraction of the driver's time.

A page of fifty patients has as many timestamps, and the driver parses each with a regular expression in Python.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from django.db.backends.signals import connection_created


class TimestampLoader(BaseTzLoader):
    """Loader of timestamps with time zone as UTC, the zone of the portal's connections."""

    timezone = UTC

    def load(self, data: Any) -> datetime:
        """The timestamp in UTC. The driver parses what is not ISO 8601 (infinity, years BC).

        Raises psycopg.DataError for a timestamp that Python cannot represent.
        """
        try:
            moment = datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)
        # A statement may have set another time zone on its connection; Django would read its hours as UTC.
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def register() -> None:
    """Use the loader on each new connection in UTC; called once, when the app registry is ready."""
    connection_created.connect(_register_loader, dispatch_uid="moments")


def _register_loader(connection: Any, **_: Any) -> None:
    if connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", TimestampLoader)
