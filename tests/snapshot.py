"""A snapshot of test data, built once a process and restored for each test: rows by COPY, objects by pickle.

Building through the services takes about 500 statements, restoring one for each table. The services themselves have
their own tests.
"""

import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection, transaction

from tests.clock import TEST_DAY


class Snapshot:
    """The rows that a builder creates in an empty database: captured at the first call, restored at every later call."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._rows: dict[str, bytes] = {}
        self._pickled = b""

    def __call__(self) -> Any:
        """The result of the builder, with its rows in the database."""
        if self._pickled:
            self._restore()
            return pickle.loads(self._pickled)
        before = _tables_with_rows()
        # Restored rows must be older than what a test does, and each test starts at the same moment.
        with time_machine.travel(TEST_DAY - timedelta(hours=1), tick=True):
            result = self._build()
        if before and _can_restore():
            self._rows = {table: _copy_table(table) for table in _tables_with_rows() - before}
            self._pickled = pickle.dumps(result)
        return result

    def _restore(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Triggers and checks have run when the rows were captured, and must not run again.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, body in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(body)
            cursor.execute("SET LOCAL session_replication_role = origin")


def _tables_with_rows() -> set[str]:
    """The tables that have rows. One statement."""
    names = sorted(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names))
        return {row[0] for row in cursor.fetchall()}


def _copy_table(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(piece) for piece in copy)


def _can_restore() -> bool:
    """Whether the user is a superuser, who can disable triggers. Otherwise each test builds its data again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])
