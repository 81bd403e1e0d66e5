"""What a row shows of its facts and values is kept drawn; every row is made anew when somebody looks, or at night."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The line of fourteen days was kept as numbers that every page drew again."""

    dependencies = [("worklist", "0003_lines_that_count")]

    operations = [
        migrations.RemoveField("kept", "spark"),
        migrations.AddField("kept", "drawn", models.TextField(
            db_default="", help_text="The parts of the row that follow from facts, as they are shown.")),
        migrations.AddField("kept", "drawn_values", models.TextField(
            db_default="", help_text="The line of fourteen days and its arrow, as they are shown.")),
        migrations.AlterField("kept", "release", models.CharField(
            max_length=12, db_default="", help_text="Engine, codes and template it was made with.")),
    ]  # fmt: skip
