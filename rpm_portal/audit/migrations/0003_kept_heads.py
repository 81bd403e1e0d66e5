"""Tables, columns, and triggers of this step."""

from django.db import migrations, models

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
"""


class Migration(migrations.Migration):
    """Tables, columns, and triggers."""

    dependencies = [
        ("audit", "0002_database"),
    ]

    operations = [
        migrations.AddField(
            model_name="chainhead",
            name="kept_number",
            field=models.PositiveBigIntegerField(default=0, help_text="The last link that was written elsewhere."),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
