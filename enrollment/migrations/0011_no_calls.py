"""Patients who asked not to be called."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Nobody so far."""

    dependencies = [
        ("enrollment", "0010_sealed_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalpatient",
            name="no_calls",
            field=models.BooleanField(
                default=False,
                help_text="The patient asked not to be called; write, or speak to who cares for them.",
                verbose_name="do not call",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="no_calls",
            field=models.BooleanField(
                default=False,
                help_text="The patient asked not to be called; write, or speak to who cares for them.",
                verbose_name="do not call",
            ),
        ),
    ]
