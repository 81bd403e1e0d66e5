"""Bodies of deliveries are rows of their own."""

import django.db.models.deletion
from django.db import migrations, models

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """No deployment exists: there are no bodies to move."""

    dependencies = [
        ("accounts", "0009_sign_in_addresses"),
        ("monitoring", "0011_vendor_readings"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="delivery",
            name="body",
        ),
        migrations.CreateModel(
            name="DeliveryBody",
            fields=[
                (
                    "delivery",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="kept_body",
                        serialize=False,
                        to="monitoring.delivery",
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("body", models.BinaryField()),
                (
                    "practice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.practice",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "delivery bodies",
            },
        ),
        SamePractice("monitoring_deliverybody", "delivery_id", "monitoring_delivery"),
        AppendOnly("monitoring_deliverybody"),
    ]
