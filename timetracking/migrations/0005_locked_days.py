"""Dates that decide a month cannot be entered into one that is locked."""

from django.db import migrations

from timetracking.months.lock_triggers import day_open


class Migration(migrations.Migration):
    """Orders, consents, starts and ends of service."""

    dependencies = [("timetracking", "0004_visits"), ("enrollment", "0003_enrolling")]

    operations = [
        day_open("enrollment_order", "starts_on"),
        day_open("enrollment_consent", "given_on"),
        day_open("enrollment_consent", "withdrawn_on"),
        day_open("enrollment_enrollment", "started_on"),
        day_open("enrollment_enrollment", "discharged_on"),
    ]
