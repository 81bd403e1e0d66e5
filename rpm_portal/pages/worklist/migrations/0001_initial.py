"""The tables of worklist."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("enrollment", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Snooze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until_on", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "enrollment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="snoozes", to="enrollment.enrollment"
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
            name="Kept",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active", models.BooleanField(db_default=False, help_text="An RPM or RTM enrollment that runs.")),
                ("live_on", models.DateField(help_text="The last live call, in the practice's zone.", null=True)),
                (
                    "belongs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        db_default=models.Value(
                            [], django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)
                        ),
                        help_text="Colleagues, clinic, payer, program, condition and language, by which filters name people.",
                        size=None,
                    ),
                ),
                ("last_reading_at", models.DateTimeField(null=True)),
                ("open_critical", models.PositiveIntegerField(db_default=0)),
                ("open_high", models.PositiveIntegerField(db_default=0)),
                ("facts_moved", models.BigIntegerField(db_default=1)),
                ("facts_kept", models.BigIntegerField(db_default=0)),
                ("values_moved", models.BigIntegerField(db_default=1)),
                ("values_kept", models.BigIntegerField(db_default=0)),
                ("kept_on", models.DateField(help_text="The practice's local day on which it was decided.", null=True)),
                (
                    "release",
                    models.CharField(
                        db_default="", help_text="Engine, codes and template it was made with.", max_length=12
                    ),
                ),
                ("period_from", models.DateField(null=True)),
                ("period_to", models.DateField(null=True)),
                (
                    "device_days",
                    models.SmallIntegerField(help_text="Days of the running period that count.", null=True),
                ),
                (
                    "device_need",
                    models.SmallIntegerField(help_text="Days the payer's longer code asks for.", null=True),
                ),
                (
                    "slack",
                    models.SmallIntegerField(
                        help_text="Days that may still be missed; null where none is needed.", null=True
                    ),
                ),
                ("short_seconds", models.IntegerField(help_text="What the next management code lacks.", null=True)),
                ("needs_call", models.BooleanField(db_default=False)),
                ("blocked", models.BooleanField(db_default=False)),
                (
                    "named",
                    models.CharField(
                        db_default="", help_text="Family and given name, as the list is sorted by.", max_length=170
                    ),
                ),
                (
                    "cells",
                    models.CharField(
                        db_default="", help_text="The thirty days of the period, a letter each.", max_length=30
                    ),
                ),
                ("statuses", models.JSONField(db_default=models.Value([], models.JSONField()))),
                ("findings", models.JSONField(db_default=models.Value([], models.JSONField()))),
                ("windows", models.JSONField(db_default=models.Value([], models.JSONField()))),
                ("paper", models.JSONField(db_default=models.Value({}, models.JSONField()))),
                ("policy", models.CharField(db_default="", max_length=80)),
                (
                    "drawn",
                    models.TextField(
                        db_default="", help_text="The parts of the row that follow from facts, as they are shown."
                    ),
                ),
                (
                    "drawn_values",
                    models.TextField(
                        db_default="", help_text="The line of fourteen days and its arrow, as they are shown."
                    ),
                ),
                ("snoozed_until", models.DateField(null=True)),
                ("snoozed_at", models.DateTimeField(null=True)),
                (
                    "enrollment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kept", to="enrollment.enrollment"
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.payer"
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
                "indexes": [
                    models.Index(
                        condition=models.Q(("active", True)),
                        fields=["practice", "enrollment"],
                        include=("live_on",),
                        name="kept_active",
                    ),
                    models.Index(
                        condition=models.Q(("active", True)),
                        fields=["practice", "named", "enrollment"],
                        name="kept_by_name",
                    ),
                    models.Index(
                        condition=models.Q(("active", True)), fields=["practice", "period_to"], name="kept_by_end"
                    ),
                    models.Index(
                        condition=models.Q(("active", True), ("blocked", True)),
                        fields=["practice"],
                        name="kept_blocked",
                    ),
                    models.Index(
                        condition=models.Q(("active", True), ("slack__isnull", False)),
                        fields=["practice", "slack"],
                        name="kept_slack",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("active", True)), fastupdate=False, fields=["belongs"], name="kept_belongs"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("practice", "user", "name"), name="savedview_once")],
            },
        ),
    ]
