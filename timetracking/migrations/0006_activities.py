"""What a practice calls its activities."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Names with a history."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("timetracking", "0005_locked_days"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalActivityName",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "activity",
                    models.CharField(
                        choices=[
                            ("review", "Reviewing readings"),
                            ("plan", "Adjusting the plan"),
                            ("call", "Calling the patient"),
                            ("caregiver", "Calling a caregiver"),
                            ("coordinate", "Coordinating care"),
                            ("educate", "Educating"),
                            ("document", "Documenting"),
                            ("setup", "Set-up and shipping"),
                            ("support", "Technical support"),
                            ("admin", "Insurance and scheduling"),
                        ],
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("offered", models.BooleanField(default=True)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical activity name",
                "verbose_name_plural": "historical activity names",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ActivityName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "activity",
                    models.CharField(
                        choices=[
                            ("review", "Reviewing readings"),
                            ("plan", "Adjusting the plan"),
                            ("call", "Calling the patient"),
                            ("caregiver", "Calling a caregiver"),
                            ("coordinate", "Coordinating care"),
                            ("educate", "Educating"),
                            ("document", "Documenting"),
                            ("setup", "Set-up and shipping"),
                            ("support", "Technical support"),
                            ("admin", "Insurance and scheduling"),
                        ],
                        max_length=12,
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("offered", models.BooleanField(default=True)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("practice", "activity"), name="activityname_once")],
            },
        ),
    ]
