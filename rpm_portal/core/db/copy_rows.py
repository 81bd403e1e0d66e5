"""Many rows by COPY: for rows that are made in thousands and of plain values. What has a history goes by `history`."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection


def drawn_keys(table: str, count: int) -> list[int]:
    """New keys of a table, in order. One statement."""
    with connection.cursor() as cursor:
        # The sequence is looked up once, not for each key.
        cursor.execute(
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) s, "
            "generate_series(1, %s)",
            [table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def copy_in(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows of plain values into a table of ours. JSON comes as text, an array as `array` writes it."""
    named = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({named}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def array(items: Iterable[str]) -> str:
    """Texts as PostgreSQL writes an array of them."""
    texts = list(items)
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * max(len(texts) - 1, 0):
        joined = '","'.join(item.replace("\\", "\\\\").replace('"', '\\"') for item in texts)
    return f'{{"{joined}"}}' if texts else "{}"
