"""The triggers that keep a locked month locked, for every table whose rows lie in time."""

from rpm_portal.core.db.triggers import DatabaseObject, trigger, trigger_function


def month_open(table: str, ends: str) -> tuple[DatabaseObject, ...]:
    """Refuse rows of `table` that touch a locked month; `ends` is the column of their end.

    The practice's row is locked first: an entry being written and a lock being set wait for one another, and the one
    that comes second sees what the first one did.
    """
    name = f"{table}_month_open"
    body = f"""
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  touched := CASE WHEN NEW.{ends} > NEW.started_at THEN tstzrange(NEW.started_at, NEW.{ends})
                  ELSE tstzrange(NEW.started_at, NEW.started_at, '[]') END;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id
      AND touched && tstzrange(l.month::timestamp AT TIME ZONE l.zone,
                               (l.month + interval '1 month')::timestamp AT TIME ZONE l.zone)
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
"""
    return (
        trigger_function(name, body, declare="touched tstzrange;"),
        trigger(table, name, f"BEFORE INSERT OR UPDATE OF started_at, {ends}, voided_at"),
    )


def day_open(table: str, column: str) -> tuple[DatabaseObject, ...]:
    """Refuse a new or changed `column` (a day) of `table` that lies in a locked month.

    The practice's row is locked first, as for time: an entry and a lock wait for one another.
    """
    name = f"{table}_{column}_open"
    body = f"""
  IF NEW.{column} IS NULL OR (TG_OP = 'UPDATE' AND NEW.{column} IS NOT DISTINCT FROM OLD.{column}) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.{column}::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
"""
    return (trigger_function(name, body), trigger(table, name, f"BEFORE INSERT OR UPDATE OF {column}"))
