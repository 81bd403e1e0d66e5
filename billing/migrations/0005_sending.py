"""Claims out and answers in: setup, charges, exports, what was sent, what came back, adjustments."""

import django.contrib.postgres.constraints
import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.batch_operation import AtOnce
from rpm_portal.core.db.triggers import AppendOnly, SamePractice


class Migration(migrations.Migration):
    """Tables, their promises, and a state of a line that was taken back."""

    dependencies = [
        ("accounts", "0002_signed_days"),
        ("billing", "0004_sealing"),
        ("enrollment", "0005_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(
            migrations.CreateModel(
                name="Adjustment",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    ("reason", models.CharField(max_length=300)),
                    ("taken_back", models.JSONField(default=list)),
                    ("put_in", models.JSONField(default=list)),
                    ("facts_digest", models.CharField(max_length=64)),
                    ("made_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["made_at"],
                },
            ),
            migrations.CreateModel(
                name="Answer",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "status",
                        models.CharField(
                            choices=[
                                ("accepted", "accepted"),
                                ("rejected", "rejected"),
                                ("paid", "paid"),
                                ("denied", "denied"),
                                ("reversed", "reversed"),
                            ],
                            max_length=8,
                        ),
                    ),
                    ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                    (
                        "payer_control",
                        models.CharField(blank=True, max_length=50, verbose_name="payer's number of the claim"),
                    ),
                    ("reasons", models.JSONField(default=list)),
                    ("note", models.CharField(blank=True, max_length=300)),
                    (
                        "key",
                        models.CharField(
                            help_text="Trace, payer's number and line: the same answer is kept once.", max_length=200
                        ),
                    ),
                    ("answered_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["answered_at", "pk"],
                },
            ),
            migrations.CreateModel(
                name="Charge",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("code", models.CharField(max_length=5)),
                    ("starts_on", models.DateField()),
                    ("amount", models.DecimalField(decimal_places=2, max_digits=9)),
                ],
                options={
                    "ordering": ["code", "-starts_on"],
                },
            ),
            migrations.CreateModel(
                name="ClaimSetup",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("street", models.CharField(max_length=55)),
                    ("city", models.CharField(max_length=30)),
                    (
                        "state",
                        models.CharField(
                            max_length=2,
                            validators=[django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")],
                        ),
                    ),
                    (
                        "postal_code",
                        models.CharField(
                            max_length=10,
                            validators=[
                                django.core.validators.RegexValidator("^\\d{5}-?\\d{4}$", "Write it as 60601-1234.")
                            ],
                            verbose_name="ZIP of nine digits",
                        ),
                    ),
                    (
                        "taxonomy",
                        models.CharField(
                            max_length=10,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[0-9A-Z]{9}X$", "Ten characters that end in X, like 207Q00000X."
                                )
                            ],
                            verbose_name="taxonomy code",
                        ),
                    ),
                    ("place_of_service", models.CharField(default="11", max_length=2)),
                    ("contact", models.CharField(max_length=60)),
                    (
                        "phone",
                        models.CharField(
                            max_length=20,
                            validators=[
                                django.core.validators.RegexValidator("^(\\D*\\d){10}\\D*$", "A number of ten digits.")
                            ],
                        ),
                    ),
                    ("submitter_id", models.CharField(max_length=15)),
                    (
                        "receiver",
                        models.CharField(help_text="The clearinghouse or payer the file goes to.", max_length=60),
                    ),
                    ("receiver_id", models.CharField(max_length=15)),
                    (
                        "test",
                        models.BooleanField(
                            default=True, help_text="Files are marked as trials until this is taken away."
                        ),
                    ),
                ],
                options={
                    "verbose_name_plural": "claim setup",
                },
            ),
            migrations.CreateModel(
                name="Export",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    ("number", models.PositiveIntegerField()),
                    ("shape", models.CharField(choices=[("837p", "837P"), ("csv", "CSV")], max_length=4)),
                    ("made_at", models.DateTimeField()),
                    ("sha256", models.CharField(max_length=64)),
                    ("body", models.BinaryField()),
                    ("claims", models.PositiveIntegerField()),
                    ("lines", models.PositiveIntegerField()),
                    ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                ],
                options={
                    "ordering": ["-number"],
                },
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
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                name="HistoricalClaimSetup",
                fields=[
                    ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                    ("street", models.CharField(max_length=55)),
                    ("city", models.CharField(max_length=30)),
                    (
                        "state",
                        models.CharField(
                            max_length=2,
                            validators=[django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")],
                        ),
                    ),
                    (
                        "postal_code",
                        models.CharField(
                            max_length=10,
                            validators=[
                                django.core.validators.RegexValidator("^\\d{5}-?\\d{4}$", "Write it as 60601-1234.")
                            ],
                            verbose_name="ZIP of nine digits",
                        ),
                    ),
                    (
                        "taxonomy",
                        models.CharField(
                            max_length=10,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[0-9A-Z]{9}X$", "Ten characters that end in X, like 207Q00000X."
                                )
                            ],
                            verbose_name="taxonomy code",
                        ),
                    ),
                    ("place_of_service", models.CharField(default="11", max_length=2)),
                    ("contact", models.CharField(max_length=60)),
                    (
                        "phone",
                        models.CharField(
                            max_length=20,
                            validators=[
                                django.core.validators.RegexValidator("^(\\D*\\d){10}\\D*$", "A number of ten digits.")
                            ],
                        ),
                    ),
                    ("submitter_id", models.CharField(max_length=15)),
                    (
                        "receiver",
                        models.CharField(help_text="The clearinghouse or payer the file goes to.", max_length=60),
                    ),
                    ("receiver_id", models.CharField(max_length=15)),
                    (
                        "test",
                        models.BooleanField(
                            default=True, help_text="Files are marked as trials until this is taken away."
                        ),
                    ),
                    ("history_id", models.AutoField(primary_key=True, serialize=False)),
                    ("history_date", models.DateTimeField(db_index=True)),
                    ("history_change_reason", models.CharField(max_length=100, null=True)),
                    (
                        "history_type",
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                    ),
                ],
                options={
                    "verbose_name": "historical claim setup",
                    "verbose_name_plural": "historical claim setup",
                    "ordering": ("-history_date", "-history_id"),
                    "get_latest_by": ("history_date", "history_id"),
                },
                bases=(simple_history.models.HistoricalChanges, models.Model),
            ),
            migrations.CreateModel(
                name="Remittance",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    (
                        "shape",
                        models.CharField(choices=[("835", "835"), ("999", "999"), ("277CA", "277CA")], max_length=5),
                    ),
                    ("sha256", models.CharField(max_length=64)),
                    ("body", models.BinaryField()),
                    ("trace", models.CharField(blank=True, max_length=50)),
                    ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                    ("posted_at", models.DateTimeField()),
                ],
                options={
                    "ordering": ["-posted_at"],
                },
            ),
            migrations.CreateModel(
                name="SentClaim",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    (
                        "public_id",
                        models.CharField(
                            default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                        ),
                    ),
                    ("version", models.PositiveSmallIntegerField()),
                    (
                        "frequency",
                        models.CharField(choices=[("1", "new"), ("7", "replacement"), ("8", "void")], max_length=1),
                    ),
                    ("control", models.CharField(max_length=20, unique=True)),
                    ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                    ("content", models.JSONField()),
                ],
                options={
                    "ordering": ["version"],
                },
            ),
        ),
        migrations.RemoveConstraint(
            model_name="claimline",
            name="claimline_once",
        ),
        migrations.RemoveConstraint(
            model_name="claimline",
            name="claimline_one_base_a_month",
        ),
        migrations.RemoveConstraint(
            model_name="claimline",
            name="claimline_one_setup_an_episode",
        ),
        migrations.RemoveConstraint(
            model_name="claimline",
            name="claimline_no_day_in_two_periods",
        ),
        AtOnce(
            migrations.AlterField(
                model_name="claimline",
                name="state",
                field=models.CharField(
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
            migrations.AlterField(
                model_name="historicalclaimline",
                name="state",
                field=models.CharField(
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
            migrations.AlterField(
                model_name="linereview",
                name="moved_to",
                field=models.CharField(
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
            migrations.AddField(
                model_name="adjustment",
                name="claim",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.claim"
                ),
            ),
            migrations.AddField(
                model_name="adjustment",
                name="close",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.monthclose"
                ),
            ),
            migrations.AddField(
                model_name="adjustment",
                name="made_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="adjustment",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="claimline",
                name="adjustment",
                field=models.ForeignKey(
                    help_text="What put it in.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="billing.adjustment",
                ),
            ),
            migrations.AddField(
                model_name="historicalclaimline",
                name="adjustment",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    help_text="What put it in.",
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="billing.adjustment",
                ),
            ),
            migrations.AddConstraint(
                model_name="claimline",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                    fields=("enrollment", "code", "dos"),
                    name="claimline_once",
                ),
            ),
            migrations.AddConstraint(
                model_name="claimline",
                constraint=models.UniqueConstraint(
                    condition=models.Q(
                        ("component", "management"),
                        ("is_base", True),
                        models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True),
                    ),
                    fields=("close", "patient"),
                    name="claimline_one_base_a_month",
                ),
            ),
            migrations.AddConstraint(
                model_name="claimline",
                constraint=models.UniqueConstraint(
                    condition=models.Q(
                        ("component", "setup"), models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True)
                    ),
                    fields=("episode",),
                    name="claimline_one_setup_an_episode",
                ),
            ),
            migrations.AddConstraint(
                model_name="claimline",
                constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                    condition=models.Q(
                        ("component", "device"), models.Q(("state__in", ["dropped", "void", "reversed"]), _negated=True)
                    ),
                    expressions=[
                        (
                            models.Func(
                                models.F("patient"), models.F("patient"), models.Value("[]"), function="int8range"
                            ),
                            "&&",
                        ),
                        (
                            models.Func(
                                models.F("period_start"), models.F("dos"), models.Value("[]"), function="daterange"
                            ),
                            "&&",
                        ),
                    ],
                    name="claimline_no_day_in_two_periods",
                ),
            ),
            migrations.AddField(
                model_name="answer",
                name="answered_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="answer",
                name="line",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="answers",
                    to="billing.claimline",
                ),
            ),
            migrations.AddField(
                model_name="answer",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="charge",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="claimsetup",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="export",
                name="close",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="exports", to="billing.monthclose"
                ),
            ),
            migrations.AddField(
                model_name="export",
                name="made_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="export",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="historicalcharge",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalcharge",
                name="practice",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.practice",
                ),
            ),
            migrations.AddField(
                model_name="historicalclaimsetup",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalclaimsetup",
                name="practice",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="accounts.practice",
                ),
            ),
            migrations.AddField(
                model_name="remittance",
                name="posted_by",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="remittance",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="answer",
                name="remittance",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="answers",
                    to="billing.remittance",
                ),
            ),
            migrations.AddField(
                model_name="sentclaim",
                name="claim",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="sent", to="billing.claim"
                ),
            ),
            migrations.AddField(
                model_name="sentclaim",
                name="export",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="sent", to="billing.export"
                ),
            ),
            migrations.AddField(
                model_name="sentclaim",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="answer",
                name="sent",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="billing.sentclaim"
                ),
            ),
            migrations.AddConstraint(
                model_name="charge",
                constraint=models.UniqueConstraint(fields=("practice", "code", "starts_on"), name="charge_once_from"),
            ),
            migrations.AddConstraint(
                model_name="charge",
                constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="charge_is_an_amount"),
            ),
            migrations.AddConstraint(
                model_name="claimsetup",
                constraint=models.UniqueConstraint(fields=("practice",), name="claimsetup_once"),
            ),
            migrations.AddConstraint(
                model_name="export",
                constraint=models.UniqueConstraint(fields=("practice", "number"), name="export_numbered_in_practice"),
            ),
            migrations.AddConstraint(
                model_name="remittance",
                constraint=models.UniqueConstraint(fields=("practice", "sha256"), name="remittance_once"),
            ),
            migrations.AddConstraint(
                model_name="sentclaim",
                constraint=models.UniqueConstraint(fields=("claim", "version"), name="sentclaim_once"),
            ),
            migrations.AddConstraint(
                model_name="answer",
                constraint=models.UniqueConstraint(fields=("practice", "key"), name="answer_once"),
            ),
        ),
        SamePractice("billing_export", "close_id", "billing_monthclose"),
        SamePractice("billing_sentclaim", "export_id", "billing_export"),
        SamePractice("billing_sentclaim", "claim_id", "billing_claim"),
        SamePractice("billing_answer", "sent_id", "billing_sentclaim"),
        SamePractice("billing_answer", "line_id", "billing_claimline"),
        SamePractice("billing_answer", "remittance_id", "billing_remittance"),
        SamePractice("billing_adjustment", "close_id", "billing_monthclose"),
        SamePractice("billing_adjustment", "claim_id", "billing_claim"),
        SamePractice("billing_claimline", "adjustment_id", "billing_adjustment"),
        AppendOnly("billing_export"),
        AppendOnly("billing_sentclaim"),
        AppendOnly("billing_answer"),
        AppendOnly("billing_remittance"),
        AppendOnly("billing_adjustment"),
    ]
