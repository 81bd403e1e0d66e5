"""What the database holds for reports beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

OBJECTS = """
ALTER TABLE reports_savedreport ADD CONSTRAINT reports_savedreport_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE reports_reportrun ADD CONSTRAINT reports_reportrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE reports_reportrun ADD CONSTRAINT reports_reportrun_asked_by_id_same_practice
  FOREIGN KEY (practice_id, asked_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION reports_reportrun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW reports_reportrun%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'reports_reportrun is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'reports_reportrun.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.cleared_at IS NOT NULL AND NEW.cleared_at IS DISTINCT FROM OLD.cleared_at THEN
    RAISE EXCEPTION 'reports_reportrun.cleared_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.rows IS NOT NULL AND NEW.rows IS DISTINCT FROM OLD.rows THEN
    RAISE EXCEPTION 'reports_reportrun.rows is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.cleared_at := OLD.cleared_at;
  NEW_ROW.rows := OLD.rows;
  NEW_ROW.signaled_at := OLD.signaled_at;
  NEW_ROW.body := OLD.body;
  NEW_ROW.sha256 := OLD.sha256;
  NEW_ROW.message := OLD.message;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'reports_reportrun is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reports_reportrun_append_only BEFORE UPDATE OR DELETE ON reports_reportrun
  FOR EACH ROW
  EXECUTE FUNCTION reports_reportrun_append_only();
CREATE TRIGGER reports_reportrun_no_truncate BEFORE TRUNCATE ON reports_reportrun
  FOR EACH STATEMENT
  EXECUTE FUNCTION reports_reportrun_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("reports", "0001_initial"),
        ("accounts", "0002_database"),
    ]

    operations = [migrations.RunSQL(OBJECTS, migrations.RunSQL.noop)]
