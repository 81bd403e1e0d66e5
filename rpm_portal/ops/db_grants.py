"""The rights of the role the portal runs under, where a deployment keeps the owner's role for migrations alone.

The triggers refuse to rewrite history for everybody; a role that owns nothing cannot take the triggers away either.
"""

from django.db import connection, transaction
from psycopg import sql

from rpm_portal.core.refusals import Refused

# Of these the portal reads and adds rows, nothing else.
ADDED_ONLY = ("audit_event",)
READ_ONLY = ("django_migrations",)
_APPEND_ONLY = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only' ORDER BY 1"


@transaction.atomic
def grant(role: str) -> list[str]:
    """Give a role what the portal needs and take the rest; returns the tables from which it may delete nothing.

    Run it as the owner, after every migration. Raises Refused for a role that does not exist, or that could
    undo it: a superuser, or the owner itself.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role])
        found = cursor.fetchone()
        if found is None:
            raise Refused(f"There is no role {role}. Make it first: CREATE ROLE {role} LOGIN PASSWORD '...'.")
        if any(found):
            raise Refused(f"{role} is the owner or a superuser; name the role that the portal runs under.")
        cursor.execute(_APPEND_ONLY)
        kept = [table for (table,) in cursor.fetchall()]
        who = sql.Identifier(role)
        for statement in (
            "GRANT USAGE ON SCHEMA public TO {role}",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
            "REVOKE CREATE ON SCHEMA public FROM {role}",
        ):
            cursor.execute(sql.SQL(statement).format(role=who).as_string(cursor.connection))
        for rights, tables in (
            ("DELETE", kept),
            ("UPDATE, DELETE", ADDED_ONLY),
            ("INSERT, UPDATE, DELETE", READ_ONLY),
        ):
            for table in tables:
                taken = sql.SQL(f"REVOKE {rights} ON {{table}} FROM {{role}}")
                cursor.execute(taken.format(table=sql.Identifier(table), role=who).as_string(cursor.connection))
    return kept
