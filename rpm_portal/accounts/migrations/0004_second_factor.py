"""Who signs in with a second factor. Practices that stand keep as they were until somebody decides."""

from django.db import migrations, models

CHOICES = [
    ("everybody", "everybody"),
    ("signers", "who signs, seals, sends, exports or manages"),
    ("nobody", "nobody"),
]
HELP = "Who signs in with a code or a key beside the password."


class Migration(migrations.Migration):
    """Added as nobody for what stands, everybody for what comes."""

    dependencies = [("accounts", "0003_named_members")]

    operations = [
        operation
        for model in ("practice", "historicalpractice")
        for operation in (
            migrations.AddField(
                model,
                "second_factor",
                models.CharField(choices=CHOICES, default="nobody", help_text=HELP, max_length=10),
                preserve_default=False,
            ),
            migrations.AlterField(
                model,
                "second_factor",
                models.CharField(choices=CHOICES, default="everybody", help_text=HELP, max_length=10),
            ),
        )
    ]
