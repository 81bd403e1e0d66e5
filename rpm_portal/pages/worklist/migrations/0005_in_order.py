"""The lists' own orders as indexes, with never before any day: a first page ends where it is full, however many follow."""

from django.db import migrations


class Migration(migrations.Migration):
    """An index over nulls first cannot end a scan; one over the expression can."""

    dependencies = [("worklist", "0004_drawn"), ("monitoring", "0007_checked_once")]

    operations = [
        migrations.RemoveIndex("kept", "kept_by_call"),
        migrations.RunSQL(
            """
            CREATE INDEX kept_uncalled ON worklist_kept (practice_id, coalesce(live_on, '-infinity'::date), enrollment_id)
              WHERE active;
            DROP INDEX standing_silent;
            CREATE INDEX standing_silent ON monitoring_standing
              (practice_id, coalesce(last_reading_at, '-infinity'::timestamptz), enrollment_id);
            """,
            """
            DROP INDEX kept_uncalled;
            DROP INDEX standing_silent;
            CREATE INDEX standing_silent ON monitoring_standing (practice_id, last_reading_at NULLS FIRST, enrollment_id);
            """,
        ),
    ]
