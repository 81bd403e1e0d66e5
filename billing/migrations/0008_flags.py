"""What about a line asks for a second look, beside the engine's findings."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    """Lines computed before have none; they were reviewed without."""

    dependencies = [
        ("billing", "0007_cms_1500"),
    ]

    operations = [
        migrations.AddField(
            model_name="claimline",
            name="flags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=12),
                default=list,
                help_text="What an auditor would look at.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="historicalclaimline",
            name="flags",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=12),
                default=list,
                help_text="What an auditor would look at.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="claimline",
            name="needs_look",
            field=models.BooleanField(default=False, help_text="A finding or a flag asks for a human look."),
        ),
        migrations.AlterField(
            model_name="historicalclaimline",
            name="needs_look",
            field=models.BooleanField(default=False, help_text="A finding or a flag asks for a human look."),
        ),
    ]
