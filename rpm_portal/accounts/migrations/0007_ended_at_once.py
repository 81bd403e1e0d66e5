"""A role that ends on the day it began is out at once."""

import django.contrib.postgres.constraints
from django.db import migrations, models


class Migration(migrations.Migration):
    """Days alone could not say it; a role that ended so keeps no other out."""

    dependencies = [
        ("accounts", "0006_emergency_access"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_one_at_a_time",
        ),
        migrations.AddField(
            model_name="historicalmembership",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Set where a role ended on the day it began.", null=True
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="ended_at",
            field=models.DateTimeField(
                blank=True, editable=False, help_text="Set where a role ended on the day it began.", null=True
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                expressions=[
                    (models.Func(models.F("user"), models.F("user"), models.Value("[]"), function="int8range"), "&&"),
                    (
                        models.Func(
                            models.F("practice"), models.F("practice"), models.Value("[]"), function="int8range"
                        ),
                        "&&",
                    ),
                    (
                        models.Func(
                            models.F("starts_on"), models.F("ends_on"), models.Value("[]"), function="daterange"
                        ),
                        "&&",
                    ),
                ],
                name="membership_one_at_a_time",
                violation_error_message="This person already has a role in the practice on these days; end it first.",
            ),
        ),
    ]
