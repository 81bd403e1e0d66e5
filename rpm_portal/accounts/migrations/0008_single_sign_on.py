"""A practice's own sign-in, and whether a password opens the practice beside it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.encrypted_fields
import rpm_portal.core.db.tenancy
import rpm_portal.core.identifiers


class Migration(migrations.Migration):
    """The provider's secret stands sealed, and not in the history."""

    dependencies = [
        ("accounts", "0007_ended_at_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalpractice",
            name="own_sign_in_only",
            field=models.BooleanField(
                default=False,
                help_text="A password then opens this practice to nobody. Counts while single sign-on is switched on.",
                verbose_name="people come in through the practice's own sign-in only",
            ),
        ),
        migrations.AddField(
            model_name="practice",
            name="own_sign_in_only",
            field=models.BooleanField(
                default=False,
                help_text="A password then opens this practice to nobody. Counts while single sign-on is switched on.",
                verbose_name="people come in through the practice's own sign-in only",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalSingleSignOn",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        db_index=True, default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12
                    ),
                ),
                (
                    "issuer",
                    models.URLField(
                        help_text="As the provider states it, like https://login.harbor.example.",
                        validators=[rpm_portal.core.identifiers.validate_issuer],
                    ),
                ),
                ("client_id", models.CharField(max_length=200, verbose_name="client id")),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=120, validators=[rpm_portal.core.identifiers.validate_domain]
                        ),
                        help_text="Whose e-mail addresses it vouches for, separated by commas: harbor.example, harborclinic.example.",
                        size=None,
                    ),
                ),
                (
                    "vouches_for_factor",
                    models.BooleanField(
                        default=False,
                        help_text="Only where the provider says in each sign-in that one was shown (amr).",
                        verbose_name="its second factor stands for ours",
                    ),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="in use")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical single sign-on",
                "verbose_name_plural": "historical single sign-on",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="SingleSignOn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                (
                    "issuer",
                    models.URLField(
                        help_text="As the provider states it, like https://login.harbor.example.",
                        validators=[rpm_portal.core.identifiers.validate_issuer],
                    ),
                ),
                ("client_id", models.CharField(max_length=200, verbose_name="client id")),
                ("client_secret", rpm_portal.core.db.encrypted_fields.SealedTextField(verbose_name="client secret")),
                (
                    "domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=120, validators=[rpm_portal.core.identifiers.validate_domain]
                        ),
                        help_text="Whose e-mail addresses it vouches for, separated by commas: harbor.example, harborclinic.example.",
                        size=None,
                    ),
                ),
                (
                    "vouches_for_factor",
                    models.BooleanField(
                        default=False,
                        help_text="Only where the provider says in each sign-in that one was shown (amr).",
                        verbose_name="its second factor stands for ours",
                    ),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "practice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="single_sign_on",
                        to="accounts.practice",
                    ),
                ),
            ],
            options={
                "verbose_name": "single sign-on",
                "verbose_name_plural": "single sign-on",
            },
        ),
    ]
