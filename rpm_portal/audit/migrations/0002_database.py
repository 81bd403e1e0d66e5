"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE audit_event ADD CONSTRAINT audit_event_practice_pair
  UNIQUE (practice_id, id);
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION audit_chainhead_forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'the head of an audit chain is never deleted' USING ERRCODE = 'P0001';
  END IF;
  IF NEW.practice_id <> OLD.practice_id OR NEW.kept_number < OLD.kept_number OR NEW.kept_number > NEW.number
     OR NOT (NEW.number = OLD.number + 1 OR NEW.number = OLD.number AND NEW.digest = OLD.digest) THEN
    RAISE EXCEPTION 'the head of an audit chain moves forward by one event' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_chainhead_forward BEFORE UPDATE OR DELETE ON audit_chainhead
  FOR EACH ROW
  EXECUTE FUNCTION audit_chainhead_forward();
CREATE TRIGGER audit_chainhead_no_truncate BEFORE TRUNCATE ON audit_chainhead
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit_chainhead_forward();
CREATE OR REPLACE FUNCTION audit_chainhead_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
INSERT INTO audit_chainhead (practice_id, number, digest, kept_number) VALUES (NEW.id, 0, '', 0);
  RETURN NULL;
END $$;
CREATE TRIGGER audit_chainhead_begin AFTER INSERT ON accounts_practice
  FOR EACH ROW
  EXECUTE FUNCTION audit_chainhead_begin();
CREATE OR REPLACE FUNCTION audit_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW audit_event%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'audit_event is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'audit_event is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW
  EXECUTE FUNCTION audit_event_append_only();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit_event_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("audit", "0001_initial"),
        ("accounts", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
