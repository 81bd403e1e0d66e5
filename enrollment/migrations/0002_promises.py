"""Promises of the database: rows agree on their practice, and what happened is not rewritten."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """After the tables are made."""

    dependencies = [("enrollment", "0001_initial"), ("accounts", "0001_initial")]

    operations = [
        SamePractice("enrollment_device", "model_id", "enrollment_devicemodel"),
        SamePractice("enrollment_deviceassignment", "device_id", "enrollment_device"),
        SamePractice("enrollment_deviceassignment", "enrollment_id", "enrollment_enrollment"),
        SamePractice("enrollment_enrollment", "patient_id", "enrollment_patient"),
        SamePractice("enrollment_enrollment", "billing_provider_id", "accounts_membership"),
        SamePractice("enrollment_enrollment", "supervised_by_id", "accounts_membership"),
        SamePractice("enrollment_episode", "enrollment_id", "enrollment_enrollment"),
        SamePractice("enrollment_order", "enrollment_id", "enrollment_enrollment"),
        SamePractice("enrollment_order", "ordered_by_id", "accounts_membership"),
        SamePractice("enrollment_consent", "enrollment_id", "enrollment_enrollment"),
        SamePractice("enrollment_coverage", "patient_id", "enrollment_patient"),
        SamePractice("enrollment_coverage", "payer_id", "enrollment_payer"),
        AppendOnly("enrollment_order"),
        AppendOnly("enrollment_consent", marks=("withdrawn_on",)),
    ]
