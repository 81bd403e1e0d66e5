"""A rule year put in force or withdrawn changes the rows of the practice."""

from django.db import migrations

TRIGGER = """
CREATE TRIGGER worklist_billing_ruleyearfile AFTER INSERT OR UPDATE OR DELETE ON billing_ruleyearfile
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_practice();
"""


class Migration(migrations.Migration):
    """The trigger."""

    dependencies = [("worklist", "0003_billing_facts"), ("billing", "0004_rule_years")]

    operations = [migrations.RunSQL(TRIGGER, migrations.RunSQL.noop)]
