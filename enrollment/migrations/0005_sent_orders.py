"""Prepared orders that were sent to a provider for signature."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEYS = """
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_sent_to_id_same_practice
  FOREIGN KEY (practice_id, sent_to_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    """Columns of a sent order, and the key with the practice."""

    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0004_merge_20261201_0132"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="carddraft",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="carddraft",
            name="sent_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="carddraft",
            name="sent_to",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]
