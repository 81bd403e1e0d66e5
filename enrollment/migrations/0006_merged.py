"""A duplicate record points at the one it was merged into."""

import django.db.models.deletion
from django.db import migrations, models

from rpm_portal.core.db.triggers import SamePractice


class Migration(migrations.Migration):
    """One column, and its promise."""

    dependencies = [
        ("enrollment", "0005_addresses"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalpatient",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="enrollment.patient",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged_from",
                to="enrollment.patient",
            ),
        ),
        SamePractice("enrollment_patient", "merged_into_id", "enrollment_patient"),
    ]
