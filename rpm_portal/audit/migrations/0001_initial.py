"""The tables of audit."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ChainHead",
                    fields=[
                        (
                            "practice",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                primary_key=True,
                                serialize=False,
                                to="accounts.practice",
                            ),
                        ),
                        ("number", models.PositiveBigIntegerField(default=0)),
                        ("digest", models.CharField(default="", max_length=64)),
                        (
                            "kept_number",
                            models.PositiveBigIntegerField(
                                default=0, help_text="The last link that was written elsewhere."
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveBigIntegerField()),
                        ("at", models.DateTimeField()),
                        ("role", models.CharField(blank=True, max_length=20)),
                        ("action", models.CharField(max_length=40)),
                        ("subject", models.CharField(blank=True, max_length=60)),
                        ("detail", models.JSONField(default=dict)),
                        ("digest", models.CharField(max_length=64)),
                        (
                            "actor",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "indexes": [models.Index(fields=["practice", "subject", "-number"], name="event_by_subject")],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "number"), name="event_numbered_in_practice")
                        ],
                    },
                ),
            ]
        ),
    ]
