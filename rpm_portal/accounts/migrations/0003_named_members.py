"""A public id for each membership, so that an address can name a colleague."""

from django.db import migrations, models

import rpm_portal.core.db.tenancy

# Twelve letters of the same alphabet for the rows that stand already.
FILL = """
UPDATE {table} SET public_id = (
  SELECT string_agg(substr('23456789abcdefghjkmnpqrstuvwxyz', 1 + floor(random() * 31)::int, 1), '')
  FROM generate_series(1, 12) WHERE {table}.id IS NOT NULL)
"""
FIELD = {"default": rpm_portal.core.db.tenancy.new_public_id, "editable": False, "max_length": 12}


class Migration(migrations.Migration):
    """Empty first, filled, then unique."""

    dependencies = [("accounts", "0002_signed_days")]

    operations = [
        migrations.AddField("membership", "public_id", models.CharField(null=True, editable=False, max_length=12)),
        migrations.AddField(
            "historicalmembership", "public_id", models.CharField(db_index=True, **FIELD), preserve_default=True
        ),
        migrations.RunSQL(FILL.format(table="accounts_membership"), migrations.RunSQL.noop),
        migrations.RunSQL(
            "UPDATE accounts_historicalmembership h SET public_id = m.public_id FROM accounts_membership m WHERE m.id = h.id",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("membership", "public_id", models.CharField(unique=True, **FIELD)),
    ]
