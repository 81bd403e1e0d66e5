"""Promises of the database: rows agree on their practice, and what happened is not rewritten."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """After the tables are made."""

    dependencies = [("monitoring", "0001_initial"), ("enrollment", "0002_promises")]

    operations = [
        SamePractice("monitoring_delivery", "source_id", "monitoring_source"),
        SamePractice("monitoring_reading", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_reading", "device_id", "enrollment_device"),
        SamePractice("monitoring_reading", "delivery_id", "monitoring_delivery"),
        SamePractice("monitoring_readingday", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_readingday", "device_id", "enrollment_device"),
        SamePractice("monitoring_standing", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_unmatchedreading", "delivery_id", "monitoring_delivery"),
        SamePractice("monitoring_threshold", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_alert", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_alert", "reading_id", "monitoring_reading"),
        SamePractice("monitoring_review", "enrollment_id", "enrollment_enrollment"),
        SamePractice("monitoring_review", "alert_id", "monitoring_alert"),
        AppendOnly("monitoring_reading"),
        AppendOnly("monitoring_review"),
        AppendOnly("monitoring_delivery", marks=("outcome",)),
        AppendOnly("monitoring_unmatchedreading", marks=("resolved_at",)),
    ]
