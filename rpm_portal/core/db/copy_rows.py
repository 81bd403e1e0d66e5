"""Insert many rows of plain values by COPY. Models with a history use `history` instead."""

from collections.abc import Iterable, Sequence

from django.db import connection


def reserve_keys(table: str, count: int) -> list[int]:
    """Reserve `count` new keys of a table, in order. One statement. Raw: the ORM reads no sequences."""
    with connection.cursor() as cursor:
        # The subquery looks the sequence up once, not for each key.
        cursor.execute(
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) s, "
            "generate_series(1, %s)",
            [table, count],
        )
        return [key for (key,) in cursor.fetchall()]


def copy_in(table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert rows of plain values into a table. JSON is passed as text, an array as a literal (see `array`)."""
    column_list = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({column_list}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(row)


def array(items: Iterable[str]) -> str:
    """Texts as a PostgreSQL array literal."""
    texts = list(items)
    joined = '","'.join(texts)
    if "\\" in joined or joined.count('"') != 2 * max(len(texts) - 1, 0):
        joined = '","'.join(item.replace("\\", "\\\\").replace('"', '\\"') for item in texts)
    return f'{{"{joined}"}}' if texts else "{}"
