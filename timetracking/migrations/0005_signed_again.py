"""A day is signed again for work that was put on file after its signature."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """The number of a signature of the day."""

    dependencies = [
        ("accounts", "0002_database"),
        ("timetracking", "0004_merge_0003_call_question_0003_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="daysignature",
            name="daysignature_once",
        ),
        migrations.AddField(
            model_name="daysignature",
            name="number",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddConstraint(
            model_name="daysignature",
            constraint=models.UniqueConstraint(fields=("practice", "staff", "day", "number"), name="daysignature_once"),
        ),
    ]
