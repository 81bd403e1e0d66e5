"""What is done about refusals, and evidence packets made in the background."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """Steps are append-only; runs and items are work, and may be put away."""

    dependencies = [
        ("accounts", "0004_second_factor"),
        ("billing", "0005_sending"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DenialStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("looked", "looked into"),
                            ("appealed", "appealed"),
                            ("corrected", "corrected, or paid after all"),
                            ("written_off", "written off"),
                        ],
                        max_length=11,
                    ),
                ),
                ("note", models.CharField(max_length=300)),
                ("taken_at", models.DateTimeField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="billing.answer"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["taken_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PacketRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("letter", models.TextField(blank=True, help_text="Printed before the list of claims.")),
                ("asked_at", models.DateTimeField()),
                ("rung_at", models.DateTimeField(help_text="When the worker was last told of it.")),
                (
                    "cleared_at",
                    models.DateTimeField(help_text="When the finished packets were put away again.", null=True),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="PacketItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(blank=True, max_length=40)),
                ("body", models.BinaryField(null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("holes", models.JSONField(default=list)),
                ("error", models.CharField(blank=True, max_length=100)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="items", to="billing.packetrun"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None)), fields=["run", "number"], name="packetitem_waiting"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("run", "claim"), name="packetitem_once")],
            },
        ),
        SamePractice("billing_denialstep", "answer_id", "billing_answer"),
        SamePractice("billing_packetitem", "run_id", "billing_packetrun"),
        SamePractice("billing_packetitem", "claim_id", "billing_claim"),
        AppendOnly("billing_denialstep"),
    ]
