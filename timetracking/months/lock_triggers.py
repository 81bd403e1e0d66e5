"""Database triggers that refuse changes in a locked month."""

from rpm_portal.core.db.triggers import DatabaseObject, trigger, trigger_function


def locked_month_triggers(table: str, ends: str) -> tuple[DatabaseObject, ...]:
    """Triggers that refuse rows of `table` that overlap a locked month; `ends` is the column of their end.

    The trigger first locks the practice's row, so that an insert and a month lock run one after the other and the
    second sees the result of the first.
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


def locked_day_triggers(table: str, column: str) -> tuple[DatabaseObject, ...]:
    """Triggers that refuse a new or changed `column` (a day) of `table` in a locked month.

    The trigger first locks the practice's row, as in `locked_month_triggers`.
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
