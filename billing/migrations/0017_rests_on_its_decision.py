"""Lines rest on their decision and repeat nothing of it; what a decision says is kept as the text that was written.

The decisions' table is rewritten under a lock: a minute for some millions of them.
"""

from django.db import migrations, models

from rpm_portal.core.db.json_text import JSONText

# Some three thousand characters a decision: taken in as they are, in the row, where compressing them costs more than
# all the rest of writing it.
UNCOMPRESSED = "ALTER TABLE billing_keptdecision SET (toast_tuple_target = 8160);"
COMPRESSED = "ALTER TABLE billing_keptdecision RESET (toast_tuple_target);"


class Migration(migrations.Migration):
    """The lines' own reasons may be empty; decisions say what their lines rest on."""

    dependencies = [("billing", "0016_facts_seen")]

    operations = [
        migrations.AlterField("claimline", "because", models.JSONField(
            db_column="because", null=True, help_text="The reasons of a line that no computation proposed.")),
        migrations.RenameField("claimline", "because", "told"),
        migrations.RunSQL(UNCOMPRESSED, COMPRESSED),
        migrations.AlterField("keptdecision", "said", JSONText(help_text="Every finding, once.")),
        migrations.AddField("keptdecision", "grounds", JSONText(
            null=True, help_text="Of each proposed line the places of its findings and sources; empty before decision 14.")),
        migrations.AddIndex("keptdecision", models.Index(
            fields=["enrollment", "close"], name="keptdecision_by_enrollment")),
    ]  # fmt: skip
