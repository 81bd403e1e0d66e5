"""Promises of the database: rows agree on their practice, and what happened is not rewritten."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """After the tables are made."""

    dependencies = [("timetracking", "0001_initial"), ("enrollment", "0002_promises")]

    operations = [
        SamePractice("timetracking_timeentry", "enrollment_id", "enrollment_enrollment"),
        SamePractice("timetracking_timeentry", "replaces_id", "timetracking_timeentry"),
        SamePractice("timetracking_call", "enrollment_id", "enrollment_enrollment"),
        SamePractice("timetracking_monthtotal", "enrollment_id", "enrollment_enrollment"),
        AppendOnly(
            "timetracking_timeentry",
            marks=("stopped_at", "voided_at", "voided_by_id", "void_reason"),
            free=("seen_at",),
        ),
        AppendOnly("timetracking_call", marks=("voided_at", "void_reason"), free=("is_live",)),
        AppendOnly("timetracking_daysignature"),
    ]
