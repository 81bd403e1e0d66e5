"""Changes of rows in tests: as the role that the portal runs under, and as the owner with triggers disabled."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from rpm_portal.ops.db_grants import grant

PORTAL_ROLE = "portal_app_test"


@contextmanager
def portal_role() -> Iterator[None]:
    """Statements run as the portal's role, which has the rights of `grant_rights` only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [PORTAL_ROLE])
        if cursor.fetchone() is None:
            cursor.execute(f"CREATE ROLE {PORTAL_ROLE}")
        grant(PORTAL_ROLE)
        cursor.execute(f"SET LOCAL ROLE {PORTAL_ROLE}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")


def as_owner(statement: str, *parameters: object) -> int:
    """Run a statement without triggers and foreign keys, as the owner of the database could; returns the row count."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, parameters)
        count = cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = origin")
    return count


def columns_of(table: str) -> dict[str, str]:
    """The columns of a table with their types, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [table],
        )
        return dict(cursor.fetchall())


# An expression that gives another value of the same type, with `{}` for the column.
_OTHER_VALUES = {
    "bigint": "coalesce({}, 0) + 100000",
    "integer": "coalesce({}, 0) + 1",
    "smallint": "(coalesce({}, 0) + 1)::smallint",
    "boolean": "NOT {}",
    "text": "CASE WHEN {0} LIKE 'x%%' THEN 'y' ELSE 'x' END || substr(coalesce({0}, ''), 2)",
    "date": "coalesce({}, date '2026-03-01') + 1",
    "timestamp with time zone": "coalesce({}, timestamptz '2026-03-01') + interval '1 second'",
    "bigint[]": "{} || 7::bigint",
    "character varying[]": "{} || 'ZZ'::varchar",
    "jsonb": "jsonb_build_object('was', {})",
}


def other_value(column: str, kind: str) -> str:
    """SQL for another value of a column."""
    return _OTHER_VALUES["text" if kind == "character varying" else kind].format(quoted(column))


def quoted(column: str) -> str:
    """A column's name as SQL; some are words of SQL."""
    return f'"{column}"'
