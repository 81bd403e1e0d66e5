"""Prepared statements for frequent queries, whose planning would take longer than their execution.

CPU time with 1,000 patients, both variants in turn in one process for 20 rounds: taking in one reading takes 3.2 ms
instead of 6.4. A page without content takes 8.3 ms instead of 8.9, and a timer gained nothing, so only the statements
of a single reading, the facts of a decision and `Prepared` use it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

from rpm_portal.core.db.any_of import array_literal

MAX_KEYS_PREPARED = 8


def prepared_rows(statement: str, values: Sequence[object] | Mapping[str, object]) -> list[tuple[Any, ...]]:
    """The rows of a statement that is prepared once per connection; every parameter needs a type (`%s::bigint[]`).

    A statement with a longer list of keys is not prepared: a prepared plan is generic, for about ten rows, and for more
    of them it is slower than planning again. Raises Django's errors.
    """
    parameters = values.values() if isinstance(values, Mapping) else values
    is_short = all(len(value) <= MAX_KEYS_PREPARED for value in parameters if isinstance(value, list))
    connection.ensure_connection()
    cursor_class = psycopg.Cursor if is_short else psycopg.ClientCursor
    began = time.monotonic()
    with connection.wrap_database_errors, cursor_class(connection.connection) as cursor:
        cursor.execute(statement, values if is_short else _with_array_literals(values), prepare=is_short)
        rows = cursor.fetchall()
    if connection.queries_logged:
        # Tests that count the statements of a page count these too.
        connection.queries_log.append({"sql": statement, "time": f"{time.monotonic() - began:.3f}"})
    return rows


def _with_array_literals(values: Sequence[object] | Mapping[str, object]) -> list[object] | dict[str, object]:
    """The values with long lists of keys replaced by array literals."""
    if isinstance(values, Mapping):
        return {name: _array_literal(value) for name, value in values.items()}
    return [_array_literal(value) for value in values]


def _array_literal(value: object) -> object:
    return (
        array_literal(value)
        if isinstance(value, list) and len(value) > MAX_KEYS_PREPARED and type(value[0]) is int
        else value
    )
