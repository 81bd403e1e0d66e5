"""Database rights of the role the portal runs under, for deployments that use the owner's role only for migrations.

Triggers protect append-only tables and locked months from everybody; a role that owns no table cannot drop the
triggers either.
"""

from collections.abc import Iterable, Iterator

from django.db import connection, transaction
from psycopg import sql

from rpm_portal.core.refusals import Refused
from rpm_portal.ops.table_rights import (
    DELETED_TABLES,
    INSERT_ONLY_TABLES,
    METRICS_COLUMNS,
    READ_ONLY_TABLES,
    UPDATED_COLUMNS,
    UPDATED_TABLES,
)

_SCHEMA_STATEMENTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "REVOKE CREATE ON SCHEMA public FROM {role}",
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
    "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
)


@transaction.atomic
def grant(role: str) -> list[str]:
    """Grant a role the rights the portal needs and revoke the others; returns the tables whose rows it never changes.

    Run it as the owner, after every migration. Raises Refused for a role that does not exist, or that could grant
    itself more: a superuser, or the owner.
    """
    _run_for(role, _statements())
    return sorted(INSERT_ONLY_TABLES)


@transaction.atomic
def grant_metrics(role: str) -> list[str]:
    """Grant a role what `manage.py metrics` reads and revoke everything else; returns the tables. Raises Refused."""
    _run_for(role, _metrics_statements())
    return sorted(METRICS_COLUMNS)


def _run_for(role: str, statements: Iterable[tuple[str, str, tuple[str, ...]]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
        flags = cursor.fetchone()
        if flags is None:
            raise Refused(f"There is no role {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '...'.")
        if any(flags):
            raise Refused(f"{role} is the owner or a superuser; name the role that the portal runs under.")
        for statement, table, columns in statements:
            parts = {
                "role": sql.Identifier(role),
                "table": sql.Identifier(table),
                "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            }
            cursor.execute(sql.SQL(statement).format(**parts).as_string(cursor.connection))


def _metrics_statements() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    yield "GRANT USAGE ON SCHEMA public TO {role}", "", ()
    yield "REVOKE CREATE ON SCHEMA public FROM {role}", "", ()
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}", "", ()
    for table, columns in sorted(METRICS_COLUMNS.items()):
        yield "GRANT SELECT ({columns}) ON {table} TO {role}", table, columns


def _statements() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The statements of the schema, then those of single tables with table and columns, from `table_rights`."""
    yield from ((statement, "", ()) for statement in _SCHEMA_STATEMENTS)
    yield from (("REVOKE INSERT ON {table} FROM {role}", table, ()) for table in sorted(READ_ONLY_TABLES))
    yield from (("GRANT UPDATE ON {table} TO {role}", table, ()) for table in sorted(UPDATED_TABLES))
    yield from (("GRANT UPDATE, DELETE ON {table} TO {role}", table, ()) for table in sorted(DELETED_TABLES))
    for table, columns in sorted(UPDATED_COLUMNS.items()):
        yield "GRANT UPDATE ({columns}) ON {table} TO {role}", table, columns
