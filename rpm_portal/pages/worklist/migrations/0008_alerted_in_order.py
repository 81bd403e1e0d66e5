"""Those with an alert in every order a header chooses: a hundredth of a panel is not looked for among all of it."""

from django.db import migrations

_ALERTED = "open_critical > 0 OR open_high > 0"
_KEYS = {
    "name": "named",
    "spare": "coalesce(slack, 100::smallint)",
    "lacking": "coalesce(short_seconds, 100000)",
    "call": "coalesce(live_on, '-infinity'::date)",
}
_READ = "coalesce(last_reading_at, '-infinity'::timestamptz)"


class Migration(migrations.Migration):
    """They hold no row without an alert, so that keeping them costs nearly nothing."""

    dependencies = [("worklist", "0007_carried"), ("monitoring", "0007_checked_once")]

    operations = [
        *(
            migrations.RunSQL(
                f"CREATE INDEX kept_alerted_by_{name} ON worklist_kept (practice_id, {key}, enrollment_id) "
                f"WHERE active AND ({_ALERTED});",
                f"DROP INDEX kept_alerted_by_{name};",
            )
            for name, key in _KEYS.items()
        ),
        migrations.RunSQL(
            f"CREATE INDEX standing_alerted_by_reading ON monitoring_standing (practice_id, {_READ}, enrollment_id) "
            f"WHERE {_ALERTED};",
            "DROP INDEX standing_alerted_by_reading;",
        ),
    ]
