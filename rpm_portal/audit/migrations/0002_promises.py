"""Promises of the database: rows agree on their practice, and what happened is not rewritten."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly


class Migration(migrations.Migration):
    """After the tables are made."""

    dependencies = [("audit", "0001_initial")]

    operations = [
        AppendOnly("audit_event"),
    ]
