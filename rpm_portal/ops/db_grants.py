"""Database rights of the role the portal runs under, for deployments that use the owner's role only for migrations.

Triggers protect append-only tables and locked months from everybody; a role that owns no table cannot drop the
triggers either.
"""

from collections.abc import Iterator

from django.db import connection, transaction
from psycopg import sql

from rpm_portal.core.refusals import Refused
from rpm_portal.ops.table_rights import (
    DELETED_TABLES,
    INSERT_ONLY_TABLES,
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
        flags = cursor.fetchone()
        if flags is None:
            raise Refused(f"There is no role {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '...'.")
        if any(flags):
            raise Refused(f"{role} is the owner or a superuser; name the role that the portal runs under.")
        for statement, table, columns in _statements():
            parts = {
                "role": sql.Identifier(role),
                "table": sql.Identifier(table),
                "columns": sql.SQL(", ").join(map(sql.Identifier, columns)),
            }
            cursor.execute(sql.SQL(statement).format(**parts).as_string(cursor.connection))
    return sorted(INSERT_ONLY_TABLES)


def _statements() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The statements of the schema, then those of single tables with table and columns, from `table_rights`."""
    yield from ((statement, "", ()) for statement in _SCHEMA_STATEMENTS)
    yield from (("REVOKE INSERT ON {table} FROM {role}", table, ()) for table in sorted(READ_ONLY_TABLES))
    yield from (("GRANT UPDATE ON {table} TO {role}", table, ()) for table in sorted(UPDATED_TABLES))
    yield from (("GRANT UPDATE, DELETE ON {table} TO {role}", table, ()) for table in sorted(DELETED_TABLES))
    for table, columns in sorted(UPDATED_COLUMNS.items()):
        yield "GRANT UPDATE ({columns}) ON {table} TO {role}", table, columns
