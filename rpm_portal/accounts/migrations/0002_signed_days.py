"""Whether lines wait for signed days, and how long a person's shift is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Two settings."""

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalmembership",
            name="shift_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="My day shows the work against it; nothing else does.",
                null=True,
                verbose_name="shift, minutes a day",
            ),
        ),
        migrations.AddField(
            model_name="historicalpractice",
            name="days_signed",
            field=models.BooleanField(
                default=True,
                help_text="A claim line is not sealed while a day it rests on lacks its person's signature.",
                verbose_name="lines wait for signed days",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="shift_minutes",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="My day shows the work against it; nothing else does.",
                null=True,
                verbose_name="shift, minutes a day",
            ),
        ),
        migrations.AddField(
            model_name="practice",
            name="days_signed",
            field=models.BooleanField(
                default=True,
                help_text="A claim line is not sealed while a day it rests on lacks its person's signature.",
                verbose_name="lines wait for signed days",
            ),
        ),
    ]
