"""Every enrollment has its standing from the first moment, so that no list needs to ask for those without one."""

from django.db import migrations

_COLUMNS = """
(practice_id, enrollment_id, last_metric, open_critical, open_high, open_low, open_adherence)
"""
MADE = f"""
CREATE FUNCTION monitoring_standing_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO monitoring_standing {_COLUMNS} VALUES (NEW.practice_id, NEW.id, '', 0, 0, 0, 0)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER monitoring_standing_made AFTER INSERT ON enrollment_enrollment
  FOR EACH ROW EXECUTE FUNCTION monitoring_standing_made();
INSERT INTO monitoring_standing {_COLUMNS}
SELECT practice_id, id, '', 0, 0, 0, 0 FROM enrollment_enrollment ON CONFLICT DO NOTHING;
CREATE INDEX standing_open ON monitoring_standing
  (practice_id, open_critical DESC, open_high DESC, last_reading_at NULLS FIRST, enrollment_id)
  WHERE open_critical > 0 OR open_high > 0;
CREATE INDEX standing_silent ON monitoring_standing (practice_id, last_reading_at NULLS FIRST, enrollment_id);
"""
UNMADE = """
DROP INDEX standing_silent;
DROP INDEX standing_open;
DROP TRIGGER monitoring_standing_made ON enrollment_enrollment;
DROP FUNCTION monitoring_standing_made();
"""


class Migration(migrations.Migration):
    """A trigger and the two orders a worklist reads standings in."""

    dependencies = [("monitoring", "0005_clinical_promises"), ("enrollment", "0007_looked_after")]

    operations = [migrations.RunSQL(MADE, UNMADE)]
