"""Visits: whose minutes are billed as evaluation and management."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice
from timetracking.months.lock_triggers import month_open


class Migration(migrations.Migration):
    """The table and its promises."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("enrollment", "0002_promises"),
        ("timetracking", "0003_month_lock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.CharField(blank=True, max_length=300, null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="enrollment.patient"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["patient", "started_at"], name="visit_of_patient")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__gt", models.F("started_at"))),
                        name="visit_ends_after_it_starts",
                        violation_error_message="A visit ends after it starts.",
                    )
                ],
            },
        ),
        SamePractice("timetracking_visit", "patient_id", "enrollment_patient"),
        AppendOnly("timetracking_visit", marks=("voided_at", "void_reason")),
        month_open("timetracking_visit", "ended_at"),
    ]
