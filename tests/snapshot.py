"""A world built once a process and laid down again for each test: rows by COPY, objects by pickle.

Built through the services it takes some five hundred statements; laid down, one a table. What the services promise is
tested where they are tested; here only their rows are wanted again.
"""

import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection, transaction

from tests.clock import TEST_DAY


class Snapshot:
    """What a builder puts into an empty database: taken at the first call, laid down at every later one."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build
        self._rows: dict[str, bytes] = {}
        self._made = b""

    def __call__(self) -> Any:
        """The builder's answer, with its rows in the database."""
        if self._made:
            self._lay_down()
            return pickle.loads(self._made)
        before = _filled()
        # Laid down again, the rows must be older than what a later test does: each test begins at the same moment.
        with time_machine.travel(TEST_DAY - timedelta(hours=1), tick=True):
            made = self._build()
        if before and _may_lay_down():
            self._rows = {table: _copied(table) for table in _filled() - before}
            self._made = pickle.dumps(made)
        return made

    def _lay_down(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # The rows come from triggers and checks that have run; they are laid down as they were.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table, body in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(body)
            cursor.execute("SET LOCAL session_replication_role = origin")


def _filled() -> set[str]:
    """The tables that hold rows. One statement."""
    names = sorted(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names))
        return {row[0] for row in cursor.fetchall()}


def _copied(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
        return b"".join(bytes(piece) for piece in copy)


def _may_lay_down() -> bool:
    """Only a superuser may switch triggers off; on another's server each world is built anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])
