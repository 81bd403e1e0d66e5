"""A kept row carries what filters name people by and what stands of the monitoring: one table tells whom a list shows."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from rpm_portal.pages.worklist.cache.copied_columns import (
    AS_USUAL,
    DAYS_CARRY,
    FILLED,
    IN_LINE,
    MARKS,
    NO_MARKS,
    NO_STANDINGS,
    STANDINGS,
)
from rpm_portal.pages.worklist.cache.invalidation_triggers import DAYS_COUNT


class Migration(migrations.Migration):
    """Filled from what stands; from here on the database follows every change."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("enrollment", "0014_narrowed"),
        ("monitoring", "0007_checked_once"),
        ("worklist", "0006_every_order"),
    ]

    operations = [
        migrations.AddField("kept", "belongs", ArrayField(
            models.TextField(), db_default=models.Value([], ArrayField(models.TextField())),
            help_text="Colleagues, clinic, payer, program, condition and language, by which filters name people.")),
        migrations.AddField("kept", "last_reading_at", models.DateTimeField(null=True)),
        migrations.AddField("kept", "open_critical", models.PositiveIntegerField(db_default=0)),
        migrations.AddField("kept", "open_high", models.PositiveIntegerField(db_default=0)),
        migrations.RunSQL(IN_LINE, AS_USUAL),
        migrations.RunSQL(MARKS, NO_MARKS),
        migrations.RunSQL(STANDINGS, NO_STANDINGS),
        migrations.RunSQL(DAYS_CARRY, DAYS_COUNT),
        migrations.RunSQL(FILLED, migrations.RunSQL.noop),
        migrations.AddIndex("kept", GinIndex(
            fields=["belongs"], condition=models.Q(active=True), fastupdate=False, name="kept_belongs")),
    ]  # fmt: skip
