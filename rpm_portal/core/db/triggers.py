"""Triggers, functions and other schema objects that Django's models cannot declare.

A model lists them in `database_objects`. The migrations contain the SQL as text, so that an applied migration never
changes; `tests/core/test_schema.py` compares the declared objects with the migrated database.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class DatabaseObject:
    """A schema object: the SQL to create it and, if it cannot be replaced in place, the SQL to drop it."""

    kind: str  # function, trigger, view, constraint or settings
    name: str
    create: str
    drop: str = ""


def sql_function(name: str, sql: str) -> DatabaseObject:
    """A function by its whole CREATE OR REPLACE statement."""
    return DatabaseObject("function", name, sql)


def sql_view(name: str, query: str) -> DatabaseObject:
    """A view by its query."""
    return DatabaseObject("view", name, f"CREATE VIEW {name} AS\n{query};", f"DROP VIEW IF EXISTS {name} CASCADE;")


def table_constraint(table: str, name: str, definition: str) -> DatabaseObject:
    """A constraint by its definition as PostgreSQL prints it."""
    return DatabaseObject(
        "constraint",
        name,
        f"ALTER TABLE {table} ADD CONSTRAINT {name}\n  {definition};",
        f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name} CASCADE;",
    )


def table_settings(table: str, settings: str) -> DatabaseObject:
    """Storage settings of a table, by what follows ALTER TABLE and its name."""
    return DatabaseObject("settings", table, f"ALTER TABLE {table} {settings};")


def trigger_function(name: str, body: str, *, declare: str = "") -> DatabaseObject:
    """A PL/pgSQL function for triggers. `body` is the code between BEGIN and END, `declare` declares its variables."""
    variables = f"DECLARE {declare}\n" if declare else ""
    return sql_function(
        name,
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        f"{variables}BEGIN\n{body.strip()}\nEND $$;",
    )


def trigger(
    table: str, name: str, event: str, *, function: str = "", each: str = "ROW", when: str = "", referencing: str = ""
) -> DatabaseObject:
    """A trigger of `table` on `event` (BEFORE UPDATE OF state). `function` defaults to the trigger's name."""
    parts = [
        f"CREATE TRIGGER {name} {event} ON {table}",
        f"REFERENCING {referencing}" if referencing else "",
        f"FOR EACH {each}",
        f"WHEN ({when})" if when else "",
        f"EXECUTE FUNCTION {function or name}();",
    ]
    drop = f"DROP TRIGGER IF EXISTS {name} ON {table};"
    return DatabaseObject("trigger", name, "\n  ".join(part for part in parts if part), drop)


def append_only(table: str, *, marks: Iterable[str] = (), free: Iterable[str] = ()) -> tuple[DatabaseObject, ...]:
    """Triggers that allow INSERT and refuse UPDATE, DELETE and TRUNCATE.

    A column in `marks` may be set once, from NULL to a value; a column in `free` may always change.
    """
    name = f"{table}_append_only"
    set_once = "\n".join(
        f"  IF OLD.{column} IS NOT NULL AND NEW.{column} IS DISTINCT FROM OLD.{column} THEN\n"
        f"    RAISE EXCEPTION '{table}.{column} is set once' USING ERRCODE = 'P0001';\n"
        f"  END IF;"
        for column in marks
    )
    may_change = "\n".join(f"  NEW_ROW.{column} := OLD.{column};" for column in (*marks, *free))
    body = f"""
  IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION '{table} is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
{set_once}
{may_change}
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION '{table} is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
"""
    body = "\n".join(line for line in body.splitlines() if line.strip())
    return (
        trigger_function(name, body, declare=f"NEW_ROW {table}%ROWTYPE;"),
        trigger(table, name, "BEFORE UPDATE OR DELETE"),
        trigger(table, f"{table}_no_truncate", "BEFORE TRUNCATE", function=name, each="STATEMENT"),
    )
