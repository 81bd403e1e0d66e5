"""A reading refers to its practice's rows through the pair alone, and keeps no index that another begins with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Half the checks and two indexes fewer a row; what SamePractice promises stands."""

    dependencies = [
        ("accounts", "0004_second_factor"),
        ("enrollment", "0007_looked_after"),
        ("monitoring", "0006_standing_from_the_start"),
    ]

    operations = [
        migrations.AlterField(
            model_name="reading",
            name="delivery",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="monitoring.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="device",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="enrollment.device",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="enrollment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="enrollment.enrollment",
            ),
        ),
        migrations.AlterField(
            model_name="reading",
            name="practice",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AlterField(
            model_name="readingday",
            name="device",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="enrollment.device",
            ),
        ),
        migrations.AlterField(
            model_name="readingday",
            name="enrollment",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reading_days",
                to="enrollment.enrollment",
            ),
        ),
        migrations.AlterField(
            model_name="readingday",
            name="practice",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
    ]
