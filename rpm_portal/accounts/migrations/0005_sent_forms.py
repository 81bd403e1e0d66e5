"""Tables, columns, and triggers of this step."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables, columns, and triggers."""

    dependencies = [
        ("accounts", "0004_second_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="SentForm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                (
                    "body_digest",
                    models.CharField(help_text="Keyed, because a form may have a password.", max_length=64),
                ),
                ("status", models.PositiveSmallIntegerField(default=200)),
                ("location", models.CharField(blank=True, max_length=500)),
                ("sent_at", models.DateTimeField(db_index=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="sentform_once")],
            },
        ),
    ]
