"""A locked month is locked in the database, for every path: ORM, bulk, admin, task, raw SQL."""

from django.db import migrations

from timetracking.months.lock_triggers import month_open


class Migration(migrations.Migration):
    """Time and calls."""

    dependencies = [("timetracking", "0002_promises")]

    operations = [month_open("timetracking_timeentry", "stopped_at"), month_open("timetracking_call", "ended_at")]
