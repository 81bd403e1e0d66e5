"""The tables of enrollment."""

import datetime

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.text
import simple_history.models
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels

# The column of what a patient is found by is generated with this function.
PATIENT_WORDS = """
CREATE OR REPLACE FUNCTION patient_words(
  practice bigint, family text, given text, mrn text, phone text, born date)
RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_to_tsvector(array_remove(
    regexp_split_to_array(concat_ws(' ', parts.family, parts.given, parts.mrn, lower(phone)), '[^0-9a-z]+')
    || regexp_split_to_array(translate(concat_ws(' ', parts.family, parts.given), '''’‘`´', ''), '[^0-9a-z]+')
    || ARRAY['#' || practice,
             regexp_replace(parts.family, '[^0-9a-z]', '', 'g'),
             regexp_replace(parts.given, '[^0-9a-z]', '', 'g'),
             regexp_replace(parts.mrn, '[^0-9a-z]', '', 'g'),
             regexp_replace(phone, '[^0-9]', '', 'g'),
             extract(year FROM born)::int::text,
             extract(month FROM born)::int::text,
             extract(day FROM born)::int::text,
             lpad(extract(month FROM born)::int::text, 2, '0'),
             lpad(extract(day FROM born)::int::text, 2, '0')],
    ''))
  FROM (SELECT
    translate(lower(family), 'áàâäãåāéèêëēíìîïīóòôöõøōúùûüūñçýł', 'aaaaaaaeeeeeiiiiiooooooouuuuuncyl') AS family,
    translate(lower(given), 'áàâäãåāéèêëēíìîïīóòôöõøōúùûüūñçýł', 'aaaaaaaeeeeeiiiiiooooooouuuuuncyl') AS given,
    lower(mrn) AS mrn) AS parts
$$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.RunSQL(PATIENT_WORDS, migrations.RunSQL.noop),
        CreateModels(
            [
                migrations.CreateModel(
                    name="Panel",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("checked", "checked"),
                                    ("committing", "being committed"),
                                    ("done", "done"),
                                    ("failed", "failed"),
                                ],
                                default="checked",
                                max_length=10,
                            ),
                        ),
                        ("uploaded_at", models.DateTimeField()),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.TextField(null=True)),
                        ("rows", models.PositiveIntegerField()),
                        ("good", models.PositiveIntegerField()),
                        ("same", models.PositiveIntegerField()),
                        ("problems", models.JSONField(default=list)),
                        ("finished_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, max_length=200)),
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
                        "ordering": ["-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Clinic",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        (
                            "region",
                            models.CharField(
                                blank=True,
                                help_text="Clinics with the same region are added up in reports.",
                                max_length=80,
                            ),
                        ),
                        (
                            "closed",
                            models.BooleanField(
                                default=False,
                                help_text="Shown after its name. Its patients stay, and imports add no new ones.",
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
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "name"), name="clinic_once_in_practice")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Consent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("given_on", models.DateField()),
                        (
                            "mode",
                            models.CharField(
                                choices=[
                                    ("phone", "by phone"),
                                    ("visit", "at a visit"),
                                    ("paper", "on paper"),
                                    ("portal", "by portal"),
                                ],
                                max_length=10,
                                verbose_name="how",
                            ),
                        ),
                        (
                            "given_by",
                            models.CharField(
                                choices=[("patient", "patient"), ("caregiver", "caregiver")],
                                max_length=10,
                                verbose_name="who answered",
                            ),
                        ),
                        (
                            "given_by_name",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the caregiver"),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2
                            ),
                        ),
                        ("script_version", models.CharField(default="1", max_length=10)),
                        ("cost_told", models.BooleanField(default=False, verbose_name="told what it may cost")),
                        (
                            "one_provider_told",
                            models.BooleanField(default=False, verbose_name="told that only one practice may bill it"),
                        ),
                        (
                            "right_to_stop_told",
                            models.BooleanField(default=False, verbose_name="told that it can be stopped at any time"),
                        ),
                        ("recorded_at", models.DateTimeField()),
                        ("backdated_because", models.CharField(blank=True, max_length=200)),
                        ("withdrawn_on", models.DateField(blank=True, null=True)),
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
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="consents",
                                to="enrollment.enrollment",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-given_on"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("withdrawn_on__isnull", True),
                                    ("withdrawn_on__gte", models.F("given_on")),
                                    _connector="OR",
                                ),
                                name="consent_withdrawn_after_given",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConsentPaper",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("kind", models.CharField(max_length=20)),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.BinaryField()),
                        (
                            "consent",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="paper",
                                to="enrollment.consent",
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
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ConsentScript",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2)),
                        ("version", models.CharField(max_length=10)),
                        (
                            "program",
                            models.CharField(
                                choices=[("RPM", "RPM"), ("RTM", "RTM"), ("CCM", "CCM")], default="RPM", max_length=3
                            ),
                        ),
                        ("text", models.TextField(max_length=5000)),
                        ("in_use", models.BooleanField(default=True)),
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
                                fields=("practice", "program", "language", "version"), name="consentscript_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Device",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("stock", "in use or in stock"),
                                    ("quarantine", "quarantined"),
                                    ("lost", "lost"),
                                    ("retired", "retired"),
                                ],
                                default="stock",
                                max_length=10,
                            ),
                        ),
                        ("serial", models.CharField(max_length=40, verbose_name="serial number or IMEI")),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "model",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="devices",
                                to="enrollment.devicemodel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("practice", "serial"), name="device_serial_once_in_practice"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeviceAssignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "means",
                            models.CharField(
                                choices=[("here", "handed over"), ("shipped", "shipped")],
                                default="here",
                                max_length=8,
                                verbose_name="how it gets there",
                            ),
                        ),
                        ("tracking", models.CharField(blank=True, max_length=40, verbose_name="tracking number")),
                        ("delivered_on", models.DateField(blank=True, null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=120)),
                        (
                            "configured",
                            models.BooleanField(
                                default=False,
                                verbose_name="configured for daily use and transmission, supplied and monitored by us",
                            ),
                        ),
                        (
                            "assigned_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "device",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="enrollment.device",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="enrollment.enrollment",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-starts_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                                ),
                                name="assignment_ends_after_it_starts",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[
                                    (
                                        models.Func(
                                            models.F("device"),
                                            models.F("device"),
                                            models.Value("[]"),
                                            function="int8range",
                                        ),
                                        "&&",
                                    ),
                                    (
                                        models.Func(models.F("starts_at"), models.F("ends_at"), function="tstzrange"),
                                        "&&",
                                    ),
                                ],
                                name="assignment_one_holder_at_a_time",
                                violation_error_message="This device is with another patient in that time. Take it back first.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeviceModel",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80)),
                        ("maker", models.CharField(blank=True, max_length=80)),
                        (
                            "measures",
                            models.CharField(
                                choices=[
                                    ("blood_pressure", "blood pressure"),
                                    ("weight", "weight"),
                                    ("glucose", "blood glucose"),
                                    ("spo2", "oxygen saturation"),
                                    ("therapy", "therapy response"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "also_measures",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "clearance",
                            models.CharField(
                                blank=True,
                                help_text="As FDA's database lists it, for example K123456.",
                                max_length=20,
                                verbose_name="510(k) or listing number",
                            ),
                        ),
                        ("automatic", models.BooleanField(default=True, verbose_name="uploads by itself")),
                        (
                            "connection",
                            models.CharField(
                                choices=[("cellular", "cellular"), ("bluetooth", "Bluetooth"), ("app", "software")],
                                default="cellular",
                                help_text="A cellular device is identified by its IMEI.",
                                max_length=10,
                            ),
                        ),
                        (
                            "fda_defined",
                            models.BooleanField(
                                default=False,
                                help_text="Section 201(h); without it nothing can be billed.",
                                verbose_name="medical device as FDA defines it",
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
                            models.UniqueConstraint(fields=("practice", "name"), name="devicemodel_once_in_practice")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DiagnosisCode",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=8)),
                        ("description", models.CharField(max_length=300)),
                        ("billable", models.BooleanField(help_text="A leaf of the code tree, valid on a claim.")),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(blank=True, null=True)),
                        (
                            "words",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Func(
                                    models.F("description"),
                                    function="to_tsvector",
                                    template="to_tsvector('simple', %(expressions)s)",
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["code"],
                        "indexes": [
                            django.contrib.postgres.indexes.GinIndex(fields=["words"], name="diagnosiscode_words")
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("code", "valid_from"), name="diagnosiscode_once_from"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="diagnosiscode_ends_after_it_starts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DiagnosisRelease",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=40)),
                        ("valid_from", models.DateField(unique=True)),
                        ("complete", models.BooleanField(default=True)),
                        ("source", models.CharField(blank=True, max_length=300)),
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
                    ],
                    options={
                        "ordering": ["-valid_from"],
                    },
                ),
                migrations.CreateModel(
                    name="Enrollment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        (
                            "program",
                            models.CharField(
                                choices=[
                                    ("RPM", "Remote physiologic monitoring"),
                                    ("RTM", "Remote therapeutic monitoring"),
                                    ("CCM", "Chronic care management"),
                                ],
                                max_length=3,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("ready", "ready"),
                                    ("active", "active"),
                                    ("paused", "paused"),
                                    ("discharged", "discharged"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        (
                            "diagnosis",
                            models.CharField(
                                blank=True,
                                max_length=8,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-TV-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?$",
                                        "Write the diagnosis as an ICD-10-CM code, for example I10 or E11.65.",
                                    )
                                ],
                                verbose_name="diagnosis (ICD-10-CM)",
                            ),
                        ),
                        (
                            "diagnosis_kind",
                            models.CharField(
                                blank=True, choices=[("chronic", "chronic"), ("acute", "acute")], max_length=7
                            ),
                        ),
                        (
                            "condition",
                            models.CharField(blank=True, help_text="In words, for the worklist.", max_length=80),
                        ),
                        (
                            "rtm_system",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("respiratory", "respiratory"),
                                    ("musculoskeletal", "musculoskeletal"),
                                    ("cognitive_behavioral", "cognitive behavioral"),
                                ],
                                max_length=24,
                            ),
                        ),
                        (
                            "therapy_plan",
                            models.CharField(
                                blank=True,
                                choices=[("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")],
                                max_length=3,
                                verbose_name="therapy plan of care",
                            ),
                        ),
                        (
                            "plan_on",
                            models.DateField(
                                blank=True,
                                help_text="RTM begins from a treatment plan; its date.",
                                null=True,
                                verbose_name="treatment plan of",
                            ),
                        ),
                        ("goals", models.TextField(blank=True, max_length=2000)),
                        (
                            "other_monitoring",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("no", "no"),
                                    ("ended", "yes, and it has ended"),
                                    ("running", "yes, it still runs"),
                                ],
                                help_text="Asked of the patient: only one practitioner may bill a period.",
                                max_length=8,
                                verbose_name="monitored elsewhere",
                            ),
                        ),
                        (
                            "other_monitoring_by",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the other practice"),
                        ),
                        (
                            "other_monitoring_ended_on",
                            models.DateField(blank=True, null=True, verbose_name="ended there on"),
                        ),
                        ("started_on", models.DateField(blank=True, null=True)),
                        ("discharged_on", models.DateField(blank=True, null=True)),
                        ("discharge_reason", models.CharField(blank=True, max_length=200)),
                        (
                            "billing_provider",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.membership"
                            ),
                        ),
                        (
                            "clinic",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Where the patient is seen.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.clinic",
                            ),
                        ),
                        (
                            "looked_after_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Who owns this patient's alerts from the first second.",
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
                        (
                            "supervised_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Who supervises the clinical staff; without one their time cannot be billed.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="enrollments",
                                to="enrollment.patient",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "discharged"), _negated=True),
                                    ("discharged_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="enrollment_discharge_dated",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("discharged_on__isnull", True),
                                    ("discharged_on__gte", models.F("started_on")),
                                    _connector="OR",
                                ),
                                name="enrollment_ends_after_it_starts",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["active", "paused"]), _negated=True),
                                    ("started_on__isnull", False),
                                    _connector="OR",
                                ),
                                name="enrollment_active_is_started",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("program", "RTM"), _negated=True),
                                    models.Q(("rtm_system", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="enrollment_rtm_names_a_system",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "discharged"), _negated=True),
                                fields=("patient", "program"),
                                name="enrollment_one_open_in_a_program",
                                violation_error_message="This patient is already enrolled in the program.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("program__in", ["RPM", "RTM"]),
                                    models.Q(("state__in", ["discharged", "draft"]), _negated=True),
                                ),
                                fields=("patient",),
                                name="enrollment_rpm_or_rtm",
                                violation_error_message="RPM and RTM cannot run together. End one before the other begins.",
                            ),
                        ],
                        "indexes": [
                            models.Index(fields=["practice", "state", "program"], name="enrollment_by_state"),
                            models.Index(
                                condition=models.Q(("condition", ""), _negated=True),
                                fields=["practice", "condition"],
                                name="enrollment_by_condition",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DeviceShare",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "user",
                            models.CharField(
                                blank=True, help_text="This patient, as the sender writes it.", max_length=40
                            ),
                        ),
                        (
                            "holder_user",
                            models.CharField(
                                blank=True, help_text="The first patient, as the sender writes it.", max_length=40
                            ),
                        ),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "added_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "assignment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="shares",
                                to="enrollment.deviceassignment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="device_shares",
                                to="enrollment.enrollment",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-starts_at"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                                ),
                                name="deviceshare_ends_after_it_starts",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ends_at__isnull", True)),
                                fields=("assignment", "enrollment"),
                                name="deviceshare_open_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("user", ""),
                                    models.Q(("user", models.F("holder_user")), _negated=True),
                                    _connector="OR",
                                ),
                                name="deviceshare_two_users",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CardDraft",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("card", models.CharField(max_length=20)),
                        ("values", models.TextField()),
                        ("saved_at", models.DateTimeField()),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "sent_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "sent_to",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "enrollment",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("enrollment", "card"), name="carddraft_of_enrollment"),
                            models.UniqueConstraint(
                                condition=models.Q(("enrollment__isnull", True)),
                                fields=("practice", "user", "card"),
                                name="carddraft_of_person",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Episode",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveSmallIntegerField(default=1)),
                        ("started_on", models.DateField()),
                        ("ended_on", models.DateField(blank=True, null=True)),
                        ("goal_met", models.BooleanField(default=False)),
                        ("end_reason", models.CharField(blank=True, max_length=200)),
                        ("educated_on", models.DateField(blank=True, null=True, verbose_name="education given")),
                        (
                            "education_means",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("visit", "at a visit"),
                                    ("home", "at home"),
                                    ("video", "by video"),
                                    ("phone", "by phone"),
                                ],
                                max_length=8,
                                verbose_name="by what means",
                            ),
                        ),
                        (
                            "education_minutes",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes"),
                        ),
                        ("teach_back", models.BooleanField(default=False, verbose_name="the patient showed it back")),
                        (
                            "educated_by_assistant",
                            models.BooleanField(default=False, verbose_name="educated by a therapist assistant"),
                        ),
                        (
                            "educated_by",
                            models.ForeignKey(
                                blank=True,
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
                                related_name="episodes",
                                to="enrollment.enrollment",
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
                                fields=("enrollment", "number"), name="episode_numbered_in_enrollment"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("ended_on__isnull", True)),
                                fields=("enrollment",),
                                name="episode_one_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalConsentScript",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2)),
                        ("version", models.CharField(max_length=10)),
                        (
                            "program",
                            models.CharField(
                                choices=[("RPM", "RPM"), ("RTM", "RTM"), ("CCM", "CCM")], default="RPM", max_length=3
                            ),
                        ),
                        ("text", models.TextField(max_length=5000)),
                        ("in_use", models.BooleanField(default=True)),
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
                        "verbose_name": "historical consent script",
                        "verbose_name_plural": "historical consent scripts",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalDevice",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("stock", "in use or in stock"),
                                    ("quarantine", "quarantined"),
                                    ("lost", "lost"),
                                    ("retired", "retired"),
                                ],
                                default="stock",
                                max_length=10,
                            ),
                        ),
                        ("serial", models.CharField(max_length=40, verbose_name="serial number or IMEI")),
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
                            "model",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.devicemodel",
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
                        "verbose_name": "historical device",
                        "verbose_name_plural": "historical devices",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalDeviceModel",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=80)),
                        ("maker", models.CharField(blank=True, max_length=80)),
                        (
                            "measures",
                            models.CharField(
                                choices=[
                                    ("blood_pressure", "blood pressure"),
                                    ("weight", "weight"),
                                    ("glucose", "blood glucose"),
                                    ("spo2", "oxygen saturation"),
                                    ("therapy", "therapy response"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "also_measures",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "clearance",
                            models.CharField(
                                blank=True,
                                help_text="As FDA's database lists it, for example K123456.",
                                max_length=20,
                                verbose_name="510(k) or listing number",
                            ),
                        ),
                        ("automatic", models.BooleanField(default=True, verbose_name="uploads by itself")),
                        (
                            "connection",
                            models.CharField(
                                choices=[("cellular", "cellular"), ("bluetooth", "Bluetooth"), ("app", "software")],
                                default="cellular",
                                help_text="A cellular device is identified by its IMEI.",
                                max_length=10,
                            ),
                        ),
                        (
                            "fda_defined",
                            models.BooleanField(
                                default=False,
                                help_text="Section 201(h); without it nothing can be billed.",
                                verbose_name="medical device as FDA defines it",
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
                        "verbose_name": "historical device model",
                        "verbose_name_plural": "historical device models",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalEpisode",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("number", models.PositiveSmallIntegerField(default=1)),
                        ("started_on", models.DateField()),
                        ("ended_on", models.DateField(blank=True, null=True)),
                        ("goal_met", models.BooleanField(default=False)),
                        ("end_reason", models.CharField(blank=True, max_length=200)),
                        ("educated_on", models.DateField(blank=True, null=True, verbose_name="education given")),
                        (
                            "education_means",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("visit", "at a visit"),
                                    ("home", "at home"),
                                    ("video", "by video"),
                                    ("phone", "by phone"),
                                ],
                                max_length=8,
                                verbose_name="by what means",
                            ),
                        ),
                        (
                            "education_minutes",
                            models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes"),
                        ),
                        ("teach_back", models.BooleanField(default=False, verbose_name="the patient showed it back")),
                        (
                            "educated_by_assistant",
                            models.BooleanField(default=False, verbose_name="educated by a therapist assistant"),
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
                            "educated_by",
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
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
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
                        "verbose_name": "historical episode",
                        "verbose_name_plural": "historical episodes",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPause",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("reason", models.CharField(max_length=200)),
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
                            "enrollment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.enrollment",
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
                        "verbose_name": "historical pause",
                        "verbose_name_plural": "historical pauses",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPayer",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("name", models.CharField(max_length=120)),
                        (
                            "payer_code",
                            models.CharField(
                                blank=True,
                                help_text="As the clearinghouse lists it.",
                                max_length=20,
                                verbose_name="payer id",
                            ),
                        ),
                        (
                            "filing",
                            models.CharField(
                                choices=[
                                    ("MB", "Medicare Part B"),
                                    ("16", "Medicare Advantage (HMO)"),
                                    ("MC", "Medicaid"),
                                    ("BL", "Blue Cross Blue Shield"),
                                    ("CI", "commercial"),
                                ],
                                default="CI",
                                help_text="The claim filing indicator (SBR09).",
                                max_length=2,
                                verbose_name="kind of plan",
                            ),
                        ),
                        (
                            "is_medicare",
                            models.BooleanField(
                                default=False, help_text="Member ids are checked as Medicare identifiers."
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
                        "verbose_name": "historical payer",
                        "verbose_name_plural": "historical payers",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Order",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("number", models.PositiveIntegerField()),
                        (
                            "diagnosis",
                            models.CharField(
                                max_length=8,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-TV-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?$",
                                        "Write the diagnosis as an ICD-10-CM code, for example I10 or E11.65.",
                                    )
                                ],
                            ),
                        ),
                        ("measures", models.CharField(max_length=120, verbose_name="what is measured")),
                        ("frequency", models.CharField(max_length=80, verbose_name="how often")),
                        ("device_kind", models.CharField(blank=True, max_length=80, verbose_name="kind of device")),
                        ("necessity", models.TextField(blank=True, max_length=1000, verbose_name="medical necessity")),
                        ("goals", models.TextField(blank=True, max_length=2000)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("signed_at", models.DateTimeField()),
                        ("signed_npi", models.CharField(max_length=10, verbose_name="NPI of the signature")),
                        ("backdated_because", models.CharField(blank=True, max_length=200)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "ordered_by",
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
                        (
                            "signed_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "supersedes",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="superseded_by",
                                to="enrollment.order",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-starts_on", "-number"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "number"), name="order_numbered_in_practice"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="order_ends_after_it_starts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PanelProgress",
                    fields=[
                        (
                            "panel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="progress",
                                serialize=False,
                                to="enrollment.panel",
                            ),
                        ),
                        ("done", models.PositiveIntegerField(default=0)),
                        ("stage", models.CharField(blank=True, max_length=60)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="Patient",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("mrn", models.CharField(max_length=30, verbose_name="MRN")),
                        ("family_name", models.CharField(max_length=80)),
                        ("given_name", models.CharField(max_length=80)),
                        ("born_on", models.DateField(verbose_name="date of birth")),
                        (
                            "sex",
                            models.CharField(choices=[("F", "female"), ("M", "male"), ("U", "unknown")], max_length=1),
                        ),
                        ("phone", models.CharField(blank=True, max_length=20)),
                        ("street", models.CharField(blank=True, max_length=55)),
                        ("city", models.CharField(blank=True, max_length=30)),
                        (
                            "state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")
                                ],
                            ),
                        ),
                        (
                            "postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}(-?\\d{4})?$", "A ZIP is 60601 or 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP",
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2
                            ),
                        ),
                        (
                            "no_calls",
                            models.BooleanField(
                                default=False,
                                help_text="The patient asked not to be called; write, or speak to who cares for them.",
                                verbose_name="do not call",
                            ),
                        ),
                        ("zone", models.CharField(max_length=64, verbose_name="time zone")),
                        (
                            "established_on",
                            models.DateField(
                                blank=True,
                                help_text="A visit with this practice; RPM needs an established patient.",
                                null=True,
                                verbose_name="last visit",
                            ),
                        ),
                        (
                            "established_by",
                            models.CharField(
                                blank=True,
                                help_text="Where the visit is documented.",
                                max_length=120,
                                verbose_name="document of the visit",
                            ),
                        ),
                        (
                            "died_on",
                            models.DateField(
                                blank=True,
                                help_text="No service counts after this day.",
                                null=True,
                                verbose_name="date of death",
                            ),
                        ),
                        (
                            "words",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Func(
                                    models.F("practice"),
                                    models.F("family_name"),
                                    models.F("given_name"),
                                    models.F("mrn"),
                                    models.F("phone"),
                                    models.F("born_on"),
                                    function="patient_words",
                                ),
                                output_field=django.contrib.postgres.search.SearchVectorField(),
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merged_from",
                                to="enrollment.patient",
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
                        "ordering": ["family_name", "given_name", "pk"],
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "mrn"), name="patient_mrn_once_in_practice")
                        ],
                        "indexes": [
                            models.Index(
                                fields=["practice", "family_name", "given_name", "id"], name="patient_by_name"
                            ),
                            django.contrib.postgres.indexes.GinIndex(fields=["words"], name="patient_by_words"),
                            models.Index(
                                condition=models.Q(("language", "es")), fields=["practice"], name="patient_spanish"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OutsideClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "biller",
                            models.CharField(
                                choices=[("other", "another practice"), ("ours", "this practice, before the portal")],
                                max_length=5,
                                verbose_name="billed by",
                            ),
                        ),
                        (
                            "biller_name",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the practice"),
                        ),
                        (
                            "code",
                            models.CharField(
                                max_length=5,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[0-9A-Z][0-9]{3}[0-9A-Z]$", "Write the code as 99454 or G0557."
                                    )
                                ],
                            ),
                        ),
                        ("units", models.PositiveSmallIntegerField(default=1)),
                        ("dos", models.DateField(verbose_name="date of service")),
                        ("period_start", models.DateField(blank=True, null=True, verbose_name="device period from")),
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("dos__isnull", True), ("dos__gte", models.F("period_start")), _connector="OR"
                                ),
                                name="outsideclaim_period_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("units__gte", 1)),
                                name="outsideclaim_has_units",
                                violation_error_message="Enter the units billed, at least 1.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OtherBillingAnswer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        ("asked_on", models.DateField()),
                        (
                            "asked_of",
                            models.CharField(
                                choices=[
                                    ("patient", "the patient or caregiver"),
                                    ("practice", "the other practice"),
                                    ("payer", "the payer"),
                                ],
                                max_length=8,
                            ),
                        ),
                        (
                            "answer",
                            models.CharField(
                                choices=[
                                    ("none", "nobody else bills"),
                                    ("some", "another practice bills"),
                                    ("unknown", "they do not know"),
                                ],
                                max_length=7,
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPatient",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        ("mrn", models.CharField(max_length=30, verbose_name="MRN")),
                        ("family_name", models.CharField(max_length=80)),
                        ("given_name", models.CharField(max_length=80)),
                        ("born_on", models.DateField(verbose_name="date of birth")),
                        (
                            "sex",
                            models.CharField(choices=[("F", "female"), ("M", "male"), ("U", "unknown")], max_length=1),
                        ),
                        ("phone", models.CharField(blank=True, max_length=20)),
                        ("street", models.CharField(blank=True, max_length=55)),
                        ("city", models.CharField(blank=True, max_length=30)),
                        (
                            "state",
                            models.CharField(
                                blank=True,
                                max_length=2,
                                validators=[
                                    django.core.validators.RegexValidator("^[A-Z]{2}$", "Two capitals, like IL.")
                                ],
                            ),
                        ),
                        (
                            "postal_code",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^\\d{5}(-?\\d{4})?$", "A ZIP is 60601 or 60601-1234."
                                    )
                                ],
                                verbose_name="ZIP",
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2
                            ),
                        ),
                        (
                            "no_calls",
                            models.BooleanField(
                                default=False,
                                help_text="The patient asked not to be called; write, or speak to who cares for them.",
                                verbose_name="do not call",
                            ),
                        ),
                        ("zone", models.CharField(max_length=64, verbose_name="time zone")),
                        (
                            "established_on",
                            models.DateField(
                                blank=True,
                                help_text="A visit with this practice; RPM needs an established patient.",
                                null=True,
                                verbose_name="last visit",
                            ),
                        ),
                        (
                            "established_by",
                            models.CharField(
                                blank=True,
                                help_text="Where the visit is documented.",
                                max_length=120,
                                verbose_name="document of the visit",
                            ),
                        ),
                        (
                            "died_on",
                            models.DateField(
                                blank=True,
                                help_text="No service counts after this day.",
                                null=True,
                                verbose_name="date of death",
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
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                editable=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.patient",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical patient",
                        "verbose_name_plural": "historical patients",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalEnrollment",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("public_id", models.CharField(db_index=True, editable=False, max_length=12)),
                        (
                            "program",
                            models.CharField(
                                choices=[
                                    ("RPM", "Remote physiologic monitoring"),
                                    ("RTM", "Remote therapeutic monitoring"),
                                    ("CCM", "Chronic care management"),
                                ],
                                max_length=3,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("draft", "draft"),
                                    ("ready", "ready"),
                                    ("active", "active"),
                                    ("paused", "paused"),
                                    ("discharged", "discharged"),
                                ],
                                default="draft",
                                max_length=10,
                            ),
                        ),
                        (
                            "diagnosis",
                            models.CharField(
                                blank=True,
                                max_length=8,
                                validators=[
                                    django.core.validators.RegexValidator(
                                        "^[A-TV-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?$",
                                        "Write the diagnosis as an ICD-10-CM code, for example I10 or E11.65.",
                                    )
                                ],
                                verbose_name="diagnosis (ICD-10-CM)",
                            ),
                        ),
                        (
                            "diagnosis_kind",
                            models.CharField(
                                blank=True, choices=[("chronic", "chronic"), ("acute", "acute")], max_length=7
                            ),
                        ),
                        (
                            "condition",
                            models.CharField(blank=True, help_text="In words, for the worklist.", max_length=80),
                        ),
                        (
                            "rtm_system",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("respiratory", "respiratory"),
                                    ("musculoskeletal", "musculoskeletal"),
                                    ("cognitive_behavioral", "cognitive behavioral"),
                                ],
                                max_length=24,
                            ),
                        ),
                        (
                            "therapy_plan",
                            models.CharField(
                                blank=True,
                                choices=[("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")],
                                max_length=3,
                                verbose_name="therapy plan of care",
                            ),
                        ),
                        (
                            "plan_on",
                            models.DateField(
                                blank=True,
                                help_text="RTM begins from a treatment plan; its date.",
                                null=True,
                                verbose_name="treatment plan of",
                            ),
                        ),
                        ("goals", models.TextField(blank=True, max_length=2000)),
                        (
                            "other_monitoring",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("no", "no"),
                                    ("ended", "yes, and it has ended"),
                                    ("running", "yes, it still runs"),
                                ],
                                help_text="Asked of the patient: only one practitioner may bill a period.",
                                max_length=8,
                                verbose_name="monitored elsewhere",
                            ),
                        ),
                        (
                            "other_monitoring_by",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the other practice"),
                        ),
                        (
                            "other_monitoring_ended_on",
                            models.DateField(blank=True, null=True, verbose_name="ended there on"),
                        ),
                        ("started_on", models.DateField(blank=True, null=True)),
                        ("discharged_on", models.DateField(blank=True, null=True)),
                        ("discharge_reason", models.CharField(blank=True, max_length=200)),
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
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "clinic",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Where the patient is seen.",
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
                            "looked_after_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Who owns this patient's alerts from the first second.",
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
                        (
                            "supervised_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Who supervises the clinical staff; without one their time cannot be billed.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.patient",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical enrollment",
                        "verbose_name_plural": "historical enrollments",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="EarlierProvider",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        ("ends_on", models.DateField(verbose_name="to")),
                        (
                            "billing_provider",
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
                        (
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "supervised_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="accounts.membership",
                            ),
                        ),
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
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
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="ClinicalItem",
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
                                    ("medication", "Medication"),
                                    ("allergy", "Allergy"),
                                    ("caregiver", "Caregiver"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "detail",
                            models.CharField(
                                blank=True, max_length=120, verbose_name="dose, reaction, or relationship"
                            ),
                        ),
                        ("phone", models.CharField(blank=True, max_length=20)),
                        ("since", models.DateField(verbose_name="since")),
                        ("origin", models.CharField(default="staff", editable=False, max_length=20)),
                        ("recorded_at", models.DateTimeField()),
                        ("ended_on", models.DateField(blank=True, null=True)),
                        ("end_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "ended_by",
                            models.ForeignKey(
                                blank=True,
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
                            "recorded_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="clinical_items",
                                to="enrollment.patient",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "clinical items",
                        "ordering": ["kind", "name", "pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ended_on__isnull", True), ("ended_on__gte", models.F("since")), _connector="OR"
                                ),
                                name="clinicalitem_ends_after_it_starts",
                            )
                        ],
                        "indexes": [
                            models.Index(
                                condition=models.Q(("ended_on__isnull", True)),
                                fields=["patient"],
                                name="clinicalitem_active",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CareStatus",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("inpatient", "hospital inpatient stay"),
                                    ("snf", "skilled nursing facility stay (Part A)"),
                                    ("home_health", "home health episode"),
                                    ("hospice", "hospice election"),
                                    ("surgery", "global surgical period"),
                                    ("qmb", "Qualified Medicare Beneficiary"),
                                ],
                                max_length=11,
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
                        (
                            "place",
                            models.CharField(blank=True, max_length=120, verbose_name="facility, agency, or surgeon"),
                        ),
                        (
                            "same_practitioner",
                            models.BooleanField(
                                default=False, verbose_name="surgery by the billing provider, or in the same specialty"
                            ),
                        ),
                        (
                            "related",
                            models.BooleanField(
                                default=False, verbose_name="monitoring belongs to the surgery or the terminal illness"
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="carestatus_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CarePlan",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "program",
                            models.CharField(
                                choices=[
                                    ("CCM", "chronic care management (CCM)"),
                                    ("PCM", "principal care management (PCM)"),
                                    ("APCM", "advanced primary care management (APCM)"),
                                ],
                                max_length=4,
                            ),
                        ),
                        (
                            "conditions",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    max_length=8,
                                    validators=[
                                        django.core.validators.RegexValidator(
                                            "^[A-TV-Z][0-9][0-9A-Z](\\.[0-9A-Z]{1,4})?$",
                                            "Write the diagnosis as an ICD-10-CM code, for example I10 or E11.65.",
                                        )
                                    ],
                                ),
                                size=None,
                            ),
                        ),
                        (
                            "is_complex",
                            models.BooleanField(
                                default=False, verbose_name="decisions are of moderate or high complexity (complex CCM)"
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="made and given to the patient on")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="careplan_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("conditions__len__gte", 1)),
                                name="careplan_has_conditions",
                                violation_error_message="Enter the conditions of the plan as ICD-10-CM codes.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccessUpdate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "track",
                            models.CharField(
                                choices=[
                                    ("eCKM", "eCKM: early cardio-kidney-metabolic"),
                                    ("CKM", "CKM: cardio-kidney-metabolic"),
                                    ("MSK", "MSK: musculoskeletal"),
                                    ("BH", "BH: behavioral health"),
                                ],
                                max_length=4,
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("start", "the start of care"),
                                    ("transition", "a transition of care"),
                                    ("completion", "the completion of care"),
                                ],
                                max_length=10,
                                verbose_name="update at",
                            ),
                        ),
                        ("received_on", models.DateField(verbose_name="received on")),
                        ("done_on", models.DateField(verbose_name="reviewed and acted on")),
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("done_on__gte", models.F("received_on"))),
                                name="accessupdate_reviewed_after_it_came",
                                violation_error_message="The update was reviewed before it came. Check both days.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccessAlignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "participant",
                            models.CharField(
                                choices=[("ours", "this practice or its affiliate"), ("other", "another organization")],
                                max_length=5,
                                verbose_name="aligned with",
                            ),
                        ),
                        (
                            "organization",
                            models.CharField(blank=True, max_length=120, verbose_name="name of the organization"),
                        ),
                        (
                            "track",
                            models.CharField(
                                choices=[
                                    ("eCKM", "eCKM: early cardio-kidney-metabolic"),
                                    ("CKM", "CKM: cardio-kidney-metabolic"),
                                    ("MSK", "MSK: musculoskeletal"),
                                    ("BH", "BH: behavioral health"),
                                ],
                                max_length=4,
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="accessalignment_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Pause",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        ("reason", models.CharField(max_length=200)),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pauses",
                                to="enrollment.enrollment",
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
                                condition=models.Q(("ends_on__isnull", True)),
                                fields=("enrollment",),
                                name="pause_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="pause_ends_after_it_starts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=120)),
                        (
                            "payer_code",
                            models.CharField(
                                blank=True,
                                help_text="As the clearinghouse lists it.",
                                max_length=20,
                                verbose_name="payer id",
                            ),
                        ),
                        (
                            "filing",
                            models.CharField(
                                choices=[
                                    ("MB", "Medicare Part B"),
                                    ("16", "Medicare Advantage (HMO)"),
                                    ("MC", "Medicaid"),
                                    ("BL", "Blue Cross Blue Shield"),
                                    ("CI", "commercial"),
                                ],
                                default="CI",
                                help_text="The claim filing indicator (SBR09).",
                                max_length=2,
                                verbose_name="kind of plan",
                            ),
                        ),
                        (
                            "is_medicare",
                            models.BooleanField(
                                default=False, help_text="Member ids are checked as Medicare identifiers."
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
                        "ordering": ["name"],
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("practice"),
                                django.db.models.functions.text.Lower("name"),
                                name="payer_once_in_practice",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCoverage",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        ("plan", models.CharField(blank=True, max_length=80)),
                        (
                            "member_id",
                            models.TextField(max_length=30, validators=[django.core.validators.MaxLengthValidator(30)]),
                        ),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
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
                            "patient",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
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
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="enrollment.payer",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical coverage",
                        "verbose_name_plural": "historical coverages",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Coverage",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("plan", models.CharField(blank=True, max_length=80)),
                        (
                            "member_id",
                            models.TextField(max_length=30, validators=[django.core.validators.MaxLengthValidator(30)]),
                        ),
                        ("member_index", models.CharField(default="", editable=False, max_length=32)),
                        ("starts_on", models.DateField()),
                        ("ends_on", models.DateField(blank=True, null=True)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="coverages",
                                to="enrollment.patient",
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.payer"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="coverage_ends_after_it_starts",
                            ),
                            django.contrib.postgres.constraints.ExclusionConstraint(
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
                                            models.F("starts_on"),
                                            models.F("ends_on"),
                                            models.Value("[]"),
                                            function="daterange",
                                        ),
                                        "&&",
                                    ),
                                ],
                                name="coverage_one_primary_a_day",
                                violation_error_message="This patient already has a payer on these days; end that coverage first.",
                            ),
                        ],
                        "indexes": [models.Index(fields=["practice", "member_index"], name="coverage_by_member")],
                    },
                ),
                migrations.CreateModel(
                    name="PlanOfCare",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "discipline",
                            models.CharField(choices=[("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")], max_length=3),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("initial", "initial certification"), ("renewal", "recertification")],
                                default="initial",
                                max_length=9,
                            ),
                        ),
                        ("starts_on", models.DateField(verbose_name="plan set up on")),
                        ("ends_on", models.DateField(verbose_name="plan ends on")),
                        (
                            "certified_by",
                            models.CharField(max_length=120, verbose_name="certifying physician or NPP, family name"),
                        ),
                        ("certified_given", models.CharField(blank=True, max_length=60, verbose_name="given name")),
                        (
                            "certified_npi",
                            models.CharField(
                                blank=True,
                                max_length=10,
                                validators=[
                                    django.core.validators.RegexValidator("^\\d{10}$", "An NPI has ten digits.")
                                ],
                                verbose_name="NPI",
                            ),
                        ),
                        ("sent_on", models.DateField(blank=True, null=True, verbose_name="sent to the physician on")),
                        (
                            "order_signed_on",
                            models.DateField(blank=True, null=True, verbose_name="order or referral signed on"),
                        ),
                        ("signed_on", models.DateField(blank=True, null=True, verbose_name="plan signed on")),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="planofcare_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "ends_on__lte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("starts_on"), "+", models.Value(datetime.timedelta(days=89))
                                        ),
                                    )
                                ),
                                name="planofcare_ninety_days",
                                violation_error_message="A plan of care covers at most 90 days. Record the next one when it is set up.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriorAuthorization",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("approved", "approved"),
                                    ("requested", "requested, no answer"),
                                    ("denied", "denied"),
                                ],
                                max_length=9,
                            ),
                        ),
                        ("number", models.CharField(blank=True, max_length=50, verbose_name="authorization number")),
                        (
                            "codes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(
                                    max_length=5,
                                    validators=[
                                        django.core.validators.RegexValidator(
                                            "^[0-9A-Z][0-9]{3}[0-9A-Z]$", "Write the code as 99454 or G0557."
                                        )
                                    ],
                                ),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        ("units", models.PositiveIntegerField(blank=True, null=True)),
                        ("starts_on", models.DateField(verbose_name="from")),
                        ("ends_on", models.DateField(blank=True, null=True, verbose_name="to")),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
                            ),
                        ),
                        (
                            "payer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.payer"
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                                ),
                                name="priorauthorization_ends_after_it_starts",
                                violation_error_message="The last day is before the first. Check both days.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "approved"), _negated=True),
                                    models.Q(("number", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="priorauthorization_approved_has_number",
                                violation_error_message="An approved authorization has a number. Enter it as the payer wrote it.",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="QualifyingVisit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("source", models.CharField(max_length=200, verbose_name="how it is known")),
                        ("recorded_at", models.DateTimeField()),
                        ("voided_at", models.DateTimeField(blank=True, null=True)),
                        ("void_reason", models.CharField(blank=True, max_length=200, null=True)),
                        ("visited_on", models.DateField(verbose_name="visit on")),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("office", "office visit (E/M)"),
                                    ("wellness", "annual wellness visit"),
                                    ("welcome", "initial preventive examination"),
                                    ("transition", "transitional care visit"),
                                    ("other", "other face-to-face visit"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("seen_by", models.CharField(max_length=120, verbose_name="seen by")),
                        ("initiating", models.BooleanField(default=False, verbose_name="it began the monitoring")),
                        ("linked_visit", models.CharField(blank=True, max_length=12)),
                        (
                            "patient",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="enrollment.patient"
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
                        (
                            "voided_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-recorded_at", "-pk"],
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="TextDraft",
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
                                choices=[("call", "call"), ("message", "message"), ("note", "note")], max_length=8
                            ),
                        ),
                        ("values", models.TextField()),
                        ("saved_at", models.DateTimeField()),
                        (
                            "enrollment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="enrollment.enrollment",
                            ),
                        ),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
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
                        "constraints": [
                            models.UniqueConstraint(fields=("user", "enrollment", "kind"), name="textdraft_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VisitDocument",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=20)),
                        ("sha256", models.CharField(max_length=64)),
                        ("body", models.BinaryField()),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "visit",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="document",
                                to="enrollment.qualifyingvisit",
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
            ]
        ),
    ]
