"""Where a patient lives, and what kind of plan a payer is: a claim names both."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    """Columns; Medicare's payers are told as Part B."""

    dependencies = [
        ("enrollment", "0004_panels"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalpatient",
            name="city",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="historicalpatient",
            name="postal_code",
            field=models.CharField(
                blank=True,
                max_length=10,
                validators=[
                    django.core.validators.RegexValidator("^\\d{5}(-?\\d{4})?$", "A ZIP is 60601 or 60601-1234.")
                ],
                verbose_name="ZIP",
            ),
        ),
        migrations.AddField(
            model_name="historicalpatient",
            name="state",
            field=models.CharField(
                blank=True,
                max_length=2,
                validators=[django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")],
            ),
        ),
        migrations.AddField(
            model_name="historicalpatient",
            name="street",
            field=models.CharField(blank=True, max_length=55),
        ),
        migrations.AddField(
            model_name="historicalpayer",
            name="filing",
            field=models.CharField(
                choices=[
                    ("MB", "Medicare Part B"),
                    ("16", "Medicare Advantage (HMO)"),
                    ("MC", "Medicaid"),
                    ("BL", "Blue Cross Blue Shield"),
                    ("CI", "commercial"),
                ],
                default="CI",
                help_text="The claim filing indicator (SBR09).",
                max_length=2,
                verbose_name="kind of plan",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="city",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="patient",
            name="postal_code",
            field=models.CharField(
                blank=True,
                max_length=10,
                validators=[
                    django.core.validators.RegexValidator("^\\d{5}(-?\\d{4})?$", "A ZIP is 60601 or 60601-1234.")
                ],
                verbose_name="ZIP",
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="state",
            field=models.CharField(
                blank=True,
                max_length=2,
                validators=[django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")],
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="street",
            field=models.CharField(blank=True, max_length=55),
        ),
        migrations.AddField(
            model_name="payer",
            name="filing",
            field=models.CharField(
                choices=[
                    ("MB", "Medicare Part B"),
                    ("16", "Medicare Advantage (HMO)"),
                    ("MC", "Medicaid"),
                    ("BL", "Blue Cross Blue Shield"),
                    ("CI", "commercial"),
                ],
                default="CI",
                help_text="The claim filing indicator (SBR09).",
                max_length=2,
                verbose_name="kind of plan",
            ),
        ),
        migrations.RunSQL("UPDATE enrollment_payer SET filing = 'MB' WHERE is_medicare", migrations.RunSQL.noop),
    ]
