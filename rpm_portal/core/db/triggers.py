"""Promises of the database that migrations install: composite foreign keys and append-only tables."""

from typing import Any

from django.db import migrations


class SamePractice(migrations.RunSQL):
    """A composite foreign key (practice, id): a child can only point at a parent of its own practice.

    The parent needs the unique pair (practice_id, id), which is made where it is missing. `also` names one more column
    of the child and the column of the parent that it must equal: the parent then needs the three columns unique.
    """

    def __init__(self, table: str, column: str, parent: str, also: tuple[str, str] | None = None) -> None:
        name = f"{table}_{column}_same_practice"[:63]
        pair = f"{parent}_practice_{also[1] if also else 'pair'}"[:63]
        ours, theirs = (f", {name}" if name else "" for name in also or ("", ""))
        super().__init__(
            sql=f"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = '{pair}') THEN
                ALTER TABLE {parent} ADD CONSTRAINT {pair} UNIQUE (practice_id, id{theirs});
              END IF;
            END $$;
            ALTER TABLE {table} ADD CONSTRAINT {name}
              FOREIGN KEY (practice_id, {column}{ours}) REFERENCES {parent} (practice_id, id{theirs})
              DEFERRABLE INITIALLY DEFERRED;
            """,
            reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name};",
        )
        self.arguments = (table, column, parent, also) if also else (table, column, parent)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As the migration writes it."""
        return (self.__class__.__name__, list(self.arguments), {})


class AppendOnly(migrations.RunSQL):
    """A trigger that lets rows in and nothing else, except the one-way marks named in `marks`.

    A mark is a column that may be set once, from empty to a value; `free` columns may always change. DELETE and
    TRUNCATE are refused too.
    """

    def __init__(self, table: str, marks: tuple[str, ...] = (), free: tuple[str, ...] = ()) -> None:
        set_once = "\n".join(
            f"IF OLD.{c} IS NOT NULL AND NEW.{c} IS DISTINCT FROM OLD.{c} THEN "
            f"RAISE EXCEPTION '{table}.{c} is set once' USING ERRCODE = 'P0001'; END IF; NEW_ROW.{c} := OLD.{c};"
            for c in marks
        )
        loose = "\n".join(f"NEW_ROW.{c} := OLD.{c};" for c in free)
        super().__init__(
            sql=f"""
            CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE NEW_ROW {table}%ROWTYPE;
            BEGIN
              IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION '{table} is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
              END IF;
              NEW_ROW := NEW;
              {set_once}
              {loose}
              IF NEW_ROW IS DISTINCT FROM OLD THEN
                RAISE EXCEPTION '{table} is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
              END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
              FOR EACH ROW EXECUTE FUNCTION {table}_append_only();
            CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
              FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only();
            """,
            reverse_sql=f"""
            DROP TRIGGER {table}_no_truncate ON {table};
            DROP TRIGGER {table}_append_only ON {table};
            DROP FUNCTION {table}_append_only();
            """,
        )
        self.arguments = (table, marks, free)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As the migration writes it."""
        return (self.__class__.__name__, list(self.arguments), {})
