"""Statements so hot that planning them each time would cost more than running them: prepared once a connection."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection

from rpm_portal.core.db.any_of import written

FEW = 8


class HotCursor:
    """A cursor whose statements stay prepared. Errors are Django's; the transaction is the one that runs."""

    def __init__(self, cursor: "psycopg.Cursor[Any]") -> None:
        self._cursor = cursor
        self.fetchone, self.fetchall = cursor.fetchone, cursor.fetchall

    def execute(self, statement: str, values: "list[Any] | dict[str, Any]") -> None:
        """Run a statement; every parameter in it says its type (`%s::bigint[]`).

        One for many rows is written out and planned for them: what is prepared is planned once, for ten, and is slower
        than planning from there on.
        """
        given = values.values() if isinstance(values, dict) else values
        few = all(len(value) <= FEW for value in given if isinstance(value, list))
        began = time.monotonic()
        with connection.wrap_database_errors:
            if few:
                used = self._cursor.execute(statement, values, prepare=True)
            else:
                used = psycopg.ClientCursor(self._cursor.connection).execute(statement, _written_out(values))
        self.fetchone, self.fetchall = used.fetchone, used.fetchall
        if connection.queries_logged:
            # Who counts a page's statements counts these too.
            connection.queries_log.append({"sql": statement, "time": f"{time.monotonic() - began:.3f}"})


def _written_out(values: "list[Any] | dict[str, Any]") -> "list[Any] | dict[str, Any]":
    """Long lists of keys as the text of an array."""
    if isinstance(values, dict):
        return {name: _keys(value) for name, value in values.items()}
    return [_keys(value) for value in values]


def _keys(value: Any) -> Any:
    return written(value) if isinstance(value, list) and len(value) > FEW and type(value[0]) is int else value


@contextmanager
def hot_cursor() -> Iterator[HotCursor]:
    """A cursor for the few statements that every reading and every page passes through."""
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        yield HotCursor(cursor)
