"""Readings are known by sender, identifier system and value; values outside a device's range are bounds."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """The columns, the table of what senders said, and what the database promises of them."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("enrollment", "0015_clinics_by_marks"),
        ("monitoring", "0008_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SenderStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("vendor_system", models.CharField(blank=True, max_length=80)),
                ("vendor_id", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("retracted", "taken back"),
                            ("confirmed", "the same values, said again later"),
                            ("other_name", "another name for a reading"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "measured_at",
                    models.DateTimeField(help_text="Of the reading that is taken back, where it was told.", null=True),
                ),
                ("amended", models.BooleanField(default=False)),
                ("issued_at", models.DateTimeField(null=True)),
                ("entry", models.PositiveIntegerField(help_text="Its place in the body.")),
                ("made_at", models.DateTimeField()),
                ("applied_at", models.DateTimeField(help_text="When a retraction met its reading.", null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="reading",
            name="reading_once",
        ),
        migrations.RemoveConstraint(
            model_name="reading",
            name="reading_once_by_vendor",
        ),
        migrations.RemoveConstraint(
            model_name="unmatchedreading",
            name="unmatched_once",
        ),
        migrations.AddField(
            model_name="reading",
            name="amended",
            field=models.BooleanField(db_default=False, default=False, help_text="The sender's status said so."),
        ),
        migrations.AddField(
            model_name="reading",
            name="bounds",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Comparators of the values that are bounds, by comma: > with 600 is >600.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="entry",
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="Its place in the body."),
        ),
        migrations.AddField(
            model_name="reading",
            name="issued_at",
            field=models.DateTimeField(help_text="When the sender made this version available.", null=True),
        ),
        migrations.AddField(
            model_name="reading",
            name="sender",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="Whose name vendor_id is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.source",
            ),
        ),
        migrations.AddField(
            model_name="reading",
            name="vendor_system",
            field=models.CharField(blank=True, db_default="", max_length=80),
        ),
        migrations.AddField(
            model_name="reading",
            name="version_of",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The first version, of what the sender named once.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.reading",
            ),
        ),
        migrations.AddField(
            model_name="source",
            name="renews",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The first source of the same sender, where this one replaced its key.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.source",
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="last_bounds",
            field=models.CharField(db_default="", default="", max_length=8),
        ),
        migrations.AddField(model_name="unmatchedreading", name="issued_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="unmatchedreading",
            name="vendor_id",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="unmatchedreading",
            name="vendor_system",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="unmatchedreading",
            name="digest",
            field=models.CharField(
                help_text="What makes it wait once; with the delivery where it came anew.", max_length=90
            ),
        ),
        migrations.AlterField(
            model_name="unmatchedreading",
            name="reason",
            field=models.CharField(
                choices=[
                    ("unknown_device", "no device with this serial number in the practice"),
                    ("not_assigned", "the device was with nobody at that time"),
                    ("future", "measured more than five minutes in the future"),
                    ("impossible", "a value no living person has"),
                    ("unknown_unit", "a unit or device range that is not known for this measure"),
                    ("unreadable", "a part is missing or not understood"),
                    ("same_name", "the sender's identifier names two measurements; both are kept"),
                    ("voided_here", "a person of the practice voided this reading before the sender changed it"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="unmatchedreading",
            name="resolution",
            field=models.CharField(
                blank=True,
                choices=[
                    ("placed", "placed when it was tried again"),
                    ("set_aside", "set aside by a person"),
                    ("taken_back", "taken back by the sender"),
                ],
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(
                condition=models.Q(("vendor_id", ""), _negated=True),
                fields=["sender", "vendor_id"],
                name="reading_by_name",
            ),
        ),
        migrations.AddIndex(
            model_name="unmatchedreading",
            index=models.Index(
                condition=models.Q(("vendor_id", ""), _negated=True),
                fields=["practice", "vendor_id"],
                name="unmatched_by_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(
                condition=models.Q(("voided_at__isnull", True), ("voided_by__isnull", False), _connector="OR"),
                fields=("device", "metric", "measured_at", "value", "value_2", "source_kind", "bounds"),
                name="reading_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="unmatchedreading",
            constraint=models.UniqueConstraint(
                condition=models.Q(("resolved_at__isnull", True), ("resolution", "set_aside"), _connector="OR"),
                fields=("practice", "digest"),
                name="unmatched_once",
            ),
        ),
        migrations.AddField(
            model_name="senderstatement",
            name="delivery",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.delivery"
            ),
        ),
        migrations.AddField(
            model_name="senderstatement",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddField(
            model_name="senderstatement",
            name="reading",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.reading"
            ),
        ),
        migrations.AddField(
            model_name="senderstatement",
            name="sender",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.source"
            ),
        ),
        migrations.AddIndex(
            model_name="senderstatement",
            index=models.Index(fields=["sender", "vendor_id"], name="senderstatement_by_name"),
        ),
        migrations.AddConstraint(
            model_name="senderstatement",
            constraint=models.UniqueConstraint(
                fields=("delivery", "entry", "vendor_id", "kind"), name="senderstatement_once"
            ),
        ),
        SamePractice("monitoring_reading", "sender_id", "monitoring_source"),
        SamePractice("monitoring_reading", "version_of_id", "monitoring_reading"),
        SamePractice("monitoring_source", "renews_id", "monitoring_source"),
        SamePractice("monitoring_senderstatement", "sender_id", "monitoring_source"),
        SamePractice("monitoring_senderstatement", "reading_id", "monitoring_reading"),
        SamePractice("monitoring_senderstatement", "delivery_id", "monitoring_delivery"),
        AppendOnly("monitoring_senderstatement", marks=("applied_at",)),
    ]
