"""The CMS-1500 form as a way claims leave, with the printer's margins."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Margins in points, and the third shape of an export."""

    dependencies = [
        ("billing", "0006_denials_and_packets"),
    ]

    operations = [
        migrations.AddField(
            model_name="claimsetup",
            name="form_left",
            field=models.PositiveSmallIntegerField(
                default=24,
                help_text="In points; move the print until it meets the form.",
                verbose_name="CMS-1500 left margin",
            ),
        ),
        migrations.AddField(
            model_name="claimsetup",
            name="form_top",
            field=models.PositiveSmallIntegerField(
                default=20, help_text="In points.", verbose_name="CMS-1500 top margin"
            ),
        ),
        migrations.AddField(
            model_name="historicalclaimsetup",
            name="form_left",
            field=models.PositiveSmallIntegerField(
                default=24,
                help_text="In points; move the print until it meets the form.",
                verbose_name="CMS-1500 left margin",
            ),
        ),
        migrations.AddField(
            model_name="historicalclaimsetup",
            name="form_top",
            field=models.PositiveSmallIntegerField(
                default=20, help_text="In points.", verbose_name="CMS-1500 top margin"
            ),
        ),
        migrations.AlterField(
            model_name="export",
            name="shape",
            field=models.CharField(choices=[("837p", "837P"), ("csv", "CSV"), ("1500", "CMS-1500")], max_length=4),
        ),
    ]
