"""Notes of patients: written once, struck through once."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """The table and what the database promises of it."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("enrollment", "0015_clinics_by_marks"),
        ("monitoring", "0007_checked_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("text", models.TextField(max_length=4000)),
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
                ("written_at", models.DateTimeField()),
                ("voided_at", models.DateTimeField(null=True)),
                ("void_reason", models.CharField(max_length=300, null=True)),
                (
                    "enrollment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notes",
                        to="enrollment.enrollment",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-written_at", "-pk"],
                "indexes": [models.Index(fields=["enrollment", "-written_at"], name="note_of_enrollment")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("void_reason__isnull", True), ("voided_at__isnull", True)),
                            models.Q(
                                ("void_reason__isnull", False),
                                ("voided_at__isnull", False),
                                models.Q(("void_reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="note_void_says_why",
                    ),
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="note_says_something"),
                ],
            },
        ),
        SamePractice("monitoring_note", "enrollment_id", "enrollment_enrollment"),
        AppendOnly("monitoring_note", marks=("voided_at", "void_reason")),
    ]
