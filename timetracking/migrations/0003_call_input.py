"""The last heartbeat with input of the person, at which an abandoned call ends."""

from django.db import migrations, models

# As printed by `manage.py schema_sql timetracking`.
OBJECTS = """
CREATE OR REPLACE FUNCTION timetracking_timeentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_timeentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_timeentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.stopped_at IS NOT NULL AND NEW.stopped_at IS DISTINCT FROM OLD.stopped_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.stopped_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'timetracking_timeentry.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'timetracking_timeentry.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.auto_closed_at IS NOT NULL AND NEW.auto_closed_at IS DISTINCT FROM OLD.auto_closed_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.auto_closed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.confirmed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.stopped_at := OLD.stopped_at;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.auto_closed_at := OLD.auto_closed_at;
  NEW_ROW.confirmed_at := OLD.confirmed_at;
  NEW_ROW.seen_at := OLD.seen_at;
  NEW_ROW.input_at := OLD.input_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_timeentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("timetracking", "0002_database")]

    operations = [
        migrations.AddField(
            model_name="timeentry",
            name="input_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
