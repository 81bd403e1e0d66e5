"""Every order of the list and its rarer filters along an index of their own."""

from django.db import migrations, models
from django.db.models import Q

_NAMED = """
UPDATE worklist_kept k SET named = left(lower(p.family_name || ' ' || p.given_name), 170)
FROM enrollment_enrollment e JOIN enrollment_patient p ON p.id = e.patient_id WHERE e.id = k.enrollment_id;
"""
_ORDERS = """
CREATE INDEX kept_by_spare ON worklist_kept (practice_id, coalesce(slack, 100::smallint), enrollment_id) WHERE active;
CREATE INDEX kept_by_lacking ON worklist_kept (practice_id, coalesce(short_seconds, 100000), enrollment_id) WHERE active;
"""


class Migration(migrations.Migration):
    """The name is kept too: an order over two tables has no index."""

    dependencies = [("worklist", "0005_in_order")]

    operations = [
        migrations.AddField("kept", "named", models.CharField(
            max_length=170, db_default="", help_text="Family and given name, as the list is sorted by.")),
        migrations.RunSQL(_NAMED, migrations.RunSQL.noop),
        migrations.AddIndex("kept", models.Index(
            fields=["practice", "named", "enrollment"], condition=Q(active=True), name="kept_by_name")),
        migrations.AddIndex("kept", models.Index(
            fields=["practice", "period_to"], condition=Q(active=True), name="kept_by_end")),
        migrations.AddIndex("kept", models.Index(
            fields=["practice"], condition=Q(active=True, blocked=True), name="kept_blocked")),
        migrations.RunSQL(_ORDERS, "DROP INDEX kept_by_spare; DROP INDEX kept_by_lacking;"),
    ]  # fmt: skip
