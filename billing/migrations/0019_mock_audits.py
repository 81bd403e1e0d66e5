"""Mock audits: samples of what was billed and what was concluded of them, written once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """The tables and what the database promises of them."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("billing", "0018_export_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MockAudit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("first_month", models.DateField()),
                ("last_month", models.DateField()),
                (
                    "drawn_from",
                    models.PositiveIntegerField(help_text="How many claims of these months had an approved line."),
                ),
                ("seed", models.PositiveBigIntegerField()),
                ("drawn_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drawn_by",
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
                "ordering": ["-drawn_at"],
            },
        ),
        migrations.CreateModel(
            name="CheckedClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "conclusion",
                    models.CharField(
                        choices=[("supported", "supported by the record"), ("not", "not supported by the record")],
                        max_length=9,
                        null=True,
                    ),
                ),
                ("note", models.CharField(max_length=300, null=True)),
                ("concluded_at", models.DateTimeField(null=True)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                    ),
                ),
                (
                    "concluded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "audit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="billing.mockaudit"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("audit", "claim"), name="checkedclaim_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("concluded_at__isnull", True),
                                ("concluded_by__isnull", True),
                                ("conclusion__isnull", True),
                            ),
                            models.Q(
                                ("concluded_at__isnull", False),
                                ("concluded_by__isnull", False),
                                ("conclusion__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="checkedclaim_whole",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("conclusion", "not"), _negated=True),
                            models.Q(("note__isnull", False), models.Q(("note", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="checkedclaim_says_why_not",
                    ),
                ],
            },
        ),
        SamePractice("billing_checkedclaim", "audit_id", "billing_mockaudit"),
        SamePractice("billing_checkedclaim", "claim_id", "billing_claim"),
        AppendOnly("billing_mockaudit", marks=("closed_at", "closed_by_id")),
        AppendOnly("billing_checkedclaim", marks=("conclusion", "note", "concluded_at", "concluded_by_id")),
    ]
