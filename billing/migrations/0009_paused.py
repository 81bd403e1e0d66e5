"""A computation that was stopped."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One state more."""

    dependencies = [
        ("billing", "0008_flags"),
    ]

    operations = [
        migrations.AlterField(
            model_name="historicalmonthclose",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("computing", "computing"),
                    ("paused", "stopped while computing"),
                    ("in_review", "in review"),
                    ("prepared", "prepared for the seal"),
                    ("sealed", "sealed"),
                    ("sent", "sent"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="monthclose",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "open"),
                    ("computing", "computing"),
                    ("paused", "stopped while computing"),
                    ("in_review", "in review"),
                    ("prepared", "prepared for the seal"),
                    ("sealed", "sealed"),
                    ("sent", "sent"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
