"""Database rights of the role the portal runs under, for deployments that use the owner's role only for migrations.

Triggers protect append-only tables from everybody; a role that owns no table cannot drop the triggers either.
"""

from django.db import connection, transaction
from psycopg import sql

from rpm_portal.core.refusals import Refused

# Tables in which the portal only reads and inserts rows.
INSERT_ONLY_TABLES = ("audit_event",)
READ_ONLY_TABLES = ("django_migrations",)
_APPEND_ONLY = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only' ORDER BY 1"


@transaction.atomic
def grant(role: str) -> list[str]:
    """Grant a role the rights the portal needs and revoke the others; returns the tables it cannot delete from.

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
        cursor.execute(_APPEND_ONLY)
        append_only_tables = [table for (table,) in cursor.fetchall()]
        grantee = sql.Identifier(role)
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE CREATE ON SCHEMA public FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=grantee).as_string(cursor.connection))
        for rights, tables in (
            ("DELETE", append_only_tables),
            ("UPDATE, DELETE", INSERT_ONLY_TABLES),
            ("INSERT, UPDATE, DELETE", READ_ONLY_TABLES),
        ):
            for table in tables:
                revoke = sql.SQL(f"REVOKE {rights} ON {{table}} FROM {{role}}")
                cursor.execute(revoke.format(table=sql.Identifier(table), role=grantee).as_string(cursor.connection))
    return append_only_tables
