"""Panels: files of patients that are brought in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import SamePractice


class Migration(migrations.Migration):
    """The file and its progress."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("enrollment", "0003_enrolling"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Panel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("checked", "checked"),
                            ("committing", "being committed"),
                            ("done", "done"),
                            ("failed", "failed"),
                        ],
                        default="checked",
                        max_length=10,
                    ),
                ),
                ("uploaded_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                ("body", models.BinaryField(null=True)),
                ("rows", models.PositiveIntegerField()),
                ("good", models.PositiveIntegerField()),
                ("same", models.PositiveIntegerField()),
                ("problems", models.JSONField(default=list)),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=200)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="PanelProgress",
            fields=[
                (
                    "panel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="progress",
                        serialize=False,
                        to="enrollment.panel",
                    ),
                ),
                ("done", models.PositiveIntegerField(default=0)),
                ("stage", models.CharField(blank=True, max_length=60)),
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
        SamePractice("enrollment_panelprogress", "panel_id", "enrollment_panel"),
    ]
