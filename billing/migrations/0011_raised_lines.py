"""Lines over the engine's word: asked by one person, decided by another."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """Kept for ever: the ask is never rewritten, the decision is set once."""

    dependencies = [
        ("accounts", "0005_invitations"),
        ("billing", "0010_policy_drafts"),
        ("enrollment", "0007_looked_after"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RaisedLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("run", models.PositiveIntegerField(help_text="The computation whose word it is over.")),
                ("code", models.CharField(max_length=5)),
                ("units", models.PositiveSmallIntegerField()),
                ("dos", models.DateField(verbose_name="date of service")),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
                    ),
                ),
                ("why", models.CharField(max_length=300, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "close",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="raised", to="billing.monthclose"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enrollment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.enrollment"
                    ),
                ),
                (
                    "line",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="raised_by",
                        to="billing.claimline",
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
                "ordering": ["-asked_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at__isnull", True)),
                        fields=("close", "run", "enrollment", "code"),
                        name="raisedline_one_open_a_code",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decision__isnull", True),
                            models.Q(("decision", "approved"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                ("line__isnull", False),
                                models.Q(("decided_by", models.F("asked_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="raisedline_approved_by_a_second_person",
                    ),
                ],
            },
        ),
        SamePractice("billing_raisedline", "close_id", "billing_monthclose"),
        SamePractice("billing_raisedline", "enrollment_id", "enrollment_enrollment"),
        SamePractice("billing_raisedline", "line_id", "billing_claimline"),
        AppendOnly("billing_raisedline", marks=("decided_at", "decided_by_id", "decision", "why", "line_id")),
    ]
