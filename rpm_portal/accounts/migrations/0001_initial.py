"""The tables of accounts."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="User",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        ("email", models.EmailField(max_length=254, unique=True)),
                        ("given_name", models.CharField(blank=True, max_length=80)),
                        ("family_name", models.CharField(blank=True, max_length=80)),
                        ("is_active", models.BooleanField(default=True)),
                        ("is_staff", models.BooleanField(default=False, verbose_name="may enter the Django admin")),
                        ("joined_at", models.DateTimeField(auto_now_add=True)),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("email"), name="user_email_in_any_case"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                                name="user_email_is_lowercase",
                            ),
                            models.UniqueConstraint(fields=("id", "email"), name="user_id_and_email"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FactorAttempt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("totp", "authenticator app"),
                                    ("webauthn", "security key"),
                                    ("recovery_codes", "recovery code"),
                                    ("signature", "password of a signature"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("used_step", models.PositiveBigIntegerField(null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "used_step"), name="factorattempt_step_used_once"),
                            models.CheckConstraint(
                                condition=models.Q(("used_step__isnull", True), ("kind", "totp"), _connector="OR"),
                                name="factorattempt_only_an_app_has_steps",
                            ),
                        ],
                        "indexes": [models.Index(fields=["user", "-at"], name="factorattempt_by_person")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPractice",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        ("name", models.CharField(max_length=120)),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="group NPI")),
                        (
                            "tax_id",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{2}-?\\d{7}$", "Write the tax id as 12-3456789."
                                    )
                                ],
                                verbose_name="tax id",
                            ),
                        ),
                        ("zone", models.CharField(default="America/New_York", max_length=64, verbose_name="time zone")),
                        (
                            "close_day",
                            models.PositiveSmallIntegerField(
                                default=2,
                                help_text="Day of the next month on which the close is computed by itself.",
                                verbose_name="close the month on day",
                            ),
                        ),
                        (
                            "days_signed",
                            models.BooleanField(
                                default=True,
                                help_text="A claim line is not locked while a day it depends on lacks its person's signature.",
                                verbose_name="lines wait for signed days",
                            ),
                        ),
                        (
                            "second_factor",
                            models.CharField(
                                choices=[
                                    ("everybody", "everybody"),
                                    ("signers", "who signs, locks, sends, exports or manages"),
                                    ("nobody", "nobody"),
                                ],
                                default="everybody",
                                help_text="Who signs in with a code or a key besides the password.",
                                max_length=10,
                            ),
                        ),
                        (
                            "own_sign_in_only",
                            models.BooleanField(
                                default=False,
                                help_text="A password then opens this practice to nobody. Counts while single sign-on is switched on.",
                                verbose_name="people come in through the practice's own sign-in only",
                            ),
                        ),
                        (
                            "units",
                            models.CharField(
                                choices=[
                                    ("us", "pounds and degrees Fahrenheit"),
                                    ("metric", "kilograms and degrees Celsius"),
                                ],
                                default="us",
                                max_length=10,
                                verbose_name="units of weight and temperature",
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
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
                    ],
                    options={
                        "verbose_name": "historical practice",
                        "verbose_name_plural": "historical practices",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Practice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="group NPI")),
                        (
                            "tax_id",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{2}-?\\d{7}$", "Write the tax id as 12-3456789."
                                    )
                                ],
                                verbose_name="tax id",
                            ),
                        ),
                        ("zone", models.CharField(default="America/New_York", max_length=64, verbose_name="time zone")),
                        (
                            "close_day",
                            models.PositiveSmallIntegerField(
                                default=2,
                                help_text="Day of the next month on which the close is computed by itself.",
                                verbose_name="close the month on day",
                            ),
                        ),
                        (
                            "days_signed",
                            models.BooleanField(
                                default=True,
                                help_text="A claim line is not locked while a day it depends on lacks its person's signature.",
                                verbose_name="lines wait for signed days",
                            ),
                        ),
                        (
                            "second_factor",
                            models.CharField(
                                choices=[
                                    ("everybody", "everybody"),
                                    ("signers", "who signs, locks, sends, exports or manages"),
                                    ("nobody", "nobody"),
                                ],
                                default="everybody",
                                help_text="Who signs in with a code or a key besides the password.",
                                max_length=10,
                            ),
                        ),
                        (
                            "own_sign_in_only",
                            models.BooleanField(
                                default=False,
                                help_text="A password then opens this practice to nobody. Counts while single sign-on is switched on.",
                                verbose_name="people come in through the practice's own sign-in only",
                            ),
                        ),
                        (
                            "units",
                            models.CharField(
                                choices=[
                                    ("us", "pounds and degrees Fahrenheit"),
                                    ("metric", "kilograms and degrees Celsius"),
                                ],
                                default="us",
                                max_length=10,
                                verbose_name="units of weight and temperature",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["name"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("close_day__range", (1, 28))), name="practice_close_day_range"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Membership",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("physician", "Physician"),
                                    ("qhp", "Qualified health professional"),
                                    ("clinical_staff", "Clinical staff"),
                                    ("therapist", "Therapist"),
                                    ("therapist_assistant", "Therapist assistant"),
                                    ("manager", "Practice manager"),
                                    ("biller", "Biller"),
                                    ("admin", "Administrator"),
                                    ("auditor", "Auditor (read-only)"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "credential",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("MD", "MD"),
                                    ("DO", "DO"),
                                    ("NP", "NP"),
                                    ("PA", "PA"),
                                    ("CNS", "CNS"),
                                    ("RN", "RN"),
                                    ("LPN", "LPN"),
                                    ("MA", "MA"),
                                    ("PT", "PT"),
                                    ("OT", "OT"),
                                    ("SLP", "SLP"),
                                    ("PTA", "PTA"),
                                    ("OTA", "OTA"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="NPI")),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        (
                            "ended_at",
                            models.DateTimeField(
                                blank=True,
                                editable=False,
                                help_text="Set where a role ended on the day it began.",
                                null=True,
                            ),
                        ),
                        (
                            "shift_minutes",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="My day shows the work against it; nothing else does.",
                                null=True,
                                verbose_name="shift, minutes a day",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="memberships",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="membership_ends_after_it_starts",
                                violation_error_message="The last day must not come before the first.",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("user"), models.F("user"), models.Value("[]"), function="int8range"
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("practice"),
                                            models.F("practice"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("starts_on"),
                                            models.F("ends_on"),
                                            models.Value("[]"),
                                            function="daterange",
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="membership_one_at_a_time",
                                violation_error_message="This person already has a role in the practice on these days; end it first.",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(("ended_at__isnull", True), models.Q(("npi", ""), _negated=True)),
                                expressions=[
                                    (
                                        models.Func(
                                            django.db.models.functions.comparison.Cast(
                                                django.db.models.functions.comparison.NullIf("npi", models.Value("")),
                                                models.BigIntegerField(),
                                            ),
                                            django.db.models.functions.comparison.Cast(
                                                django.db.models.functions.comparison.NullIf("npi", models.Value("")),
                                                models.BigIntegerField(),
                                            ),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("practice"),
                                            models.F("practice"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("starts_on"),
                                            models.F("ends_on"),
                                            models.Value("[]"),
                                            function="daterange",
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="membership_npi_of_one_person",
                                violation_error_message="Another person in the practice has this NPI on these days. Check the number.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("role", "auditor"), _negated=True),
                                    ("ends_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="membership_auditor_expires",
                                violation_error_message="An auditor's access needs a last day.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Invitation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("email", models.EmailField(max_length=254)),
                        ("given_name", models.CharField(max_length=80)),
                        ("family_name", models.CharField(max_length=80)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("physician", "Physician"),
                                    ("qhp", "Qualified health professional"),
                                    ("clinical_staff", "Clinical staff"),
                                    ("therapist", "Therapist"),
                                    ("therapist_assistant", "Therapist assistant"),
                                    ("manager", "Practice manager"),
                                    ("biller", "Biller"),
                                    ("admin", "Administrator"),
                                    ("auditor", "Auditor (read-only)"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "credential",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("MD", "MD"),
                                    ("DO", "DO"),
                                    ("NP", "NP"),
                                    ("PA", "PA"),
                                    ("CNS", "CNS"),
                                    ("RN", "RN"),
                                    ("LPN", "LPN"),
                                    ("MA", "MA"),
                                    ("PT", "PT"),
                                    ("OT", "OT"),
                                    ("SLP", "SLP"),
                                    ("PTA", "PTA"),
                                    ("OTA", "OTA"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="NPI")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="last day")),
                        ("secret_digest", models.CharField(blank=True, max_length=64, null=True, unique=True)),
                        ("invited_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("approved_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "operator",
                            models.CharField(
                                blank=True, max_length=80, null=True, verbose_name="approved by the operator"
                            ),
                        ),
                        ("accepted_at", models.DateTimeField(blank=True, null=True)),
                        ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "approved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "invited_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "withdrawn_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "accepted_as",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-invited_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("accepted_at__isnull", True), ("withdrawn_at__isnull", True)),
                                fields=("practice", "email"),
                                name="invitation_one_open_a_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("accepted_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                                ),
                                name="invitation_accepted_or_withdrawn",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("approved_at__isnull", True),
                                        ("approved_by__isnull", True),
                                        ("operator__isnull", True),
                                    ),
                                    models.Q(
                                        ("approved_at__isnull", False),
                                        ("approved_by__isnull", False),
                                        models.Q(("approved_by", models.F("invited_by")), _negated=True),
                                    ),
                                    models.Q(("approved_at__isnull", False), ("operator__isnull", False)),
                                    _connector="OR",
                                ),
                                name="invitation_approved_by_a_second_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("secret_digest__isnull", True), ("accepted_at__isnull", True)),
                                    ("approved_at__isnull", False),
                                    models.Q(
                                        ("role__in", ["admin", "manager", "physician", "qhp", "therapist"]),
                                        _negated=True,
                                    ),
                                    _connector="OR",
                                ),
                                name="invitation_signer_needs_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalSingleSignOn",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "issuer",
                            models.URLField(help_text="As the provider states it, like https://login.harbor.example."),
                        ),
                        ("client_id", models.CharField(max_length=200, verbose_name="client id")),
                        (
                            "domains",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120),
                                help_text="Whose e-mail addresses it vouches for, separated by commas: harbor.example, harborclinic.example.",
                                size=None,
                            ),
                        ),
                        (
                            "vouches_for_factor",
                            models.BooleanField(
                                default=False,
                                help_text="Only where the provider says in each sign-in that one was shown (amr).",
                                verbose_name="its second factor replaces ours",
                            ),
                        ),
                        ("is_on", models.BooleanField(default=False, verbose_name="in use")),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
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
                                db_constraint=False,
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
                    name="HistoricalMembership",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("physician", "Physician"),
                                    ("qhp", "Qualified health professional"),
                                    ("clinical_staff", "Clinical staff"),
                                    ("therapist", "Therapist"),
                                    ("therapist_assistant", "Therapist assistant"),
                                    ("manager", "Practice manager"),
                                    ("biller", "Biller"),
                                    ("admin", "Administrator"),
                                    ("auditor", "Auditor (read-only)"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "credential",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("MD", "MD"),
                                    ("DO", "DO"),
                                    ("NP", "NP"),
                                    ("PA", "PA"),
                                    ("CNS", "CNS"),
                                    ("RN", "RN"),
                                    ("LPN", "LPN"),
                                    ("MA", "MA"),
                                    ("PT", "PT"),
                                    ("OT", "OT"),
                                    ("SLP", "SLP"),
                                    ("PTA", "PTA"),
                                    ("OTA", "OTA"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="NPI")),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        (
                            "ended_at",
                            models.DateTimeField(
                                blank=True,
                                editable=False,
                                help_text="Set where a role ended on the day it began.",
                                null=True,
                            ),
                        ),
                        (
                            "shift_minutes",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="My day shows the work against it; nothing else does.",
                                null=True,
                                verbose_name="shift, minutes a day",
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
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
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical membership",
                        "verbose_name_plural": "historical memberships",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="EmergencyAccess",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("reason", models.CharField(max_length=300)),
                        ("opened_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "membership",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="emergencies",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-opened_at"],
                    },
                ),
                migrations.CreateModel(
                    name="EmailChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
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
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "membership",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="email_changes",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("applied_at__isnull", True), ("withdrawn_at__isnull", True)),
                                fields=("membership",),
                                name="emailchange_one_open_a_member",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("applied_at__isnull", True), ("withdrawn_at__isnull", True), _connector="OR"
                                ),
                                name="emailchange_applied_or_withdrawn",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("new_email", django.db.models.functions.text.Lower("new_email"))),
                                name="emailchange_is_lowercase",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SentForm",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=64)),
                        (
                            "body_digest",
                            models.CharField(help_text="Keyed, because a form may have a password.", max_length=64),
                        ),
                        ("status", models.PositiveSmallIntegerField(default=200)),
                        ("location", models.CharField(blank=True, max_length=500)),
                        ("sent_at", models.DateTimeField(db_index=True)),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("user", "key"), name="sentform_once")],
                    },
                ),
                migrations.CreateModel(
                    name="SettingChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("kind", models.CharField(max_length=12)),
                        ("subject", models.CharField(blank=True, max_length=300)),
                        ("values", models.JSONField()),
                        ("before", models.JSONField()),
                        ("reason", models.CharField(max_length=200)),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("operator", models.CharField(max_length=80, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[("applied", "applied"), ("refused", "refused"), ("withdrawn", "withdrawn")],
                                max_length=9,
                                null=True,
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("outcome__isnull", True)),
                                fields=("practice", "kind", "subject"),
                                name="settingchange_one_open_of_a_kind",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("decided_at__isnull", True), ("outcome__isnull", True)),
                                    models.Q(("decided_at__isnull", False), ("outcome__isnull", False)),
                                    _connector="OR",
                                ),
                                name="settingchange_decided_completely",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "applied"), _negated=True),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    ),
                                    ("operator__isnull", False),
                                    _connector="OR",
                                ),
                                name="settingchange_applied_by_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SingleSignOn",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "issuer",
                            models.URLField(help_text="As the provider states it, like https://login.harbor.example."),
                        ),
                        ("client_id", models.CharField(max_length=200, verbose_name="client id")),
                        ("client_secret", models.TextField(verbose_name="client secret")),
                        (
                            "domains",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120),
                                help_text="Whose e-mail addresses it vouches for, separated by commas: harbor.example, harborclinic.example.",
                                size=None,
                            ),
                        ),
                        (
                            "vouches_for_factor",
                            models.BooleanField(
                                default=False,
                                help_text="Only where the provider says in each sign-in that one was shown (amr).",
                                verbose_name="its second factor replaces ours",
                            ),
                        ),
                        ("is_on", models.BooleanField(default=False, verbose_name="in use")),
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
        ),
    ]
