"""The day from which device windows are fixed is a dated row of billing, no longer a column of the enrollment."""

from django.db import migrations


class Migration(migrations.Migration):
    """The column goes from the enrollment and from its history."""

    dependencies = [("enrollment", "0015_clinics_by_marks")]

    operations = [
        migrations.RemoveField("enrollment", "device_anchor_on"),
        migrations.RemoveField("historicalenrollment", "device_anchor_on"),
    ]
