"""Rows agree on their practice, a snooze is never rewritten, and every fact that moves is counted."""

from django.db import migrations

from rpm_portal.core.db.triggers import AppendOnly, SamePractice
from rpm_portal.pages.worklist.cache.invalidation_triggers import (
    FACTS,
    LIVE_CALLS,
    NARROW,
    NO_LIVE_CALLS,
    NO_READING_DAYS,
    NO_ROWS,
    READING_DAYS,
    ROWS,
    VALUES,
    Moves,
)


class Migration(migrations.Migration):
    """After every room's tables."""

    dependencies = [
        ("worklist", "0001_initial"),
        ("accounts", "0003_named_members"),
        ("enrollment", "0007_looked_after"),
        ("monitoring", "0006_standing_from_the_start"),
        ("timetracking", "0009_messages"),
        ("billing", "0005_sending"),
    ]

    operations = [
        SamePractice("worklist_kept", "enrollment_id", "enrollment_enrollment"),
        SamePractice("worklist_kept", "payer_id", "enrollment_payer"),
        SamePractice("worklist_snooze", "enrollment_id", "enrollment_enrollment"),
        AppendOnly("worklist_snooze"),
        migrations.RunSQL(NARROW, migrations.RunSQL.noop),
        migrations.RunSQL(ROWS, NO_ROWS),
        *(Moves(table, leads) for table, leads in FACTS.items()),
        *(Moves(table, leads, "values_moved") for table, leads in VALUES.items()),
        migrations.RunSQL(READING_DAYS, NO_READING_DAYS),
        migrations.RunSQL(LIVE_CALLS, NO_LIVE_CALLS),
    ]
