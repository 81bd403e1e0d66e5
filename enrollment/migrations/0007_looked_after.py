"""Who looks after a patient."""

import django.db.models.deletion
from django.db import migrations, models

from rpm_portal.core.db.triggers import SamePractice


class Migration(migrations.Migration):
    """Alerts have an owner from the first second."""

    dependencies = [
        ("accounts", "0002_signed_days"),
        ("enrollment", "0006_merged"),
    ]

    operations = [
        migrations.AddField(
            model_name="enrollment",
            name="looked_after_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Who owns this patient's alerts from the first second.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        migrations.AddField(
            model_name="historicalenrollment",
            name="looked_after_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="Who owns this patient's alerts from the first second.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="accounts.membership",
            ),
        ),
        SamePractice("enrollment_enrollment", "looked_after_by_id", "accounts_membership"),
    ]
