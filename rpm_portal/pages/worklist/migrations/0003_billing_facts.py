"""Triggers of the tables of facts that people record for billing."""

from django.db import migrations

OBJECTS = """
CREATE TRIGGER worklist_enrollment_priorauthorization AFTER INSERT OR UPDATE OR DELETE ON enrollment_priorauthorization
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_otherbillinganswer AFTER INSERT OR UPDATE OR DELETE ON enrollment_otherbillinganswer
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_outsideclaim AFTER INSERT OR UPDATE OR DELETE ON enrollment_outsideclaim
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_carestatus AFTER INSERT OR UPDATE OR DELETE ON enrollment_carestatus
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_qualifyingvisit AFTER INSERT OR UPDATE OR DELETE ON enrollment_qualifyingvisit
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_planofcare AFTER INSERT OR UPDATE OR DELETE ON enrollment_planofcare
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_earlierprovider AFTER INSERT OR UPDATE OR DELETE ON enrollment_earlierprovider
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
"""


class Migration(migrations.Migration):
    """A change of such a fact marks the worklist rows of its patient."""

    dependencies = [
        ("worklist", "0002_database"),
        ("enrollment", "0004_billing_facts"),
    ]

    operations = [migrations.RunSQL(OBJECTS, migrations.RunSQL.noop)]
