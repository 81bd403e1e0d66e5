"""The practice of a reading is checked with its enrollment, once."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """One foreign key less for each reading."""

    dependencies = [
        ("accounts", "0009_sign_in_addresses"),
        ("monitoring", "0012_delivery_bodies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="reading",
            name="practice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.practice",
            ),
        ),
    ]
