"""A practice's places, and where each patient is seen."""

import django.db.models.deletion
from django.db import migrations, models

from rpm_portal.core.db.triggers import SamePractice


def _clinic(on_delete: object, **more: object) -> models.ForeignKey:
    told = {"blank": True, "null": True, "db_constraint": False, "help_text": "Where the patient is seen."} | more
    return models.ForeignKey(to="enrollment.clinic", on_delete=on_delete, related_name="+", **told)


class Migration(migrations.Migration):
    """Nobody is seen at a place by name so far."""

    dependencies = [("accounts", "0008_single_sign_on"), ("enrollment", "0011_no_calls")]

    operations = [
        migrations.CreateModel(
            name="Clinic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("closed", models.BooleanField(
                    default=False, help_text="Said beside its name; who is there stays there, and no file brings others.")),
                ("practice", models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("practice", "name"), name="clinic_once_in_practice")],
            },
        ),
        migrations.AddField("enrollment", "clinic", _clinic(django.db.models.deletion.PROTECT, db_index=False)),
        migrations.AddField("historicalenrollment", "clinic", _clinic(django.db.models.deletion.DO_NOTHING)),
        SamePractice("enrollment_enrollment", "clinic_id", "enrollment_clinic"),
    ]  # fmt: skip
