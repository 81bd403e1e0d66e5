"""The seal by two persons, and the billing provider's attestation."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.batch_operation import AtOnce
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """Columns of the seal, the table of attestations, and their promises."""

    dependencies = [
        ("accounts", "0002_signed_days"),
        ("billing", "0003_rates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attestation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("statement", models.TextField()),
                ("signed_as", models.CharField(max_length=200)),
                ("signed_at", models.DateTimeField()),
                (
                    "line_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="A line that is computed anew is another line.",
                        size=None,
                    ),
                ),
            ],
            options={
                "ordering": ["signed_at"],
            },
        ),
        AtOnce(
            migrations.AddField(
                model_name="claimline",
                name="needs_attestation",
                field=models.BooleanField(
                    default=False, help_text="The payer's policy asks the billing provider to attest to it."
                ),
            ),
            migrations.AddField(
                model_name="historicalclaimline",
                name="needs_attestation",
                field=models.BooleanField(
                    default=False, help_text="The payer's policy asks the billing provider to attest to it."
                ),
            ),
            migrations.AddField(
                model_name="historicalmonthclose",
                name="alone_reason",
                field=models.CharField(
                    blank=True, help_text="Why the person who prepared the seal also set it.", max_length=300
                ),
            ),
            migrations.AddField(
                model_name="historicalmonthclose",
                name="prepared_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="historicalmonthclose",
                name="prepared_by",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="monthclose",
                name="alone_reason",
                field=models.CharField(
                    blank=True, help_text="Why the person who prepared the seal also set it.", max_length=300
                ),
            ),
            migrations.AddField(
                model_name="monthclose",
                name="prepared_at",
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name="monthclose",
                name="prepared_by",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AlterField(
                model_name="historicalmonthclose",
                name="state",
                field=models.CharField(
                    choices=[
                        ("open", "open"),
                        ("computing", "computing"),
                        ("in_review", "in review"),
                        ("prepared", "prepared for the seal"),
                        ("sealed", "sealed"),
                        ("sent", "sent"),
                    ],
                    default="open",
                    max_length=10,
                ),
            ),
            migrations.AlterField(
                model_name="monthclose",
                name="state",
                field=models.CharField(
                    choices=[
                        ("open", "open"),
                        ("computing", "computing"),
                        ("in_review", "in review"),
                        ("prepared", "prepared for the seal"),
                        ("sealed", "sealed"),
                        ("sent", "sent"),
                    ],
                    default="open",
                    max_length=10,
                ),
            ),
            migrations.AddConstraint(
                model_name="monthclose",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["sealed", "sent"]), _negated=True),
                        models.Q(("prepared_by", models.F("sealed_by")), _negated=True),
                        models.Q(("alone_reason", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="monthclose_sealed_by_two_or_with_a_reason",
                ),
            ),
            migrations.AddField(
                model_name="attestation",
                name="close",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="attestations", to="billing.monthclose"
                ),
            ),
            migrations.AddField(
                model_name="attestation",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="attestation",
                name="provider",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                ),
            ),
        ),
        SamePractice("billing_attestation", "close_id", "billing_monthclose"),
        SamePractice("billing_attestation", "provider_id", "accounts_membership"),
        AppendOnly("billing_attestation"),
    ]
