"""Member ids stand sealed in their column, and are found through a blind index."""

import django.core.validators
from django.db import migrations, models

import rpm_portal.core.db.encrypted_fields


class Migration(migrations.Migration):
    """The columns; the next migration seals what stands."""

    dependencies = [
        ("accounts", "0005_invitations"),
        ("enrollment", "0007_looked_after"),
    ]

    operations = [
        migrations.AddField(
            model_name="coverage",
            name="member_index",
            field=rpm_portal.core.db.encrypted_fields.BlindIndexField(of="member_id"),
        ),
        migrations.AlterField(
            model_name="coverage",
            name="member_id",
            field=rpm_portal.core.db.encrypted_fields.SealedTextField(
                max_length=30, validators=[django.core.validators.MaxLengthValidator(30)]
            ),
        ),
        migrations.AlterField(
            model_name="historicalcoverage",
            name="member_id",
            field=rpm_portal.core.db.encrypted_fields.SealedTextField(
                max_length=30, validators=[django.core.validators.MaxLengthValidator(30)]
            ),
        ),
        migrations.AddIndex(
            model_name="coverage",
            index=models.Index(fields=["practice", "member_index"], name="coverage_by_member"),
        ),
    ]
