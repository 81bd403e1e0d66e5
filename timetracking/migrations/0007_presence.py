"""Presence: intervals that were closed because nobody was there, and their owner's word for them."""

from django.db import migrations, models

from rpm_portal.core.db.triggers import AppendOnly

OLD = AppendOnly(
    "timetracking_timeentry", marks=("stopped_at", "voided_at", "voided_by_id", "void_reason"), free=("seen_at",)
)


class Migration(migrations.Migration):
    """Two marks that are set once; the guard of the table learns them."""

    dependencies = [
        ("timetracking", "0006_activities"),
    ]

    operations = [
        migrations.AddField(
            model_name="timeentry",
            name="auto_closed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="timeentry",
            name="confirmed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL(OLD.reverse_sql, OLD.sql),
        AppendOnly(
            "timetracking_timeentry",
            marks=("stopped_at", "voided_at", "voided_by_id", "void_reason", "auto_closed_at", "confirmed_at"),
            free=("seen_at",),
        ),
    ]
