"""The tables of billing."""

from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("enrollment", "0001_initial"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="CodeVerdict",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=5)),
                        ("component", models.CharField(max_length=16)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("bill", "bill"),
                                    ("do_not_bill", "do not bill"),
                                    ("blocked", "blocked"),
                                    ("not_enough_facts", "not enough facts"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "reason_places",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.PositiveSmallIntegerField(),
                                help_text="Places in the decision's findings.",
                                size=None,
                            ),
                        ),
                    ],
                    options={
                        "managed": False,
                    },
                ),
                migrations.CreateModel(
                    name="AnswerFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.TextField()),
                        (
                            "source",
                            models.CharField(
                                choices=[("upload", "upload"), ("command", "command")], default="upload", max_length=7
                            ),
                        ),
                        ("posted_at", models.DateTimeField()),
                        (
                            "posted_by",
                            models.ForeignKey(
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
                        "ordering": ["-posted_at", "-pk"],
                        "constraints": [models.UniqueConstraint(fields=("practice", "sha256"), name="answerfile_once")],
                    },
                ),
                migrations.CreateModel(
                    name="AnswerTransaction",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("place", models.PositiveIntegerField(help_text="From 1, in the file.")),
                        ("kind", models.CharField(max_length=40)),
                        ("interchange", models.CharField(blank=True, max_length=9, verbose_name="ISA13")),
                        ("sender", models.CharField(blank=True, max_length=15, verbose_name="ISA06")),
                        ("sent_at", models.CharField(blank=True, max_length=10, verbose_name="ISA09 and ISA10")),
                        ("on", models.DateField(help_text="The payer's own date.", null=True)),
                        ("trace", models.CharField(blank=True, max_length=50)),
                        ("payer_id", models.CharField(blank=True, max_length=30)),
                        ("payer", models.CharField(blank=True, max_length=60)),
                        ("payee", models.CharField(blank=True, max_length=80)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        (
                            "verdict",
                            models.CharField(
                                choices=[
                                    ("posted", "posted"),
                                    ("held", "held"),
                                    ("refused", "refused"),
                                    ("not_ours", "not ours"),
                                    ("again", "posted before"),
                                    ("trial", "trial, no effect"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "reasons",
                            models.JSONField(
                                default=list, help_text="Sentences: why it was held or refused, and findings."
                            ),
                        ),
                        ("key", models.CharField(help_text="The transaction's identity; posted once.", max_length=160)),
                        ("posted_at", models.DateTimeField(null=True)),
                        (
                            "post_reason",
                            models.CharField(help_text="Why a held one was posted.", max_length=300, null=True),
                        ),
                        (
                            "file",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="transactions",
                                to="billing.answerfile",
                            ),
                        ),
                        (
                            "posted_by",
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
                        "ordering": ["file", "place"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("posted_at__isnull", False)),
                                fields=("practice", "key"),
                                name="answertransaction_posted_once",
                            )
                        ],
                        "indexes": [models.Index(fields=["practice", "verdict"], name="answertransaction_by_verdict")],
                    },
                ),
                migrations.CreateModel(
                    name="Answer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "is_line",
                            models.BooleanField(
                                default=False, help_text="About one line, even if it could not be matched."
                            ),
                        ),
                        (
                            "level",
                            models.PositiveSmallIntegerField(
                                choices=[(1, "TA1"), (2, "999"), (3, "277CA"), (4, "835")]
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("written", "written, not delivered"),
                                    ("withdrawn", "withdrawn"),
                                    ("sent", "sent"),
                                    ("file_read", "delivered"),
                                    ("file_rejected", "rejected with its file"),
                                    ("file_accepted", "file accepted"),
                                    ("forwarded", "forwarded"),
                                    ("received", "received, not yet accepted"),
                                    ("accepted", "accepted"),
                                    ("rejected", "rejected"),
                                    ("not_found", "rejected: not found"),
                                    ("processed", "processed, no payment"),
                                    ("paid", "paid"),
                                    ("part_denied", "paid, in part denied"),
                                    ("denied", "denied"),
                                    ("unprocessable", "unprocessable"),
                                    ("not_recognized", "patient not recognized"),
                                    ("reversed", "reversed"),
                                    ("other_payer", "with another payer"),
                                    ("information", "information only"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("on", models.DateField(help_text="The payer's own date.")),
                        (
                            "order",
                            models.CharField(
                                help_text="ISA date, time and number, and place: the order of one day.", max_length=40
                            ),
                        ),
                        (
                            "code",
                            models.CharField(blank=True, help_text="CLP02, or the procedure of a line.", max_length=30),
                        ),
                        ("charge", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("allowed", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("payer_rank", models.CharField(default="P", max_length=1)),
                        (
                            "payer_control",
                            models.CharField(blank=True, max_length=50, verbose_name="payer's number of the claim"),
                        ),
                        ("reasons", models.JSONField(default=list, help_text="Adjustments and remarks.")),
                        (
                            "codes",
                            models.JSONField(
                                default=list, help_text="Status codes of a 277CA, 999 or TA1, as received."
                            ),
                        ),
                        ("matched_by", models.CharField(blank=True, max_length=40)),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("key", models.CharField(help_text="The same answer is stored once.", max_length=200)),
                        ("answered_at", models.DateTimeField()),
                        (
                            "answered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "parent",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="parts",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "transaction",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="billing.answertransaction",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="billing.claimversion",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="answers",
                                to="billing.submission",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["answered_at", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "key"), name="answer_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("submission__isnull", True), ("version__isnull", True), _connector="XOR"
                                ),
                                name="answer_of_a_submission_or_a_version",
                            ),
                        ],
                        "indexes": [models.Index(fields=["practice", "payer_control"], name="answer_by_payer_control")],
                    },
                ),
                migrations.CreateModel(
                    name="BillingProfile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("channel", models.CharField(max_length=40, verbose_name="clearinghouse")),
                        (
                            "name",
                            models.CharField(blank=True, max_length=60, verbose_name="name of the billing provider"),
                        ),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="NPI")),
                        (
                            "tax_id",
                            models.CharField(
                                blank=True,
                                max_length=11,
                                validators=[
                                    django.core.validators.RegexValidator("^(\\d-?){9}\\Z", "Enter nine digits.")
                                ],
                                verbose_name="tax ID",
                            ),
                        ),
                        (
                            "tax_id_kind",
                            models.CharField(
                                choices=[("EI", "employer (EIN)"), ("SY", "social security")],
                                default="EI",
                                max_length=2,
                                verbose_name="kind of tax ID",
                            ),
                        ),
                        (
                            "taxonomy",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Z]{9}X\\Z", "Enter ten characters that end in X, like 207Q00000X."
                                    )
                                ],
                                verbose_name="taxonomy code",
                            ),
                        ),
                        ("street", models.CharField(help_text="A street address, not a PO box.", max_length=55)),
                        ("city", models.CharField(max_length=30)),
                        (
                            "state",
                            models.CharField(
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                            ),
                        ),
                        (
                            "postal_code",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP of nine digits",
                            ),
                        ),
                        (
                            "phone",
                            models.CharField(
                                help_text="Box 33 of the form, and letters.",
                                max_length=20,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^(\\D*\\d){10}\\D*\\Z", "Enter a number of ten digits."
                                    )
                                ],
                            ),
                        ),
                        (
                            "pay_to_street",
                            models.CharField(blank=True, max_length=55, verbose_name="pay-to street or PO box"),
                        ),
                        ("pay_to_city", models.CharField(blank=True, max_length=30, verbose_name="pay-to city")),
                        (
                            "pay_to_state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                                verbose_name="pay-to state",
                            ),
                        ),
                        (
                            "pay_to_postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="pay-to ZIP",
                            ),
                        ),
                        (
                            "place_of_service",
                            models.CharField(
                                default="11",
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[0-9]{2}\\Z", "Enter two digits, like 11.")
                                ],
                            ),
                        ),
                        ("location_name", models.CharField(blank=True, max_length=60, verbose_name="service location")),
                        (
                            "location_npi",
                            models.CharField(blank=True, max_length=10, verbose_name="NPI of the service location"),
                        ),
                        (
                            "location_street",
                            models.CharField(blank=True, max_length=55, verbose_name="street of the location"),
                        ),
                        (
                            "location_city",
                            models.CharField(blank=True, max_length=30, verbose_name="city of the location"),
                        ),
                        (
                            "location_state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                                verbose_name="state of the location",
                            ),
                        ),
                        (
                            "location_postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP of the location",
                            ),
                        ),
                        (
                            "clinic",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.clinic",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
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
                        "ordering": ["clinic", "payer", "-starts_on"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("practice", "clinic", "payer", "starts_on"),
                                name="billingprofile_once_from",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("pay_to_city", ""),
                                        ("pay_to_postal_code", ""),
                                        ("pay_to_state", ""),
                                        ("pay_to_street", ""),
                                    ),
                                    models.Q(
                                        models.Q(("pay_to_street", ""), _negated=True),
                                        models.Q(("pay_to_city", ""), _negated=True),
                                        models.Q(("pay_to_state", ""), _negated=True),
                                        models.Q(("pay_to_postal_code", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="billingprofile_pay_to_complete",
                                violation_error_message="Enter the whole pay-to address, or none.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("location_city", ""),
                                        ("location_name", ""),
                                        ("location_npi", ""),
                                        ("location_street", ""),
                                        ("location_postal_code", ""),
                                        ("location_state", ""),
                                    ),
                                    models.Q(
                                        models.Q(("location_name", ""), _negated=True),
                                        models.Q(("location_street", ""), _negated=True),
                                        models.Q(("location_city", ""), _negated=True),
                                        models.Q(("location_state", ""), _negated=True),
                                        models.Q(("location_postal_code", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="billingprofile_location_complete",
                                violation_error_message="Enter name and whole address of the service location, or none.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Charge",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=5)),
                        ("starts_on", models.DateField()),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=9)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["code", "-starts_on"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "code", "starts_on"), name="charge_once_from"),
                            models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="charge_is_an_amount"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Claim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12)),
                        (
                            "billing_provider",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("public_id",), name="claim_public_id"),
                            models.UniqueConstraint(
                                fields=("close", "patient", "payer", "billing_provider"),
                                name="claim_once",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Adjustment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("reason", models.CharField(max_length=300)),
                        ("taken_back", models.JSONField(default=list)),
                        ("put_in", models.JSONField(default=list)),
                        ("facts_digest", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "made_by",
                            models.ForeignKey(
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
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adjustments",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adjustments",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["made_at"],
                    },
                ),
                migrations.CreateModel(
                    name="ClaimCopy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "number",
                            models.PositiveIntegerField(help_text="From the one counter of the practice's files."),
                        ),
                        (
                            "shape",
                            models.CharField(
                                choices=[
                                    ("837p", "837P"),
                                    ("paper", "Paper forms to mail"),
                                    ("trial", "Trial 837P"),
                                    ("1500", "CMS-1500 preview"),
                                    ("csv", "CSV"),
                                    ("fhir", "FHIR Claim"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.TextField()),
                        ("claims", models.PositiveIntegerField()),
                        ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                        (
                            "made_by",
                            models.ForeignKey(
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
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="copies",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("practice", "number"), name="claimcopy_numbered_in_practice"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClaimCorrection",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "way",
                            models.CharField(
                                choices=[
                                    ("new", "new claim (frequency 1)"),
                                    ("replacement", "replacement (frequency 7)"),
                                    ("void", "void (frequency 8)"),
                                    ("reopening", "reopening"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("content", models.TextField()),
                        ("due_on", models.DateField(help_text="The last day to ask for a reopening.", null=True)),
                        (
                            "good_cause",
                            models.CharField(
                                blank=True, help_text="Why a reopening is asked after one year.", max_length=300
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("asked_on", models.DateField(null=True)),
                        ("asked_how", models.CharField(max_length=100, null=True)),
                        (
                            "reference",
                            models.CharField(max_length=60, null=True, verbose_name="the payer's reference number"),
                        ),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("sent", "sent"),
                                    ("corrected", "corrected by the payer"),
                                    ("refused", "refused by the payer"),
                                    ("withdrawn", "withdrawn"),
                                ],
                                max_length=9,
                                null=True,
                            ),
                        ),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_note", models.CharField(max_length=300, null=True)),
                        (
                            "answer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "asked_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
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
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="corrections",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["opened_at", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("claim",),
                                name="claimcorrection_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("ended_at__isnull", True),
                                        ("ended_by__isnull", True),
                                        ("outcome__isnull", True),
                                    ),
                                    models.Q(
                                        ("ended_at__isnull", False),
                                        ("ended_by__isnull", False),
                                        ("outcome__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="claimcorrection_ended_by_a_person",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("asked_by__isnull", True),
                                        ("asked_how__isnull", True),
                                        ("asked_on__isnull", True),
                                    ),
                                    models.Q(
                                        ("asked_by__isnull", False),
                                        ("asked_how__isnull", False),
                                        ("asked_on__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="claimcorrection_asked_on_a_day",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "corrected"), _negated=True),
                                    models.Q(("answer__isnull", False), ("asked_on__isnull", False)),
                                    _connector="OR",
                                ),
                                name="claimcorrection_corrected_by_an_answer",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClaimLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12)),
                        ("code", models.CharField(max_length=5)),
                        ("component", models.CharField(max_length=16)),
                        ("is_base", models.BooleanField(default=False)),
                        ("units", models.PositiveSmallIntegerField()),
                        ("dos", models.DateField(verbose_name="date of service")),
                        ("period_start", models.DateField(null=True)),
                        (
                            "modifiers",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), default=list, size=None
                            ),
                        ),
                        (
                            "authorization",
                            models.CharField(blank=True, max_length=50, verbose_name="prior authorization"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed"),
                                    ("approved", "approved"),
                                    ("held", "held"),
                                    ("dropped", "dropped"),
                                    ("void", "void"),
                                    ("reversed", "taken back"),
                                ],
                                default="proposed",
                                max_length=8,
                            ),
                        ),
                        (
                            "own_reasons",
                            models.JSONField(help_text="The reasons, if no computation proposed the line.", null=True),
                        ),
                        (
                            "evidence",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=40), default=list, size=None
                            ),
                        ),
                        ("digest", models.CharField(max_length=64)),
                        ("policy", models.CharField(max_length=80)),
                        (
                            "needs_attestation",
                            models.BooleanField(
                                default=False, help_text="The payer's policy asks the billing provider to attest to it."
                            ),
                        ),
                        (
                            "flags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12),
                                default=list,
                                help_text="Reasons for an auditor to review it.",
                                size=None,
                            ),
                        ),
                        (
                            "needs_look",
                            models.BooleanField(
                                default=False, help_text="A finding or a flag asks a person to review it."
                            ),
                        ),
                        (
                            "made_at",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(),
                                editable=False,
                                help_text="The database's clock.",
                            ),
                        ),
                        (
                            "ended_at",
                            models.DateTimeField(
                                editable=False,
                                help_text="The database's clock when it was dropped, replaced or taken back.",
                                null=True,
                            ),
                        ),
                        (
                            "adjustment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                help_text="The adjustment that added it.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="billing.adjustment",
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claim_lines",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "episode",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.episode",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("public_id",), name="claimline_public_id"),
                            models.CheckConstraint(condition=models.Q(("units__gte", 1)), name="claimline_has_units"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("period_start__isnull", True),
                                    ("period_start__lte", models.F("dos")),
                                    _connector="OR",
                                ),
                                name="claimline_period_ends_after_it_starts",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                                fields=("enrollment", "code", "dos"),
                                name="claimline_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("component", "setup"),
                                    models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                                ),
                                fields=("episode",),
                                name="claimline_one_setup_an_episode",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                condition=models.Q(
                                    ("component", "device"),
                                    models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                                ),
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("patient"),
                                            models.F("patient"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(
                                            models.F("period_start"),
                                            models.F("dos"),
                                            models.Value("[]"),
                                            function="daterange",
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="claimline_no_day_in_two_periods",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("component", "management"),
                                    ("is_base", True),
                                    models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                                ),
                                fields=("close", "patient"),
                                name="claimline_one_base_a_month",
                            ),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("adjustment__isnull", False)),
                                fields=["adjustment"],
                                name="claimline_adjusted",
                            ),
                            models.Index(fields=["close", "state"], name="claimline_by_state"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClaimVersion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("first", "first"),
                                    ("again", "sent again, word for word"),
                                    ("corrected", "corrected, as a new claim"),
                                    ("replacement", "replacement"),
                                    ("void", "void"),
                                    ("secondary", "to a later payer"),
                                ],
                                default="first",
                                max_length=11,
                            ),
                        ),
                        (
                            "payer_rank",
                            models.CharField(
                                default="P", help_text="P, S or T: primary, secondary, tertiary payer.", max_length=1
                            ),
                        ),
                        (
                            "transaction_number",
                            models.CharField(blank=True, max_length=9, verbose_name="ST02 of its transaction"),
                        ),
                        (
                            "frequency",
                            models.CharField(choices=[("1", "new"), ("7", "replacement"), ("8", "void")], max_length=1),
                        ),
                        ("control", models.CharField(max_length=20, unique=True, verbose_name="CLM01")),
                        (
                            "original",
                            models.CharField(
                                blank=True, max_length=50, verbose_name="payer's number that it names (REF*F8)"
                            ),
                        ),
                        ("lines", models.PositiveSmallIntegerField(help_text="How many lines it bills.")),
                        ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("content", models.TextField()),
                        ("digest", models.CharField(max_length=64)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("written", "written, not delivered"),
                                    ("withdrawn", "withdrawn"),
                                    ("sent", "sent"),
                                    ("file_read", "delivered"),
                                    ("file_rejected", "rejected with its file"),
                                    ("file_accepted", "file accepted"),
                                    ("forwarded", "forwarded"),
                                    ("received", "received, not yet accepted"),
                                    ("accepted", "accepted"),
                                    ("rejected", "rejected"),
                                    ("not_found", "rejected: not found"),
                                    ("processed", "processed, no payment"),
                                    ("paid", "paid"),
                                    ("part_denied", "paid, in part denied"),
                                    ("denied", "denied"),
                                    ("unprocessable", "unprocessable"),
                                    ("not_recognized", "patient not recognized"),
                                    ("reversed", "reversed"),
                                    ("other_payer", "with another payer"),
                                    ("information", "information only"),
                                ],
                                default="written",
                                max_length=14,
                            ),
                        ),
                        (
                            "open_lines",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Lines without an answer, once one has one."
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="billing.claim"
                            ),
                        ),
                        (
                            "correction",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sent_as",
                                to="billing.claimcorrection",
                            ),
                        ),
                        (
                            "decided_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decides",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "opened_by",
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
                        (
                            "previous",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimversion",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="versions",
                                to="billing.submission",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [models.UniqueConstraint(fields=("claim", "number"), name="claimversion_once")],
                        "indexes": [models.Index(fields=["practice", "state"], name="claimversion_by_state")],
                    },
                ),
                migrations.CreateModel(
                    name="Appeal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("level", models.CharField(max_length=20)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("argument", models.CharField(max_length=2000)),
                        ("due_on", models.DateField(help_text="The day to file by.")),
                        ("last_day", models.DateField(help_text="The last day, with the presumed days of receipt.")),
                        ("opened_at", models.DateTimeField()),
                        ("filed_on", models.DateField(null=True)),
                        ("filed_how", models.CharField(max_length=100, null=True)),
                        ("reference", models.CharField(max_length=60, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("favorable", "favorable"),
                                    ("partly", "partly favorable"),
                                    ("unfavorable", "unfavorable"),
                                    ("dismissed", "dismissed"),
                                    ("withdrawn", "withdrawn"),
                                ],
                                max_length=11,
                                null=True,
                            ),
                        ),
                        ("decided_on", models.DateField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_note", models.CharField(max_length=300, null=True)),
                        (
                            "answer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="billing.answer"
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "filed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
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
                        (
                            "previous",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.appeal",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="appeals",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["opened_at", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("version", "line", "answer", "level"),
                                name="appeal_once_a_level",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("ended_at__isnull", True), ("outcome__isnull", True)),
                                    models.Q(("ended_at__isnull", False), ("outcome", "withdrawn")),
                                    models.Q(
                                        ("decided_on__isnull", False),
                                        ("ended_at__isnull", False),
                                        ("filed_on__isnull", False),
                                        ("outcome__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="appeal_decided_after_it_was_filed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ClearinghouseChannel",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=40, verbose_name="clearinghouse")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        (
                            "submitter_id",
                            models.CharField(
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="sender ID (ISA06)",
                            ),
                        ),
                        (
                            "submitter_qualifier",
                            models.CharField(
                                choices=[
                                    ("ZZ", "ZZ, agreed between both"),
                                    ("01", "01, Dun & Bradstreet"),
                                    ("14", "14, D&B with suffix"),
                                    ("20", "20, health industry number"),
                                    ("27", "27, carrier"),
                                    ("28", "28, fiscal intermediary"),
                                    ("29", "29, Medicare provider"),
                                    ("30", "30, federal tax ID"),
                                    ("33", "33, NAIC company"),
                                ],
                                default="ZZ",
                                max_length=2,
                                verbose_name="kind of sender ID (ISA05)",
                            ),
                        ),
                        ("receiver", models.CharField(max_length=60, verbose_name="name of the receiver")),
                        (
                            "receiver_id",
                            models.CharField(
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver ID (ISA08)",
                            ),
                        ),
                        (
                            "receiver_qualifier",
                            models.CharField(
                                choices=[
                                    ("ZZ", "ZZ, agreed between both"),
                                    ("01", "01, Dun & Bradstreet"),
                                    ("14", "14, D&B with suffix"),
                                    ("20", "20, health industry number"),
                                    ("27", "27, carrier"),
                                    ("28", "28, fiscal intermediary"),
                                    ("29", "29, Medicare provider"),
                                    ("30", "30, federal tax ID"),
                                    ("33", "33, NAIC company"),
                                ],
                                default="ZZ",
                                max_length=2,
                                verbose_name="kind of receiver ID (ISA07)",
                            ),
                        ),
                        (
                            "group_sender",
                            models.CharField(
                                blank=True,
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="sender of the group (GS02)",
                            ),
                        ),
                        (
                            "group_receiver",
                            models.CharField(
                                blank=True,
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver of the group (GS03)",
                            ),
                        ),
                        (
                            "submitter_number",
                            models.CharField(
                                blank=True,
                                max_length=40,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="submitter number (NM1*41)",
                            ),
                        ),
                        (
                            "receiver_number",
                            models.CharField(
                                blank=True,
                                max_length=40,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver number (NM1*40)",
                            ),
                        ),
                        (
                            "acknowledged",
                            models.BooleanField(
                                default=False, verbose_name="ask for an interchange acknowledgment (ISA14)"
                            ),
                        ),
                        ("contact", models.CharField(max_length=60, verbose_name="contact person")),
                        (
                            "phone",
                            models.CharField(
                                max_length=20,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^(\\D*\\d){10}\\D*\\Z", "Enter a number of ten digits."
                                    )
                                ],
                                verbose_name="phone of the contact",
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
                        "ordering": ["name", "-starts_on"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "name", "starts_on"), name="channel_once_from")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CopiedClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("control", models.CharField(max_length=20)),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                            ),
                        ),
                        (
                            "copy",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="copied",
                                to="billing.claimcopy",
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
                        "constraints": [models.UniqueConstraint(fields=("copy", "claim"), name="copiedclaim_once")],
                        "indexes": [models.Index(fields=["practice", "control"], name="copiedclaim_by_control")],
                    },
                ),
                migrations.CreateModel(
                    name="DenialStep",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "step",
                            models.CharField(
                                choices=[
                                    ("looked", "looked into"),
                                    ("appealed", "appealed"),
                                    ("corrected", "corrected, or paid after all"),
                                    ("written_off", "written off"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("note", models.CharField(max_length=300)),
                        ("taken_at", models.DateTimeField()),
                        (
                            "answer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="billing.answer"
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="denial_steps",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "taken_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="steps",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["taken_at", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="FeeBasis",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "locality",
                            models.CharField(
                                default="national", help_text="As the fee schedule file names it.", max_length=20
                            ),
                        ),
                        ("facility", models.BooleanField(default=False)),
                        (
                            "factor_class",
                            models.CharField(
                                choices=[
                                    ("nonqualifying", "not a qualifying APM participant"),
                                    ("qualifying", "qualifying APM participant"),
                                ],
                                default="nonqualifying",
                                max_length=16,
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
                        "constraints": [models.UniqueConstraint(fields=("practice",), name="feebasis_once")],
                    },
                ),
                migrations.CreateModel(
                    name="FeeFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("text", models.TextField()),
                        ("uploaded_at", models.DateTimeField()),
                        ("loaded_at", models.DateTimeField(null=True)),
                        (
                            "loaded_by",
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
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-uploaded_at"],
                    },
                ),
                migrations.CreateModel(
                    name="ForeignClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("control", models.CharField(max_length=50)),
                        ("status", models.CharField(blank=True, max_length=20)),
                        ("charge", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                        ("payer_control", models.CharField(blank=True, max_length=50)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "transaction",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="foreign_claims",
                                to="billing.answertransaction",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="FormMargins",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "left",
                            models.PositiveSmallIntegerField(
                                default=24, help_text="In points.", verbose_name="left margin"
                            ),
                        ),
                        (
                            "top",
                            models.PositiveSmallIntegerField(
                                default=20, help_text="In points.", verbose_name="top margin"
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
                        "verbose_name_plural": "CMS-1500 margins",
                        "constraints": [models.UniqueConstraint(fields=("practice",), name="formmargins_once")],
                    },
                ),
                migrations.CreateModel(
                    name="HandOver",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "system",
                            models.CharField(help_text="The name of the practice-management system.", max_length=40),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("made_at", models.DateTimeField()),
                        ("body", models.TextField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("charges", models.PositiveIntegerField()),
                        ("charges_total", models.DecimalField(decimal_places=2, max_digits=14)),
                        ("postings", models.PositiveIntegerField()),
                        (
                            "postings_total",
                            models.DecimalField(decimal_places=2, help_text="The sum of payments.", max_digits=14),
                        ),
                        ("remittances", models.PositiveIntegerField()),
                        ("taken_at", models.DateTimeField(null=True)),
                        (
                            "proof",
                            models.CharField(
                                help_text="The batch number that the system shows.", max_length=200, null=True
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
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
                        (
                            "taken_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-made_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "system", "number"), name="handover_numbered"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("proof__isnull", True), ("taken_at__isnull", True), ("taken_by__isnull", True)
                                    ),
                                    models.Q(
                                        ("proof__isnull", False),
                                        ("taken_at__isnull", False),
                                        ("taken_by__isnull", False),
                                        models.Q(("proof", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="handover_taken_with_proof",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HandedFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("system", models.CharField(max_length=40)),
                        (
                            "file",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="hand_overs",
                                to="billing.answerfile",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "hand_over",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="files", to="billing.handover"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("file", "system"), name="handedfile_once")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalBillingProfile",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("channel", models.CharField(max_length=40, verbose_name="clearinghouse")),
                        (
                            "name",
                            models.CharField(blank=True, max_length=60, verbose_name="name of the billing provider"),
                        ),
                        ("npi", models.CharField(blank=True, max_length=10, verbose_name="NPI")),
                        (
                            "tax_id",
                            models.CharField(
                                blank=True,
                                max_length=11,
                                validators=[
                                    django.core.validators.RegexValidator("^(\\d-?){9}\\Z", "Enter nine digits.")
                                ],
                                verbose_name="tax ID",
                            ),
                        ),
                        (
                            "tax_id_kind",
                            models.CharField(
                                choices=[("EI", "employer (EIN)"), ("SY", "social security")],
                                default="EI",
                                max_length=2,
                                verbose_name="kind of tax ID",
                            ),
                        ),
                        (
                            "taxonomy",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Z]{9}X\\Z", "Enter ten characters that end in X, like 207Q00000X."
                                    )
                                ],
                                verbose_name="taxonomy code",
                            ),
                        ),
                        ("street", models.CharField(help_text="A street address, not a PO box.", max_length=55)),
                        ("city", models.CharField(max_length=30)),
                        (
                            "state",
                            models.CharField(
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                            ),
                        ),
                        (
                            "postal_code",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP of nine digits",
                            ),
                        ),
                        (
                            "phone",
                            models.CharField(
                                help_text="Box 33 of the form, and letters.",
                                max_length=20,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^(\\D*\\d){10}\\D*\\Z", "Enter a number of ten digits."
                                    )
                                ],
                            ),
                        ),
                        (
                            "pay_to_street",
                            models.CharField(blank=True, max_length=55, verbose_name="pay-to street or PO box"),
                        ),
                        ("pay_to_city", models.CharField(blank=True, max_length=30, verbose_name="pay-to city")),
                        (
                            "pay_to_state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                                verbose_name="pay-to state",
                            ),
                        ),
                        (
                            "pay_to_postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="pay-to ZIP",
                            ),
                        ),
                        (
                            "place_of_service",
                            models.CharField(
                                default="11",
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[0-9]{2}\\Z", "Enter two digits, like 11.")
                                ],
                            ),
                        ),
                        ("location_name", models.CharField(blank=True, max_length=60, verbose_name="service location")),
                        (
                            "location_npi",
                            models.CharField(blank=True, max_length=10, verbose_name="NPI of the service location"),
                        ),
                        (
                            "location_street",
                            models.CharField(blank=True, max_length=55, verbose_name="street of the location"),
                        ),
                        (
                            "location_city",
                            models.CharField(blank=True, max_length=30, verbose_name="city of the location"),
                        ),
                        (
                            "location_state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-Z]{2}\\Z", "Enter two capitals, like IL."
                                    )
                                ],
                                verbose_name="state of the location",
                            ),
                        ),
                        (
                            "location_postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}-?\\d{4}\\Z", "Enter nine digits, like 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP of the location",
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
                            "clinic",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.clinic",
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
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
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
                        "verbose_name": "historical billing profile",
                        "verbose_name_plural": "historical billing profiles",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCharge",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("code", models.CharField(max_length=5)),
                        ("starts_on", models.DateField()),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=9)),
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
                        "verbose_name": "historical charge",
                        "verbose_name_plural": "historical charges",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalClearinghouseChannel",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=40, verbose_name="clearinghouse")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        (
                            "submitter_id",
                            models.CharField(
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="sender ID (ISA06)",
                            ),
                        ),
                        (
                            "submitter_qualifier",
                            models.CharField(
                                choices=[
                                    ("ZZ", "ZZ, agreed between both"),
                                    ("01", "01, Dun & Bradstreet"),
                                    ("14", "14, D&B with suffix"),
                                    ("20", "20, health industry number"),
                                    ("27", "27, carrier"),
                                    ("28", "28, fiscal intermediary"),
                                    ("29", "29, Medicare provider"),
                                    ("30", "30, federal tax ID"),
                                    ("33", "33, NAIC company"),
                                ],
                                default="ZZ",
                                max_length=2,
                                verbose_name="kind of sender ID (ISA05)",
                            ),
                        ),
                        ("receiver", models.CharField(max_length=60, verbose_name="name of the receiver")),
                        (
                            "receiver_id",
                            models.CharField(
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver ID (ISA08)",
                            ),
                        ),
                        (
                            "receiver_qualifier",
                            models.CharField(
                                choices=[
                                    ("ZZ", "ZZ, agreed between both"),
                                    ("01", "01, Dun & Bradstreet"),
                                    ("14", "14, D&B with suffix"),
                                    ("20", "20, health industry number"),
                                    ("27", "27, carrier"),
                                    ("28", "28, fiscal intermediary"),
                                    ("29", "29, Medicare provider"),
                                    ("30", "30, federal tax ID"),
                                    ("33", "33, NAIC company"),
                                ],
                                default="ZZ",
                                max_length=2,
                                verbose_name="kind of receiver ID (ISA07)",
                            ),
                        ),
                        (
                            "group_sender",
                            models.CharField(
                                blank=True,
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="sender of the group (GS02)",
                            ),
                        ),
                        (
                            "group_receiver",
                            models.CharField(
                                blank=True,
                                max_length=15,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver of the group (GS03)",
                            ),
                        ),
                        (
                            "submitter_number",
                            models.CharField(
                                blank=True,
                                max_length=40,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="submitter number (NM1*41)",
                            ),
                        ),
                        (
                            "receiver_number",
                            models.CharField(
                                blank=True,
                                max_length=40,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Za-z .\\-]+\\Z", "Enter letters, digits, periods and hyphens only."
                                    )
                                ],
                                verbose_name="receiver number (NM1*40)",
                            ),
                        ),
                        (
                            "acknowledged",
                            models.BooleanField(
                                default=False, verbose_name="ask for an interchange acknowledgment (ISA14)"
                            ),
                        ),
                        ("contact", models.CharField(max_length=60, verbose_name="contact person")),
                        (
                            "phone",
                            models.CharField(
                                max_length=20,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^(\\D*\\d){10}\\D*\\Z", "Enter a number of ten digits."
                                    )
                                ],
                                verbose_name="phone of the contact",
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
                        "verbose_name": "historical clearinghouse channel",
                        "verbose_name_plural": "historical clearinghouse channels",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalFeeBasis",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "locality",
                            models.CharField(
                                default="national", help_text="As the fee schedule file names it.", max_length=20
                            ),
                        ),
                        ("facility", models.BooleanField(default=False)),
                        (
                            "factor_class",
                            models.CharField(
                                choices=[
                                    ("nonqualifying", "not a qualifying APM participant"),
                                    ("qualifying", "qualifying APM participant"),
                                ],
                                default="nonqualifying",
                                max_length=16,
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
                        "verbose_name": "historical fee basis",
                        "verbose_name_plural": "historical fee basiss",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalFormMargins",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "left",
                            models.PositiveSmallIntegerField(
                                default=24, help_text="In points.", verbose_name="left margin"
                            ),
                        ),
                        (
                            "top",
                            models.PositiveSmallIntegerField(
                                default=20, help_text="In points.", verbose_name="top margin"
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
                        "verbose_name": "historical form margins",
                        "verbose_name_plural": "historical CMS-1500 margins",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalMoneyPolicy",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "write_off_limit",
                            models.DecimalField(
                                decimal_places=2,
                                default=Decimal("50"),
                                max_digits=7,
                                verbose_name="dollars of a claim that one person may write off",
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
                        "verbose_name": "historical money policy",
                        "verbose_name_plural": "historical money policys",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalMonthClose",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("month", models.DateField(help_text="The first day of the month.")),
                        (
                            "zone",
                            models.CharField(
                                help_text="The practice's zone as it was when the month was first computed.",
                                max_length=64,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "open"),
                                    ("computing", "calculating"),
                                    ("paused", "calculation paused"),
                                    ("in_review", "in review"),
                                    ("prepared", "awaiting lock"),
                                    ("sealed", "locked"),
                                    ("sent", "submitted"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("run", models.PositiveIntegerField(default=0)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("computed_at", models.DateTimeField(null=True)),
                        ("prepared_at", models.DateTimeField(null=True)),
                        (
                            "single_person_reason",
                            models.CharField(
                                blank=True,
                                help_text="Why the person who submitted the month for lock also locked it.",
                                max_length=300,
                            ),
                        ),
                        ("sealed_at", models.DateTimeField(null=True)),
                        (
                            "facts_at",
                            models.DateTimeField(
                                help_text="The database's clock when the month was locked.", null=True
                            ),
                        ),
                        ("engine", models.CharField(blank=True, max_length=20)),
                        ("facts_digest", models.CharField(blank=True, max_length=64)),
                        ("policies_digest", models.CharField(blank=True, max_length=64)),
                        ("codes_digest", models.CharField(blank=True, max_length=64)),
                        ("output_digest", models.CharField(blank=True, max_length=64)),
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
                        (
                            "prepared_by",
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
                            "sealed_by",
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
                            "started_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical month close",
                        "verbose_name_plural": "historical month closes",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPayerPolicy",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "preset",
                            models.CharField(
                                choices=[
                                    ("medicare_general_supervision", "Medicare, general supervision"),
                                    ("strict_provider_only", "Strictest: billing provider only"),
                                ],
                                max_length=40,
                            ),
                        ),
                        (
                            "departures",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"key": "live_by", "value": "care_team", "from": "2026-01-01", "source": "letter"}].',
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("source", models.CharField(help_text="The document this rests on.", max_length=200)),
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
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
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
                        "verbose_name": "historical payer policy",
                        "verbose_name_plural": "historical payer policies",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPayerProfile",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("policy_number", models.CharField(blank=True, max_length=60)),
                        ("policy_version", models.CharField(blank=True, max_length=60)),
                        ("policy_dated_on", models.DateField(blank=True, null=True)),
                        (
                            "text_read",
                            models.BooleanField(
                                default=False, help_text="A person at the practice has read the document itself."
                            ),
                        ),
                        (
                            "filing_days",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Counted from the date of service.", null=True
                            ),
                        ),
                        (
                            "appeal_days",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Counted from the day of denial.", null=True
                            ),
                        ),
                        (
                            "correction",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("replacement", "replacement or void of the claim (frequency 7 or 8)"),
                                    ("new_claim", "a new claim (frequency 1)"),
                                    ("reopening", "reopening by phone, portal or letter"),
                                ],
                                max_length=11,
                            ),
                        ),
                        (
                            "authorization_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=5), blank=True, default=list, size=None
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("source", models.CharField(max_length=200)),
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
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
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
                        "verbose_name": "historical payer profile",
                        "verbose_name_plural": "historical payer profiles",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPlaceOfService",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("code", models.CharField(blank=True, help_text="Empty: every code.", max_length=5)),
                        (
                            "place",
                            models.CharField(
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[0-9]{2}$", "Two digits, like 11.")
                                ],
                                verbose_name="place of service",
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
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
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Empty: every payer.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
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
                        "verbose_name": "historical place of service",
                        "verbose_name_plural": "historical places of service",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalProviderTaxonomy",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("starts_on", models.DateField(verbose_name="from")),
                        (
                            "taxonomy",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Z]{9}X\\Z", "Enter ten characters that end in X, like 207Q00000X."
                                    )
                                ],
                                verbose_name="taxonomy code",
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
                            "member",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
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
                        "verbose_name": "historical provider taxonomy",
                        "verbose_name_plural": "historical provider taxonomies",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalRuleYearFile",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        ("year", models.PositiveSmallIntegerField()),
                        ("title", models.CharField(max_length=200)),
                        ("digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("submitted", "waits for a second person"),
                                    ("in_force", "in force"),
                                    ("refused", "refused"),
                                    ("withdrawn", "withdrawn"),
                                    ("replaced", "replaced by another file"),
                                ],
                                default="draft",
                                max_length=9,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "decided_by",
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
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "made_by",
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
                        (
                            "submitted_by",
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
                            "withdrawn_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical rule year file",
                        "verbose_name_plural": "historical rule year files",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HoldRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "field",
                            models.CharField(
                                choices=[
                                    ("payer", "payer"),
                                    ("code", "code of a line"),
                                    ("modifier", "modifier of a line"),
                                    ("diagnosis", "diagnosis"),
                                    ("place", "place of service"),
                                    ("provider", "NPI of the billing provider"),
                                    ("member_id", "member ID"),
                                    ("state", "state of the patient's address"),
                                    ("charge", "total charge"),
                                    ("units", "units of a line"),
                                ],
                                max_length=9,
                            ),
                        ),
                        (
                            "operator",
                            models.CharField(
                                choices=[
                                    ("is", "is"),
                                    ("is_not", "is not"),
                                    ("starts", "starts with"),
                                    ("over", "is more than"),
                                    ("under", "is less than"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("value", models.CharField(max_length=60)),
                        (
                            "effect",
                            models.CharField(choices=[("hold", "hold the claim"), ("note", "note it")], max_length=4),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(null=True)),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.CharField(
                                choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
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
                            "ended_by",
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
                        "ordering": ["starts_on", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decision__isnull", True),
                                    models.Q(("decision", "approved"), _negated=True),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="holdrule_approved_by_a_second_person",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LedgerEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("payer_rank", models.CharField(default="P", max_length=1)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("charge", "charge"),
                                    ("transfer", "transferred to a later payer"),
                                    ("payment", "payment"),
                                    ("contractual", "contractual reduction"),
                                    ("sequestration", "sequestration"),
                                    ("patient", "patient share"),
                                    ("other_payer", "paid or adjusted by another payer"),
                                    ("information", "informational adjustment"),
                                    ("refusal", "refused"),
                                    ("unexplained", "unexplained difference"),
                                    ("refund", "refund"),
                                    ("write_off", "written off"),
                                ],
                                max_length=13,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("group", models.CharField(blank=True, max_length=2)),
                        ("reason", models.CharField(blank=True, max_length=10)),
                        (
                            "on",
                            models.DateField(
                                help_text="The day it takes effect: the payer's own date, or the day of delivery."
                            ),
                        ),
                        ("posted_at", models.DateTimeField()),
                        (
                            "answer",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="billing.claim"
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "posted_by",
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
                        (
                            "version",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["on", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="HandedEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("system", models.CharField(max_length=40)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "hand_over",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="billing.handover",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="hand_overs",
                                to="billing.ledgerentry",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("entry", "system"), name="handedentry_once")],
                    },
                ),
                migrations.CreateModel(
                    name="LineBalance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("payer_rank", models.CharField(default="P", max_length=1)),
                        ("charge", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("paid", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("contractual", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("sequestration", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("patient", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("other_payer", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("other", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("refused", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("written_off", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        ("open", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                        (
                            "outcome",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("written", "written, not delivered"),
                                    ("withdrawn", "withdrawn"),
                                    ("sent", "sent"),
                                    ("file_read", "delivered"),
                                    ("file_rejected", "rejected with its file"),
                                    ("file_accepted", "file accepted"),
                                    ("forwarded", "forwarded"),
                                    ("received", "received, not yet accepted"),
                                    ("accepted", "accepted"),
                                    ("rejected", "rejected"),
                                    ("not_found", "rejected: not found"),
                                    ("processed", "processed, no payment"),
                                    ("paid", "paid"),
                                    ("part_denied", "paid, in part denied"),
                                    ("denied", "denied"),
                                    ("unprocessable", "unprocessable"),
                                    ("not_recognized", "patient not recognized"),
                                    ("reversed", "reversed"),
                                    ("other_payer", "with another payer"),
                                    ("information", "information only"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "answer",
                            models.ForeignKey(
                                help_text="It decided the outcome.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decides_lines",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="balances", to="billing.claim"
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="balances",
                                to="billing.claimline",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("claim", "line", "payer_rank"), name="linebalance_once", nulls_distinct=False
                            )
                        ],
                        "indexes": [models.Index(fields=["practice", "outcome"], name="linebalance_by_outcome")],
                    },
                ),
                migrations.CreateModel(
                    name="LineReview",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "moved_to",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed"),
                                    ("approved", "approved"),
                                    ("held", "held"),
                                    ("dropped", "dropped"),
                                    ("void", "void"),
                                    ("reversed", "taken back"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("reviewed_at", models.DateTimeField()),
                        (
                            "line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reviews",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "reviewed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-reviewed_at"],
                    },
                ),
                migrations.CreateModel(
                    name="MockAudit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("first_month", models.DateField()),
                        ("last_month", models.DateField()),
                        (
                            "drawn_from",
                            models.PositiveIntegerField(
                                help_text="How many claims of these months had an approved line."
                            ),
                        ),
                        ("seed", models.PositiveBigIntegerField()),
                        ("drawn_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "closed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "drawn_by",
                            models.ForeignKey(
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
                        "ordering": ["-drawn_at"],
                    },
                ),
                migrations.CreateModel(
                    name="CheckedClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("number", models.PositiveSmallIntegerField()),
                        (
                            "conclusion",
                            models.CharField(
                                choices=[
                                    ("supported", "supported by the record"),
                                    ("not", "not supported by the record"),
                                ],
                                max_length=9,
                                null=True,
                            ),
                        ),
                        ("note", models.CharField(max_length=300, null=True)),
                        ("concluded_at", models.DateTimeField(null=True)),
                        (
                            "concluded_by",
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
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                            ),
                        ),
                        (
                            "audit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="claims",
                                to="billing.mockaudit",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("audit", "claim"), name="checkedclaim_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("concluded_at__isnull", True),
                                        ("concluded_by__isnull", True),
                                        ("conclusion__isnull", True),
                                    ),
                                    models.Q(
                                        ("concluded_at__isnull", False),
                                        ("concluded_by__isnull", False),
                                        ("conclusion__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="checkedclaim_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("conclusion", "not"), _negated=True),
                                    models.Q(("note__isnull", False), models.Q(("note", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="checkedclaim_says_why_not",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MoneyPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "write_off_limit",
                            models.DecimalField(
                                decimal_places=2,
                                default=Decimal("50"),
                                max_digits=7,
                                verbose_name="dollars of a claim that one person may write off",
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
                        "constraints": [
                            models.UniqueConstraint(fields=("practice",), name="moneypolicy_once"),
                            models.CheckConstraint(
                                condition=models.Q(("write_off_limit__gte", 0)),
                                name="moneypolicy_limit_is_an_amount",
                                violation_error_message="The limit is 0.00 or more.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MonthClose",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("month", models.DateField(help_text="The first day of the month.")),
                        (
                            "zone",
                            models.CharField(
                                help_text="The practice's zone as it was when the month was first computed.",
                                max_length=64,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("open", "open"),
                                    ("computing", "calculating"),
                                    ("paused", "calculation paused"),
                                    ("in_review", "in review"),
                                    ("prepared", "awaiting lock"),
                                    ("sealed", "locked"),
                                    ("sent", "submitted"),
                                ],
                                default="open",
                                max_length=10,
                            ),
                        ),
                        ("run", models.PositiveIntegerField(default=0)),
                        ("started_at", models.DateTimeField(null=True)),
                        ("computed_at", models.DateTimeField(null=True)),
                        ("prepared_at", models.DateTimeField(null=True)),
                        (
                            "single_person_reason",
                            models.CharField(
                                blank=True,
                                help_text="Why the person who submitted the month for lock also locked it.",
                                max_length=300,
                            ),
                        ),
                        ("sealed_at", models.DateTimeField(null=True)),
                        (
                            "facts_at",
                            models.DateTimeField(
                                help_text="The database's clock when the month was locked.", null=True
                            ),
                        ),
                        ("engine", models.CharField(blank=True, max_length=20)),
                        ("facts_digest", models.CharField(blank=True, max_length=64)),
                        ("policies_digest", models.CharField(blank=True, max_length=64)),
                        ("codes_digest", models.CharField(blank=True, max_length=64)),
                        ("output_digest", models.CharField(blank=True, max_length=64)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "prepared_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sealed_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "started_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "month"), name="monthclose_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["sealed", "sent"]), _negated=True),
                                    models.Q(("sealed_at__isnull", False), ("sealed_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="monthclose_sealed_by_somebody",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["sealed", "sent"]), _negated=True),
                                    models.Q(("prepared_by", models.F("sealed_by")), _negated=True),
                                    models.Q(("single_person_reason", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="monthclose_sealed_by_two_or_with_a_reason",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="LineOverride",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("run", models.PositiveIntegerField(help_text="The computation that it overrides.")),
                        ("code", models.CharField(max_length=5)),
                        ("units", models.PositiveSmallIntegerField()),
                        ("dos", models.DateField(verbose_name="date of service")),
                        ("reason", models.CharField(max_length=300)),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.CharField(
                                choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
                            ),
                        ),
                        ("why", models.CharField(max_length=300, null=True)),
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
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "line",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="raised_by",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="overrides",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("decided_at__isnull", True)),
                                fields=("close", "run", "enrollment", "code"),
                                name="lineoverride_one_open_a_code",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decision__isnull", True),
                                    models.Q(("decision", "approved"), _negated=True),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("line__isnull", False),
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="lineoverride_approved_by_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="KeptDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("run", models.PositiveIntegerField(help_text="The computation that made it.")),
                        (
                            "replaced_in",
                            models.PositiveIntegerField(
                                help_text="The computation that replaced it; empty while it is current.", null=True
                            ),
                        ),
                        ("facts", models.TextField(help_text="The facts it was decided on, as canonical JSON.")),
                        ("facts_digest", models.CharField(max_length=64)),
                        (
                            "facts_change_count",
                            models.BigIntegerField(
                                help_text="The change count of the facts when they were last read; empty while their month ran.",
                                null=True,
                            ),
                        ),
                        (
                            "decided_under",
                            models.CharField(
                                help_text="Patient, payer, billing provider, episode, policy.", max_length=80
                            ),
                        ),
                        (
                            "release",
                            models.CharField(help_text="The engine with its codes and policies.", max_length=12),
                        ),
                        ("policy", models.CharField(max_length=80)),
                        ("findings_json", models.TextField(help_text="Every finding, once.")),
                        (
                            "proposed",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(),
                                help_text="The lines it proposed: enrollment|code|date|digest.",
                                size=None,
                            ),
                        ),
                        (
                            "reason_sources",
                            models.TextField(
                                help_text="For each proposed line the places of its findings and sources; empty before decision 14.",
                                null=True,
                            ),
                        ),
                        (
                            "fixable_codes",
                            models.PositiveSmallIntegerField(
                                help_text="How many codes were not earned but could still be when it was decided."
                            ),
                        ),
                        (
                            "codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(),
                                help_text="Every code that the month could bill.",
                                size=None,
                            ),
                        ),
                        (
                            "components",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), help_text="The component of each code.", size=None
                            ),
                        ),
                        (
                            "outcomes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(), help_text="The outcome of each code.", size=None
                            ),
                        ),
                        (
                            "reason_places",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.TextField(),
                                help_text="For each code the places of its findings.",
                                size=None,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("replaced_in__isnull", True)),
                                fields=("enrollment", "close"),
                                name="keptdecision_one_current",
                            )
                        ],
                        "indexes": [models.Index(fields=["enrollment", "close"], name="keptdecision_by_enrollment")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalClaimLine",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(editable=False, max_length=12)),
                        ("code", models.CharField(max_length=5)),
                        ("component", models.CharField(max_length=16)),
                        ("is_base", models.BooleanField(default=False)),
                        ("units", models.PositiveSmallIntegerField()),
                        ("dos", models.DateField(verbose_name="date of service")),
                        ("period_start", models.DateField(null=True)),
                        (
                            "modifiers",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=2), default=list, size=None
                            ),
                        ),
                        (
                            "authorization",
                            models.CharField(blank=True, max_length=50, verbose_name="prior authorization"),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("proposed", "proposed"),
                                    ("approved", "approved"),
                                    ("held", "held"),
                                    ("dropped", "dropped"),
                                    ("void", "void"),
                                    ("reversed", "taken back"),
                                ],
                                default="proposed",
                                max_length=8,
                            ),
                        ),
                        ("digest", models.CharField(max_length=64)),
                        ("policy", models.CharField(max_length=80)),
                        (
                            "needs_attestation",
                            models.BooleanField(
                                default=False, help_text="The payer's policy asks the billing provider to attest to it."
                            ),
                        ),
                        (
                            "flags",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12),
                                default=list,
                                help_text="Reasons for an auditor to review it.",
                                size=None,
                            ),
                        ),
                        (
                            "needs_look",
                            models.BooleanField(
                                default=False, help_text="A finding or a flag asks a person to review it."
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
                            "adjustment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="The adjustment that added it.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="billing.adjustment",
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "episode",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.episode",
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
                            "patient",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical claim line",
                        "verbose_name_plural": "historical claim lines",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalClaim",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(editable=False, max_length=12)),
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
                            "billing_provider",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
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
                            "patient",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical claim",
                        "verbose_name_plural": "historical claims",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="DeviceAnchor",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("fixed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                        (
                            "enrollment",
                            models.OneToOneField(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "fixed_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="anchors",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["fixed_at"],
                    },
                ),
                migrations.CreateModel(
                    name="CloseChunk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("run", models.PositiveIntegerField()),
                        ("number", models.PositiveIntegerField()),
                        (
                            "enrollment_ids",
                            django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None),
                        ),
                        (
                            "recompute_all",
                            models.BooleanField(default=False, help_text="Read and decide all of it, changed or not."),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("pending", "pending"), ("done", "done"), ("failed", "failed")],
                                default="pending",
                                max_length=8,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("error", models.CharField(blank=True, max_length=200)),
                        ("signaled_at", models.DateTimeField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("facts_digest", models.CharField(blank=True, max_length=64)),
                        ("output_digest", models.CharField(blank=True, max_length=64)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="chunks",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("close", "run", "number"), name="closechunk_once")
                        ],
                        "indexes": [models.Index(fields=["state", "signaled_at"], name="closechunk_waiting")],
                    },
                ),
                migrations.CreateModel(
                    name="Attestation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("statement", models.TextField()),
                        (
                            "version",
                            models.PositiveSmallIntegerField(default=1, help_text="The version of the statement."),
                        ),
                        ("signed_as", models.CharField(max_length=200)),
                        ("signed_at", models.DateTimeField()),
                        (
                            "line_ids",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                help_text="A line that is computed again is another line.",
                                size=None,
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="attestations",
                                to="billing.monthclose",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["signed_at"],
                    },
                ),
                migrations.CreateModel(
                    name="MonthSeal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("taken_at", models.DateTimeField()),
                        ("lifted_at", models.DateTimeField(null=True)),
                        ("lift_reason", models.CharField(max_length=300, null=True)),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="seals",
                                to="billing.monthclose",
                            ),
                        ),
                        (
                            "lifted_by",
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
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["taken_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("lifted_at__isnull", True)),
                                fields=("close",),
                                name="monthseal_one_in_force",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("lifted_at__isnull", True),
                                    ("lifted_at__gt", models.F("taken_at")),
                                    _connector="OR",
                                ),
                                name="monthseal_lifted_after_it_was_taken",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("lift_reason__isnull", True),
                                        ("lifted_at__isnull", True),
                                        ("lifted_by__isnull", True),
                                    ),
                                    models.Q(
                                        ("lift_reason__isnull", False),
                                        ("lifted_at__isnull", False),
                                        ("lifted_by__isnull", False),
                                        ("lift_reason__regex", ".{10}"),
                                    ),
                                    _connector="OR",
                                ),
                                name="monthseal_lifted_by_a_person_with_a_reason",
                            ),
                        ],
                        "indexes": [models.Index(fields=["close"], name="monthseal_by_close")],
                    },
                ),
                migrations.CreateModel(
                    name="OwnCase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("title", models.CharField(max_length=120)),
                        ("case", models.JSONField()),
                        ("added_at", models.DateTimeField()),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "added_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "withdrawn_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["title", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="PacketRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("title", models.CharField(max_length=120)),
                        ("letter", models.TextField(blank=True, help_text="Printed before the list of claims.")),
                        ("asked_at", models.DateTimeField()),
                        ("signaled_at", models.DateTimeField(help_text="When the worker was last signaled.")),
                        (
                            "cleared_at",
                            models.DateTimeField(help_text="When the finished packets were deleted.", null=True),
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
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at", "-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="PacketItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("name", models.CharField(blank=True, max_length=40)),
                        ("body", models.TextField(null=True)),
                        ("sha256", models.CharField(blank=True, max_length=64)),
                        ("missing_documents", models.JSONField(default=list)),
                        ("error", models.CharField(blank=True, max_length=100)),
                        ("done_at", models.DateTimeField(null=True)),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "run",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="items",
                                to="billing.packetrun",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["number"],
                        "constraints": [models.UniqueConstraint(fields=("run", "claim"), name="packetitem_once")],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("done_at", None)),
                                fields=["run", "number"],
                                name="packetitem_waiting",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PayerCheck",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("payer", models.CharField(max_length=60)),
                        ("payer_id", models.CharField(max_length=30)),
                        ("trace", models.CharField(max_length=50)),
                        ("paid_on", models.DateField()),
                        ("method", models.CharField(max_length=3)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=16)),
                        ("ours", models.DecimalField(decimal_places=2, max_digits=16)),
                        ("foreign", models.DecimalField(decimal_places=2, max_digits=16)),
                        ("adjusted", models.DecimalField(decimal_places=2, max_digits=16)),
                        ("unexplained", models.DecimalField(decimal_places=2, max_digits=16)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "transaction",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="check_row",
                                to="billing.answertransaction",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-paid_on", "-pk"],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="payercheck_is_no_debt")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Deposit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("on", models.DateField()),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("text", models.CharField(blank=True, max_length=200)),
                        ("bank_key", models.CharField(max_length=64, null=True)),
                        ("matched_at", models.DateTimeField(null=True)),
                        ("entered_at", models.DateTimeField()),
                        (
                            "entered_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "matched_by",
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
                        (
                            "check_row",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="deposits",
                                to="billing.payercheck",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-on", "-pk"],
                        "constraints": [
                            models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="deposit_is_an_amount"),
                            models.UniqueConstraint(
                                fields=("practice", "bank_key"), name="deposit_once_in_the_banks_files"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PayerPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "preset",
                            models.CharField(
                                choices=[
                                    ("medicare_general_supervision", "Medicare, general supervision"),
                                    ("strict_provider_only", "Strictest: billing provider only"),
                                ],
                                max_length=40,
                            ),
                        ),
                        (
                            "departures",
                            models.JSONField(
                                blank=True,
                                default=list,
                                help_text='A list like [{"key": "live_by", "value": "care_team", "from": "2026-01-01", "source": "letter"}].',
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("source", models.CharField(help_text="The document this rests on.", max_length=200)),
                        (
                            "payer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="policies",
                                to="enrollment.payer",
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
                        "verbose_name_plural": "payer policies",
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("payer"),
                                            models.F("payer"),
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
                                name="payerpolicy_one_a_day",
                                violation_error_message="This payer already has a policy on these days; end that one first.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPolicyDraft",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        ("preset", models.CharField(default="strict_provider_only", max_length=40)),
                        ("departures", models.JSONField(default=list)),
                        ("starts_on", models.DateField()),
                        ("source", models.CharField(blank=True, max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("submitted", "waits for a second person"),
                                    ("approved", "approved"),
                                    ("refused", "refused"),
                                ],
                                default="draft",
                                max_length=9,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "decided_by",
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
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "made_by",
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
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
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
                        (
                            "submitted_by",
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
                            "policy",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="billing.payerpolicy",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical policy draft",
                        "verbose_name_plural": "historical policy drafts",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="PayerProfile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("policy_number", models.CharField(blank=True, max_length=60)),
                        ("policy_version", models.CharField(blank=True, max_length=60)),
                        ("policy_dated_on", models.DateField(blank=True, null=True)),
                        (
                            "text_read",
                            models.BooleanField(
                                default=False, help_text="A person at the practice has read the document itself."
                            ),
                        ),
                        (
                            "filing_days",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Counted from the date of service.", null=True
                            ),
                        ),
                        (
                            "appeal_days",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Counted from the day of denial.", null=True
                            ),
                        ),
                        (
                            "correction",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("replacement", "replacement or void of the claim (frequency 7 or 8)"),
                                    ("new_claim", "a new claim (frequency 1)"),
                                    ("reopening", "reopening by phone, portal or letter"),
                                ],
                                max_length=11,
                            ),
                        ),
                        (
                            "authorization_codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=5), blank=True, default=list, size=None
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("source", models.CharField(max_length=200)),
                        (
                            "payer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="profiles",
                                to="enrollment.payer",
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
                        "ordering": ["-starts_on"],
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("payer"),
                                            models.F("payer"),
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
                                name="payerprofile_one_a_day",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PlaceOfService",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(blank=True, help_text="Empty: every code.", max_length=5)),
                        (
                            "place",
                            models.CharField(
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[0-9]{2}$", "Two digits, like 11.")
                                ],
                                verbose_name="place of service",
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        (
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                help_text="Empty: every payer.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
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
                        "verbose_name_plural": "places of service",
                        "ordering": ["payer", "code", "-starts_on"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("practice", "payer", "code", "starts_on"),
                                name="placeofservice_once_from",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PolicyDraft",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("preset", models.CharField(default="strict_provider_only", max_length=40)),
                        ("departures", models.JSONField(default=list)),
                        ("starts_on", models.DateField()),
                        ("source", models.CharField(blank=True, max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("submitted", "waits for a second person"),
                                    ("approved", "approved"),
                                    ("refused", "refused"),
                                ],
                                default="draft",
                                max_length=9,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "made_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="policy_drafts",
                                to="enrollment.payer",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.payerpolicy",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "submitted_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-made_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["draft", "submitted"])),
                                fields=("payer",),
                                name="policydraft_one_open_a_payer",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "approved"), _negated=True),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("policy__isnull", False),
                                        models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="policydraft_approved_by_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderAdjustment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=2)),
                        ("reference", models.CharField(blank=True, max_length=60)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("note", models.CharField(blank=True, max_length=100)),
                        (
                            "check_row",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="adjustments",
                                to="billing.payercheck",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                    },
                ),
                migrations.CreateModel(
                    name="ProviderTaxonomy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        (
                            "taxonomy",
                            models.CharField(
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Z]{9}X\\Z", "Enter ten characters that end in X, like 207Q00000X."
                                    )
                                ],
                                verbose_name="taxonomy code",
                            ),
                        ),
                        (
                            "member",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
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
                        "verbose_name_plural": "provider taxonomies",
                        "ordering": ["member", "-starts_on"],
                        "constraints": [
                            models.UniqueConstraint(fields=("member", "starts_on"), name="providertaxonomy_once_from")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=5)),
                        ("year", models.PositiveSmallIntegerField()),
                        (
                            "starts_on",
                            models.DateField(blank=True, help_text="Empty: from the first day of the year.", null=True),
                        ),
                        ("locality", models.CharField(default="national", max_length=20)),
                        ("facility", models.BooleanField(default=False)),
                        (
                            "factor_class",
                            models.CharField(
                                choices=[
                                    ("nonqualifying", "not a qualifying APM participant"),
                                    ("qualifying", "qualifying APM participant"),
                                ],
                                default="nonqualifying",
                                max_length=16,
                                verbose_name="conversion-factor class",
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=9)),
                        ("source", models.CharField(max_length=200)),
                        (
                            "file",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rates",
                                to="billing.feefile",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                blank=True,
                                help_text="The payer of the contract; empty for the fee schedule.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.payer",
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
                        "constraints": [
                            models.UniqueConstraint(
                                fields=(
                                    "practice",
                                    "payer",
                                    "code",
                                    "year",
                                    "starts_on",
                                    "locality",
                                    "facility",
                                    "factor_class",
                                ),
                                name="rate_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="rate_is_an_amount"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RefundDuty",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "source",
                            models.CharField(
                                choices=[
                                    ("unbilled", "un-billed line"),
                                    ("late_facts", "late facts"),
                                    ("audit", "mock audit"),
                                    ("person", "found by a person"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("payer_amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("patient_amount", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                        ("identified_on", models.DateField()),
                        ("opened_at", models.DateTimeField()),
                        ("investigated_from", models.DateField(null=True)),
                        ("investigation_reason", models.CharField(max_length=300, null=True)),
                        ("investigated_until", models.DateField(null=True)),
                        (
                            "ended_at",
                            models.DateTimeField(help_text="When the proof added up to what is owed.", null=True),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refund_duties",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refund_duties",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
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
                        "ordering": ["identified_on", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=("claim", "line"),
                                name="refundduty_one_open_a_line",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("patient_amount__gte", 0),
                                    ("payer_amount__gte", 0),
                                    models.Q(("payer_amount__gt", 0), ("patient_amount__gt", 0), _connector="OR"),
                                ),
                                name="refundduty_has_amounts",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("investigated_from__isnull", True), ("investigated_until__isnull", True)),
                                    models.Q(
                                        ("investigated_from__isnull", False), ("investigation_reason__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="refundduty_investigated_with_a_reason",
                            ),
                        ],
                        "indexes": [models.Index(fields=["practice", "ended_at"], name="refundduty_open")],
                    },
                ),
                migrations.CreateModel(
                    name="RefundProof",
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
                                    ("check", "check or EFT to the payer"),
                                    ("offset", "amount taken from a payment (PLB)"),
                                    ("reversal", "reversal by the payer"),
                                    ("patient", "paid back to the patient"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("on", models.DateField()),
                        ("reference", models.CharField(max_length=60)),
                        ("recorded_at", models.DateTimeField()),
                        (
                            "answer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "duty",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="proofs",
                                to="billing.refundduty",
                            ),
                        ),
                        (
                            "offset",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.provideradjustment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["on", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="refundproof_is_an_amount"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("answer__isnull", True), ("kind", "offset"), ("offset__isnull", False)),
                                    models.Q(("answer__isnull", False), ("kind", "reversal"), ("offset__isnull", True)),
                                    models.Q(
                                        ("answer__isnull", True),
                                        ("kind__in", ["check", "patient"]),
                                        ("offset__isnull", True),
                                    ),
                                    _connector="OR",
                                ),
                                name="refundproof_names_its_row",
                            ),
                            models.UniqueConstraint(fields=("duty", "kind", "reference"), name="refundproof_once"),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RuleYearFile",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("year", models.PositiveSmallIntegerField()),
                        ("title", models.CharField(max_length=200)),
                        ("content", models.TextField()),
                        ("digest", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("submitted", "waits for a second person"),
                                    ("in_force", "in force"),
                                    ("refused", "refused"),
                                    ("withdrawn", "withdrawn"),
                                    ("replaced", "replaced by another file"),
                                ],
                                default="draft",
                                max_length=9,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("submitted_at", models.DateTimeField(null=True)),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "made_by",
                            models.ForeignKey(
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
                        (
                            "submitted_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "withdrawn_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-made_at"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "in_force")),
                                fields=("practice", "year"),
                                name="ruleyearfile_one_in_force_a_year",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ["draft", "submitted"])),
                                fields=("practice", "year"),
                                name="ruleyearfile_one_open_a_year",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "in_force"), _negated=True),
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("submitted_by__isnull", False),
                                        models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="ruleyearfile_in_force_by_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SealDigest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                help_text="prepared, returned, sealed, reopened, adjusted, sent, confirmed or renewed",
                                max_length=10,
                            ),
                        ),
                        ("key_name", models.CharField(help_text="Which of PORTAL_SEAL_KEYS made it.", max_length=8)),
                        (
                            "parts",
                            models.JSONField(help_text="The digest of each part of the month, by the part's name."),
                        ),
                        ("digest", models.CharField(max_length=64)),
                        ("made_at", models.DateTimeField()),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="seal_digests",
                                to="billing.monthclose",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [models.Index(fields=["close", "-id"], name="sealdigest_latest")],
                    },
                ),
                migrations.CreateModel(
                    name="SealedClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key_name",
                            models.CharField(help_text="Which of PORTAL_SEAL_KEYS made the digests.", max_length=8),
                        ),
                        (
                            "row_digests",
                            models.JSONField(help_text="The digest of the claim and of each line, by public ID."),
                        ),
                        (
                            "value_digests",
                            models.JSONField(help_text="The digest of each group of values that is written to a file."),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.monthclose",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["pk"],
                        "indexes": [models.Index(fields=["close", "claim", "-id"], name="sealedclaim_latest")],
                    },
                ),
                migrations.CreateModel(
                    name="Submission",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "number",
                            models.PositiveIntegerField(help_text="From the one counter of the practice's files."),
                        ),
                        (
                            "form",
                            models.CharField(
                                choices=[
                                    ("837p", "837P"),
                                    ("paper", "paper forms"),
                                    ("reported", "filed elsewhere, reported"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.TextField()),
                        ("claims", models.PositiveIntegerField()),
                        ("lines", models.PositiveIntegerField()),
                        ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("interchange", models.CharField(blank=True, max_length=9, verbose_name="ISA13")),
                        ("interchange_date", models.CharField(blank=True, max_length=6, verbose_name="ISA09")),
                        ("interchange_time", models.CharField(blank=True, max_length=4, verbose_name="ISA10")),
                        ("group", models.CharField(blank=True, max_length=9, verbose_name="GS06")),
                        ("batch", models.CharField(blank=True, max_length=50, verbose_name="BHT03")),
                        ("downloaded_at", models.DateTimeField(null=True)),
                        ("delivered_at", models.DateTimeField(null=True)),
                        ("withdrawn_at", models.DateTimeField(null=True)),
                        (
                            "close",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="submissions",
                                to="billing.monthclose",
                            ),
                        ),
                        (
                            "made_by",
                            models.ForeignKey(
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
                        "ordering": ["-number"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("practice", "number"), name="submission_numbered_in_practice"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ExportRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "shape",
                            models.CharField(
                                choices=[
                                    ("837p", "837P"),
                                    ("paper", "Paper forms to mail"),
                                    ("trial", "Trial 837P"),
                                    ("1500", "CMS-1500 preview"),
                                    ("csv", "CSV"),
                                    ("fhir", "FHIR Claim"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "chosen",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=12),
                                help_text="The claims, by their public ids.",
                                size=None,
                            ),
                        ),
                        (
                            "again",
                            models.BooleanField(default=False, help_text="Also send claims that were sent already."),
                        ),
                        ("asked_at", models.DateTimeField()),
                        ("signaled_at", models.DateTimeField(help_text="When the worker was last signaled.")),
                        ("done_at", models.DateTimeField(null=True)),
                        ("message", models.CharField(blank=True, help_text="Why there is no file.", max_length=400)),
                        (
                            "asked_by",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "copy",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimcopy",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.practice",
                            ),
                        ),
                        (
                            "close",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="export_runs",
                                to="billing.monthclose",
                            ),
                        ),
                        (
                            "submission",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.submission",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("done_at__isnull", True)),
                                fields=("close",),
                                name="exportrun_one_waits_a_month",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SubmissionEvent",
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
                                    ("uploaded", "uploaded, as reported"),
                                    ("mailed", "mailed, as reported"),
                                    ("reported", "filed elsewhere, as reported"),
                                    ("acknowledged", "answered by the receiver"),
                                    ("downloaded", "downloaded"),
                                    ("not_uploaded", "not uploaded, as stated"),
                                    ("withdrawn", "withdrawn"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("note", models.CharField(blank=True, max_length=300)),
                        (
                            "by",
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
                        (
                            "submission",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="events",
                                to="billing.submission",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["at", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="UnbillRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("not_furnished", "service not furnished"),
                                    ("no_consent", "no consent on file"),
                                    ("wrong_patient", "wrong patient"),
                                    ("double", "billed twice"),
                                    ("other_practice", "billed by another practice"),
                                    ("audit", "audit finding"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "decision",
                            models.CharField(
                                choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
                            ),
                        ),
                        ("why", models.CharField(max_length=300, null=True)),
                        (
                            "adjustment",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.adjustment",
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
                            "line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unbill_requests",
                                to="billing.claimline",
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
                                condition=models.Q(("decided_at__isnull", True)),
                                fields=("line",),
                                name="unbillrequest_one_open_a_line",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decision__isnull", True),
                                    models.Q(("decision", "approved"), _negated=True),
                                    models.Q(
                                        ("adjustment__isnull", False),
                                        ("decided_by__isnull", False),
                                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="unbillrequest_approved_by_a_second_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "queue",
                            models.CharField(
                                choices=[
                                    ("rejected", "Rejections"),
                                    ("denied", "Denials"),
                                    ("unmatched", "Part answered or not matched"),
                                    ("no_answer", "No answer"),
                                    ("other_payer", "With another payer"),
                                    ("underpaid", "Underpaid"),
                                    ("filing", "Filing limit near"),
                                    ("correction", "Corrections to ask for"),
                                    ("refund", "Refunds"),
                                    ("held", "Held payments"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("due_on", models.DateField()),
                        ("opened_at", models.DateTimeField()),
                        ("snoozed_until", models.DateField(null=True)),
                        ("ended_at", models.DateTimeField(null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "answer",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.answer",
                            ),
                        ),
                        (
                            "claim",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="work",
                                to="billing.claim",
                            ),
                        ),
                        (
                            "duty",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.refundduty",
                            ),
                        ),
                        (
                            "ended_by",
                            models.ForeignKey(
                                help_text="Empty: it ended by rule.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "owner",
                            models.ForeignKey(
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
                        (
                            "transaction",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.answertransaction",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["due_on", "pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=(
                                    "practice",
                                    "queue",
                                    "claim",
                                    "line",
                                    "version",
                                    "answer",
                                    "transaction",
                                    "duty",
                                ),
                                name="workitem_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_by__isnull", True),
                                    models.Q(("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                                    _connector="OR",
                                ),
                                name="workitem_ended_by_a_person_with_a_reason",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("claim__isnull", False), ("transaction__isnull", False), _connector="XOR"
                                ),
                                name="workitem_is_about_a_claim_or_a_payment",
                            ),
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_at__isnull", True)),
                                fields=["practice", "due_on"],
                                name="workitem_open",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="WorkNote",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("text", models.CharField(max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "item",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="billing.workitem"
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
                        "ordering": ["at", "pk"],
                    },
                ),
                migrations.CreateModel(
                    name="WriteOff",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("payer_rank", models.CharField(default="P", max_length=1)),
                        ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                        ("claim_total", models.DecimalField(decimal_places=2, max_digits=12)),
                        (
                            "limit",
                            models.DecimalField(
                                decimal_places=2, help_text="Of the practice, when it was asked.", max_digits=7
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("small", "small balance"),
                                    ("late", "filed too late"),
                                    ("appeal", "appeal lost or not possible"),
                                    ("not_covered", "not covered"),
                                    ("contract", "reduction by contract that the payer did not take"),
                                    ("other", "other, see note"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("asked_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("written_off", "written off"),
                                    ("refused", "refused"),
                                    ("withdrawn", "withdrawn"),
                                ],
                                max_length=11,
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
                            "claim",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="write_offs",
                                to="billing.claim",
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
                            "entry",
                            models.OneToOneField(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="write_off",
                                to="billing.ledgerentry",
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimline",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "takes_back",
                            models.OneToOneField(
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="taken_back_by",
                                to="billing.writeoff",
                            ),
                        ),
                        (
                            "version",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="billing.claimversion",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-asked_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("outcome__isnull", True)),
                                fields=("claim", "line", "payer_rank"),
                                name="writeoff_one_waits",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("amount__gt", 0), ("takes_back__isnull", True)),
                                    models.Q(("amount__lt", 0), ("takes_back__isnull", False)),
                                    _connector="OR",
                                ),
                                name="writeoff_takes_back_less_than_nothing",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("decided_by__isnull", False),
                                        ("entry__isnull", False),
                                        ("outcome", "written_off"),
                                    ),
                                    models.Q(
                                        models.Q(("outcome", "written_off"), _negated=True), ("entry__isnull", True)
                                    ),
                                    _connector="OR",
                                ),
                                name="writeoff_has_an_entry_if_written_off",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "written_off"), _negated=True),
                                    ("claim_total__lte", models.F("limit")),
                                    ("amount__lt", 0),
                                    models.Q(("decided_by", models.F("asked_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="writeoff_second_person_above_the_limit",
                            ),
                        ],
                    },
                ),
            ]
        ),
    ]
