"""Writing with the patient is an activity of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One choice more."""

    dependencies = [
        ("timetracking", "0008_contacts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="activityname",
            name="activity",
            field=models.CharField(
                choices=[
                    ("review", "Reviewing readings"),
                    ("plan", "Adjusting the plan"),
                    ("call", "Calling the patient"),
                    ("caregiver", "Calling a caregiver"),
                    ("message", "Writing with the patient"),
                    ("coordinate", "Coordinating care"),
                    ("educate", "Educating"),
                    ("document", "Documenting"),
                    ("setup", "Set-up and shipping"),
                    ("support", "Technical support"),
                    ("admin", "Insurance and scheduling"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="historicalactivityname",
            name="activity",
            field=models.CharField(
                choices=[
                    ("review", "Reviewing readings"),
                    ("plan", "Adjusting the plan"),
                    ("call", "Calling the patient"),
                    ("caregiver", "Calling a caregiver"),
                    ("message", "Writing with the patient"),
                    ("coordinate", "Coordinating care"),
                    ("educate", "Educating"),
                    ("document", "Documenting"),
                    ("setup", "Set-up and shipping"),
                    ("support", "Technical support"),
                    ("admin", "Insurance and scheduling"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="timeentry",
            name="activity",
            field=models.CharField(
                choices=[
                    ("review", "Reviewing readings"),
                    ("plan", "Adjusting the plan"),
                    ("call", "Calling the patient"),
                    ("caregiver", "Calling a caregiver"),
                    ("message", "Writing with the patient"),
                    ("coordinate", "Coordinating care"),
                    ("educate", "Educating"),
                    ("document", "Documenting"),
                    ("setup", "Set-up and shipping"),
                    ("support", "Technical support"),
                    ("admin", "Insurance and scheduling"),
                ],
                max_length=12,
            ),
        ),
    ]
