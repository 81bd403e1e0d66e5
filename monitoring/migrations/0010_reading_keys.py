"""References to readings hold the moment of measuring too, and the database checks both."""

from datetime import UTC, datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.triggers import SamePractice

REFERENCES = (
    ("monitoring_reading", "version_of"),
    ("monitoring_reading", "corrects"),
    ("monitoring_alert", "reading"),
    ("monitoring_breach", "reading"),
    ("monitoring_senderstatement", "reading"),
)
PAIRS = [SamePractice(table, f"{name}_id", "monitoring_reading") for table, name in REFERENCES]


class Migration(migrations.Migration):
    """No deployment exists: the tables are empty."""

    dependencies = [
        ("accounts", "0009_sign_in_addresses"),
        ("enrollment", "0016_no_device_anchor"),
        ("monitoring", "0009_sender_identity"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="reading_measured_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="breach",
            name="reading_measured_at",
            field=models.DateTimeField(default=datetime(1970, 1, 1, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="historicalalert",
            name="reading_measured_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="reading",
            name="corrects_measured_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reading",
            name="version_of_measured_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="senderstatement",
            name="reading_measured_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="alert",
            name="reading",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="monitoring.reading",
            ),
        ),
        migrations.AlterField(
            model_name="breach",
            name="reading",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="version_of",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="The first version, of what the sender named once.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AlterField(
            model_name="senderstatement",
            name="reading",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reading__isnull", True), ("reading_measured_at__isnull", True)),
                    models.Q(("reading__isnull", False), ("reading_measured_at__isnull", False)),
                    _connector="OR",
                ),
                name="alert_reading_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("version_of__isnull", True), ("version_of_measured_at__isnull", True)),
                    models.Q(("version_of__isnull", False), ("version_of_measured_at__isnull", False)),
                    _connector="OR",
                ),
                name="reading_version_of_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("corrects_measured_at__isnull", True)),
                    models.Q(("corrects__isnull", False), ("corrects_measured_at__isnull", False)),
                    _connector="OR",
                ),
                name="reading_corrects_both",
            ),
        ),
        migrations.AddConstraint(
            model_name="senderstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reading__isnull", True), ("reading_measured_at__isnull", True)),
                    models.Q(("reading__isnull", False), ("reading_measured_at__isnull", False)),
                    _connector="OR",
                ),
                name="senderstatement_reading_both",
            ),
        ),
        *(migrations.RunSQL(pair.reverse_sql, pair.sql) for pair in PAIRS),
        migrations.RunSQL(
            "ALTER TABLE monitoring_reading DROP CONSTRAINT monitoring_reading_practice_pair",
            "ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_practice_pair UNIQUE (practice_id, id)",
        ),
        *(
            SamePractice(table, f"{name}_id", "monitoring_reading", also=(f"{name}_measured_at", "measured_at"))
            for table, name in REFERENCES
        ),
    ]
