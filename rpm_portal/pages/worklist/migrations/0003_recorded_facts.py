"""Triggers of the tables of recorded facts: a change marks the patient's worklist rows."""

from django.db import migrations

OBJECTS = """
CREATE TRIGGER worklist_enrollment_accessalignment AFTER INSERT OR UPDATE OR DELETE ON enrollment_accessalignment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_accessupdate AFTER INSERT OR UPDATE OR DELETE ON enrollment_accessupdate
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_careplan AFTER INSERT OR UPDATE OR DELETE ON enrollment_careplan
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
"""


class Migration(migrations.Migration):
    """Triggers."""

    dependencies = [
        ("worklist", "0002_database"),
        ("enrollment", "0003_recorded_facts"),
    ]

    operations = [migrations.RunSQL(OBJECTS, migrations.RunSQL.noop)]
