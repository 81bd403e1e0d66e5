"""A sign-in address belongs to one person, in lowercase, and a change of it is a row."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

OWN_ADDRESS = """
DELETE FROM account_emailaddress a USING accounts_user u WHERE u.id = a.user_id AND u.email <> a.email;
ALTER TABLE account_emailaddress ADD CONSTRAINT emailaddress_is_its_persons_own
  FOREIGN KEY (user_id, email) REFERENCES accounts_user (id, email) ON UPDATE CASCADE ON DELETE CASCADE;
"""


class Migration(migrations.Migration):
    """allauth stores further addresses of a person and signs in by them; here each must be the person's own one."""

    dependencies = [
        ("accounts", "0008_single_sign_on"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="EmailChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    models.CharField(
                        default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                    ),
                ),
                ("old_email", models.EmailField(max_length=254)),
                ("new_email", models.EmailField(max_length=254)),
                ("reason", models.CharField(max_length=200)),
                ("asked_at", models.DateTimeField()),
                ("secret_digest", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "confirmed_by",
                    models.CharField(
                        blank=True,
                        choices=[("old_address", "the old address"), ("operator", "the operator")],
                        max_length=11,
                        null=True,
                    ),
                ),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["-asked_at"],
            },
        ),
        migrations.RunSQL(
            "UPDATE accounts_user SET email = lower(email) WHERE email <> lower(email)", migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="user_email_is_lowercase",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(fields=("id", "email"), name="user_id_and_email"),
        ),
        migrations.AddField(
            model_name="emailchange",
            name="asked_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="emailchange",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="email_changes", to="accounts.membership"
            ),
        ),
        migrations.AddField(
            model_name="emailchange",
            name="practice",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
            ),
        ),
        migrations.AddConstraint(
            model_name="emailchange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("applied_at__isnull", True), ("withdrawn_at__isnull", True)),
                fields=("membership",),
                name="emailchange_one_open_a_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="emailchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("applied_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"),
                name="emailchange_applied_or_withdrawn",
            ),
        ),
        migrations.AddConstraint(
            model_name="emailchange",
            constraint=models.CheckConstraint(
                condition=models.Q(("new_email", django.db.models.functions.text.Lower("new_email"))),
                name="emailchange_is_lowercase",
            ),
        ),
        migrations.RunSQL(
            OWN_ADDRESS, "ALTER TABLE account_emailaddress DROP CONSTRAINT emailaddress_is_its_persons_own"
        ),
        SamePractice("accounts_emailchange", "membership_id", "accounts_membership"),
        AppendOnly("accounts_emailchange", marks=("applied_at", "confirmed_by", "withdrawn_at")),
    ]
