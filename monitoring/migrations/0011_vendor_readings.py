"""The senders' names of readings are rows of their own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """No deployment exists: there are no names to move."""

    dependencies = [
        ("accounts", "0009_sign_in_addresses"),
        ("enrollment", "0016_no_device_anchor"),
        ("monitoring", "0010_reading_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VendorReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_system", models.CharField(blank=True, max_length=80)),
                ("vendor_id", models.CharField(max_length=80)),
                ("reading_measured_at", models.DateTimeField()),
                ("entry", models.PositiveIntegerField(help_text="Its place in that body.", null=True)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="reading",
            name="reading_by_name",
        ),
        migrations.RemoveField(
            model_name="reading",
            name="sender",
        ),
        migrations.RemoveField(
            model_name="reading",
            name="vendor_id",
        ),
        migrations.RemoveField(
            model_name="reading",
            name="vendor_system",
        ),
        migrations.AlterField(
            model_name="senderstatement",
            name="kind",
            field=models.CharField(
                choices=[("retracted", "taken back"), ("confirmed", "the same values, said again later")], max_length=12
            ),
        ),
        migrations.AlterField(
            model_name="senderstatement",
            name="reading",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(
                condition=models.Q(("version_of__isnull", False)), fields=["version_of"], name="reading_versions"
            ),
        ),
        migrations.AddField(
            model_name="vendorreading",
            name="delivery",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The body that said it, where the reading was kept before under another name or none.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.delivery",
            ),
        ),
        migrations.AddField(
            model_name="vendorreading",
            name="practice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.practice",
            ),
        ),
        migrations.AddField(
            model_name="vendorreading",
            name="reading",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="names",
                to="monitoring.reading",
            ),
        ),
        migrations.AddField(
            model_name="vendorreading",
            name="sender",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.source",
            ),
        ),
        migrations.AddIndex(
            model_name="vendorreading",
            index=models.Index(fields=["sender", "vendor_id"], name="vendorreading_by_name"),
        ),
        migrations.AddConstraint(
            model_name="vendorreading",
            constraint=models.UniqueConstraint(
                fields=("reading", "sender", "vendor_id", "vendor_system"), name="vendorreading_once"
            ),
        ),
        SamePractice("monitoring_vendorreading", "sender_id", "monitoring_source"),
        SamePractice("monitoring_vendorreading", "delivery_id", "monitoring_delivery"),
        SamePractice(
            "monitoring_vendorreading",
            "reading_id",
            "monitoring_reading",
            also=("reading_measured_at", "measured_at"),
        ),
        AppendOnly("monitoring_vendorreading"),
    ]
