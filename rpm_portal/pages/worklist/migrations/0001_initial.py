"""The tables of worklist."""

import datetime

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("enrollment", "0001_initial"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="WorklistRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "listed",
                            models.BooleanField(
                                db_default=False,
                                help_text="Active; or not active, with an open alert or a device to get back. RPM and RTM.",
                            ),
                        ),
                        ("state", models.CharField(db_default="", max_length=10)),
                        ("started_on", models.DateField(null=True)),
                        ("discharged_on", models.DateField(null=True)),
                        ("program", models.CharField(db_default="", max_length=10)),
                        ("condition", models.CharField(db_default="", max_length=80)),
                        ("language", models.CharField(db_default="", max_length=10)),
                        (
                            "sort_name",
                            models.CharField(
                                db_default="", help_text="Family and given name in lower case.", max_length=170
                            ),
                        ),
                        (
                            "band",
                            models.SmallIntegerField(
                                db_default=0, help_text="0 snoozed, 1 now, 2 this week, 3 no action needed."
                            ),
                        ),
                        ("section", models.CharField(db_default="C", help_text="A, A3, B1 to B6, or C.", max_length=2)),
                        (
                            "rank",
                            models.BigIntegerField(db_default=0, help_text="The clinical order; smaller is first."),
                        ),
                        (
                            "place_until",
                            models.DateTimeField(
                                db_default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                help_text="When time alone changes the place.",
                            ),
                        ),
                        (
                            "place_version",
                            models.BigIntegerField(
                                db_default=1, help_text="Raised by the database when the place is due."
                            ),
                        ),
                        ("open_critical", models.PositiveIntegerField(db_default=0)),
                        ("open_high", models.PositiveIntegerField(db_default=0)),
                        (
                            "open_other",
                            models.PositiveIntegerField(
                                db_default=0, help_text="Low clinical alerts and adherence alerts."
                            ),
                        ),
                        (
                            "alert_owners",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                db_default=[],
                                help_text="Memberships that own an open alert.",
                                size=None,
                            ),
                        ),
                        ("last_reading_at", models.DateTimeField(null=True)),
                        ("last_metric", models.CharField(db_default="", max_length=20)),
                        ("last_value", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                        ("last_value_2", models.DecimalField(decimal_places=2, max_digits=7, null=True)),
                        ("last_bounds", models.CharField(db_default="", max_length=8)),
                        (
                            "live_on",
                            models.DateField(help_text="The last live call, in the practice's zone.", null=True),
                        ),
                        ("seconds", models.IntegerField(db_default=0, help_text="Tracked time of the calendar month.")),
                        ("reviewed_on", models.DateField(help_text="When the readings were last reviewed.", null=True)),
                        (
                            "unsigned_on",
                            models.DateField(
                                help_text="The first day of the month with time that is not signed.", null=True
                            ),
                        ),
                        (
                            "devices_out",
                            models.PositiveSmallIntegerField(
                                db_default=0, help_text="Devices to get back after the discharge."
                            ),
                        ),
                        ("snoozed_until", models.DateField(null=True)),
                        (
                            "alert",
                            models.JSONField(help_text="The most severe open alert, clinical ones first.", null=True),
                        ),
                        ("blocked", models.BooleanField(db_default=False)),
                        ("period_to", models.DateField(null=True)),
                        (
                            "slack",
                            models.SmallIntegerField(
                                help_text="Days that may still be missed; null if none is needed.", null=True
                            ),
                        ),
                        (
                            "short_seconds",
                            models.IntegerField(help_text="What the next management code lacks.", null=True),
                        ),
                        (
                            "ends_on",
                            models.DateField(
                                help_text="The last day of what ends first: a document, or the month.", null=True
                            ),
                        ),
                        (
                            "document_ends_on",
                            models.DateField(help_text="The last day of the document that ends first.", null=True),
                        ),
                        ("version", models.BigIntegerField(db_default=1)),
                        ("decided_version", models.BigIntegerField(db_default=0)),
                        (
                            "decided_on",
                            models.DateField(help_text="The practice's local day of the decision.", null=True),
                        ),
                        (
                            "release",
                            models.CharField(
                                db_default="", help_text="Engine and code set of the decision.", max_length=12
                            ),
                        ),
                        (
                            "billing_provider",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "clinic",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.clinic",
                            ),
                        ),
                        (
                            "enrollment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="worklist_row",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "looked_after_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "supervised_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "worklist_row",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("listed", True)),
                                fields=["practice", "band", "rank", "id"],
                                include=("open_critical", "place_until"),
                                name="worklist_place",
                            ),
                            models.Index(
                                condition=models.Q(("listed", True)),
                                fields=["practice", "band", "sort_name", "id"],
                                name="worklist_name",
                            ),
                            models.Index(
                                condition=models.Q(("listed", True)),
                                fields=["practice", "place_until"],
                                name="worklist_due",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Snooze",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("until_on", models.DateField()),
                        ("reason", models.CharField(max_length=200)),
                        ("at", models.DateTimeField()),
                        (
                            "ended_at",
                            models.DateTimeField(help_text="When a person brought the patient back.", null=True),
                        ),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="snoozes",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="SavedView",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=40)),
                        ("query", models.CharField(blank=True, max_length=300)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "user", "name"), name="savedview_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorklistDisplay",
                    fields=[
                        (
                            "row",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="display",
                                serialize=False,
                                to="worklist.worklistrow",
                            ),
                        ),
                        ("data", models.JSONField()),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "db_table": "worklist_display",
                    },
                ),
            ]
        ),
    ]
