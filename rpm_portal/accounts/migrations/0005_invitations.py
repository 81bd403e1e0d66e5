"""Invitations by mail: a role that waits for its person."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
import rpm_portal.core.identifiers
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """Once kept, an invitation is only accepted or withdrawn, each once."""

    dependencies = [
        ("accounts", "0004_second_factor"),
    ]

    operations = [
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("email", models.EmailField(max_length=254)),
                ("given_name", models.CharField(max_length=80)),
                ("family_name", models.CharField(max_length=80)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("physician", "Physician"),
                            ("qhp", "Qualified health professional"),
                            ("clinical_staff", "Clinical staff"),
                            ("therapist", "Therapist"),
                            ("therapist_assistant", "Therapist assistant"),
                            ("manager", "Practice manager"),
                            ("biller", "Biller"),
                            ("admin", "Administrator"),
                            ("auditor", "Auditor (read-only)"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "credential",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MD", "MD"),
                            ("DO", "DO"),
                            ("NP", "NP"),
                            ("PA", "PA"),
                            ("CNS", "CNS"),
                            ("RN", "RN"),
                            ("LPN", "LPN"),
                            ("MA", "MA"),
                            ("PT", "PT"),
                            ("OT", "OT"),
                            ("SLP", "SLP"),
                            ("PTA", "PTA"),
                            ("OTA", "OTA"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "npi",
                    models.CharField(
                        blank=True,
                        max_length=10,
                        validators=[rpm_portal.core.identifiers.validate_npi],
                        verbose_name="NPI",
                    ),
                ),
                ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                ("secret_digest", models.CharField(max_length=64, unique=True)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_as",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "invited_by",
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
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-invited_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                        fields=("practice", "email"),
                        name="invitation_one_open_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                        ),
                        name="invitation_accepted_or_withdrawn",
                    ),
                ],
            },
        ),
        SamePractice("accounts_invitation", "accepted_as_id", "accounts_membership"),
        AppendOnly("accounts_invitation", marks=("accepted_at", "accepted_as_id", "withdrawn_at", "withdrawn_by_id")),
    ]
