"""Statements so hot that planning them each time would cost more than running them: prepared once a connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

FEW = 8


class HotCursor:
    """A cursor whose statements stay prepared. Errors are Django's; the transaction is the one that runs."""

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall

    def execute(self, statement: str, values: "list[Any] | dict[str, Any]") -> None:
        """Run a statement; every parameter in it says its type (`%s::bigint[]`).

        One for many rows is planned for them: a prepared plan guesses ten, and is slower than planning from there on.
        """
        given = values.values() if isinstance(values, dict) else values
        few = all(len(value) <= FEW for value in given if isinstance(value, list))
        with connection.wrap_database_errors:
            self._cursor.execute(statement, values, prepare=few)


@contextmanager
def hot_cursor() -> Iterator[HotCursor]:
    """A cursor for the few statements that every reading passes through."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        yield HotCursor(cursor)
