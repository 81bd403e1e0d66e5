"""Enrolling: consent scripts and papers, pauses, drafts of cards, ICD-10-CM codes, search, and what devices are."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import rpm_portal.core.db.tenancy
from rpm_portal.core.db.batch_operation import AtOnce
from rpm_portal.core.db.triggers import AppendOnly, SamePractice

# What a patient is found by: names without accents, record number, phone in pieces and whole, birth date in pieces,
# and the practice itself, so that one index answers for one practice.
PATIENT_WORDS = migrations.RunSQL(
    sql=r"""
    CREATE FUNCTION patient_words(practice bigint, family text, given text, mrn text, phone text, born date)
    RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT array_to_tsvector(array_remove(
        regexp_split_to_array(
          translate(lower(family || ' ' || given || ' ' || mrn || ' ' || phone),
                    'áàâäãåāéèêëēíìîïīóòôöõøōúùûüūñçýł', 'aaaaaaaeeeeeiiiiiooooooouuuuuncyl'),
          '[^0-9a-z]+')
        || ARRAY['#' || practice,
                 regexp_replace(phone, '[^0-9]', '', 'g'),
                 extract(year FROM born)::int::text,
                 extract(month FROM born)::int::text,
                 extract(day FROM born)::int::text,
                 lpad(extract(month FROM born)::int::text, 2, '0'),
                 lpad(extract(day FROM born)::int::text, 2, '0')],
        ''))
    $$;
    """,
    reverse_sql="DROP FUNCTION patient_words(bigint, text, text, text, text, date);",
)


def name_devices(apps, schema_editor):
    """Give devices that are there already a public id of their own."""
    for device in apps.get_model("enrollment", "Device").objects.all():
        device.public_id = rpm_portal.core.db.tenancy.new_public_id()
        device.save(update_fields=["public_id"])


class Migration(migrations.Migration):
    """Tables, columns and their promises."""

    dependencies = [
        ("accounts", "0001_initial"),
        ("enrollment", "0002_promises"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AtOnce(
            migrations.CreateModel(
                name="CardDraft",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("card", models.CharField(max_length=20)),
                    ("values", models.JSONField()),
                    ("saved_at", models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name="ConsentPaper",
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
                    ("kind", models.CharField(max_length=20)),
                    ("sha256", models.CharField(max_length=64)),
                    ("body", models.BinaryField()),
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
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
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
                ],
            ),
            migrations.CreateModel(
                name="DiagnosisCode",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("code", models.CharField(max_length=8)),
                    ("description", models.CharField(max_length=300)),
                    ("billable", models.BooleanField(help_text="A leaf: it may stand on a claim.")),
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
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                        models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
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
                name="Pause",
                fields=[
                    (
                        "id",
                        models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                    ),
                    ("starts_on", models.DateField()),
                    ("ends_on", models.DateField(blank=True, null=True)),
                    ("reason", models.CharField(max_length=200)),
                ],
            ),
        ),
        AtOnce(
            migrations.AddField(
                model_name="consent",
                name="backdated_because",
                field=models.CharField(blank=True, max_length=200),
            ),
            migrations.AddField(
                model_name="consent",
                name="given_by_name",
                field=models.CharField(blank=True, max_length=120, verbose_name="name of the caregiver"),
            ),
            migrations.AddField(
                model_name="device",
                name="public_id",
                field=models.CharField(
                    default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, null=True
                ),
            ),
        ),
        migrations.RunPython(name_devices, migrations.RunPython.noop),
        AtOnce(
            migrations.AlterField(
                model_name="device",
                name="public_id",
                field=models.CharField(
                    default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12, unique=True
                ),
            ),
            migrations.AddField(
                model_name="device",
                name="state",
                field=models.CharField(
                    choices=[
                        ("stock", "in use or in stock"),
                        ("quarantine", "set aside"),
                        ("lost", "lost"),
                        ("retired", "retired"),
                    ],
                    default="stock",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="deviceassignment",
                name="delivered_on",
                field=models.DateField(blank=True, null=True),
            ),
            migrations.AddField(
                model_name="deviceassignment",
                name="end_reason",
                field=models.CharField(blank=True, max_length=120),
            ),
            migrations.AddField(
                model_name="deviceassignment",
                name="means",
                field=models.CharField(
                    choices=[("here", "handed over"), ("shipped", "shipped")],
                    default="here",
                    max_length=8,
                    verbose_name="how it gets there",
                ),
            ),
            migrations.AddField(
                model_name="deviceassignment",
                name="tracking",
                field=models.CharField(blank=True, max_length=40, verbose_name="tracking number"),
            ),
            migrations.AddField(
                model_name="devicemodel",
                name="also_measures",
                field=django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                ),
            ),
            migrations.AddField(
                model_name="devicemodel",
                name="automatic",
                field=models.BooleanField(default=True, verbose_name="uploads by itself"),
            ),
            migrations.AddField(
                model_name="devicemodel",
                name="clearance",
                field=models.CharField(
                    blank=True,
                    help_text="As FDA's database lists it, for example K123456.",
                    max_length=20,
                    verbose_name="510(k) or listing number",
                ),
            ),
            migrations.AddField(
                model_name="devicemodel",
                name="connection",
                field=models.CharField(
                    choices=[("cellular", "cellular"), ("bluetooth", "Bluetooth"), ("app", "software")],
                    default="cellular",
                    help_text="A cellular device is known by its IMEI.",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="enrollment",
                name="goals",
                field=models.TextField(blank=True, max_length=2000),
            ),
            migrations.AddField(
                model_name="enrollment",
                name="other_monitoring",
                field=models.CharField(
                    blank=True,
                    choices=[("no", "no"), ("ended", "yes, and it has ended"), ("running", "yes, it still runs")],
                    help_text="Asked of the patient: only one practitioner may bill a period.",
                    max_length=8,
                    verbose_name="monitored elsewhere",
                ),
            ),
            migrations.AddField(
                model_name="enrollment",
                name="other_monitoring_by",
                field=models.CharField(blank=True, max_length=120, verbose_name="by whom"),
            ),
            migrations.AddField(
                model_name="enrollment",
                name="other_monitoring_ended_on",
                field=models.DateField(blank=True, null=True, verbose_name="ended there on"),
            ),
            migrations.AddField(
                model_name="enrollment",
                name="plan_on",
                field=models.DateField(
                    blank=True,
                    help_text="RTM begins from a treatment plan; its date.",
                    null=True,
                    verbose_name="treatment plan of",
                ),
            ),
            migrations.AddField(
                model_name="episode",
                name="education_means",
                field=models.CharField(
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
            migrations.AddField(
                model_name="episode",
                name="education_minutes",
                field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes"),
            ),
            migrations.AddField(
                model_name="episode",
                name="end_reason",
                field=models.CharField(blank=True, max_length=200),
            ),
            migrations.AddField(
                model_name="episode",
                name="goal_met",
                field=models.BooleanField(default=False),
            ),
            migrations.AddField(
                model_name="episode",
                name="teach_back",
                field=models.BooleanField(default=False, verbose_name="the patient showed it back"),
            ),
            migrations.AddField(
                model_name="historicaldevice",
                name="public_id",
                field=models.CharField(
                    db_index=True, default=rpm_portal.core.db.tenancy.new_public_id, editable=False, max_length=12
                ),
            ),
            migrations.AddField(
                model_name="historicaldevice",
                name="state",
                field=models.CharField(
                    choices=[
                        ("stock", "in use or in stock"),
                        ("quarantine", "set aside"),
                        ("lost", "lost"),
                        ("retired", "retired"),
                    ],
                    default="stock",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="historicaldevicemodel",
                name="also_measures",
                field=django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=20), blank=True, default=list, size=None
                ),
            ),
            migrations.AddField(
                model_name="historicaldevicemodel",
                name="automatic",
                field=models.BooleanField(default=True, verbose_name="uploads by itself"),
            ),
            migrations.AddField(
                model_name="historicaldevicemodel",
                name="clearance",
                field=models.CharField(
                    blank=True,
                    help_text="As FDA's database lists it, for example K123456.",
                    max_length=20,
                    verbose_name="510(k) or listing number",
                ),
            ),
            migrations.AddField(
                model_name="historicaldevicemodel",
                name="connection",
                field=models.CharField(
                    choices=[("cellular", "cellular"), ("bluetooth", "Bluetooth"), ("app", "software")],
                    default="cellular",
                    help_text="A cellular device is known by its IMEI.",
                    max_length=10,
                ),
            ),
            migrations.AddField(
                model_name="historicalenrollment",
                name="goals",
                field=models.TextField(blank=True, max_length=2000),
            ),
            migrations.AddField(
                model_name="historicalenrollment",
                name="other_monitoring",
                field=models.CharField(
                    blank=True,
                    choices=[("no", "no"), ("ended", "yes, and it has ended"), ("running", "yes, it still runs")],
                    help_text="Asked of the patient: only one practitioner may bill a period.",
                    max_length=8,
                    verbose_name="monitored elsewhere",
                ),
            ),
            migrations.AddField(
                model_name="historicalenrollment",
                name="other_monitoring_by",
                field=models.CharField(blank=True, max_length=120, verbose_name="by whom"),
            ),
            migrations.AddField(
                model_name="historicalenrollment",
                name="other_monitoring_ended_on",
                field=models.DateField(blank=True, null=True, verbose_name="ended there on"),
            ),
            migrations.AddField(
                model_name="historicalenrollment",
                name="plan_on",
                field=models.DateField(
                    blank=True,
                    help_text="RTM begins from a treatment plan; its date.",
                    null=True,
                    verbose_name="treatment plan of",
                ),
            ),
            migrations.AddField(
                model_name="historicalepisode",
                name="education_means",
                field=models.CharField(
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
            migrations.AddField(
                model_name="historicalepisode",
                name="education_minutes",
                field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="minutes"),
            ),
            migrations.AddField(
                model_name="historicalepisode",
                name="end_reason",
                field=models.CharField(blank=True, max_length=200),
            ),
            migrations.AddField(
                model_name="historicalepisode",
                name="goal_met",
                field=models.BooleanField(default=False),
            ),
            migrations.AddField(
                model_name="historicalepisode",
                name="teach_back",
                field=models.BooleanField(default=False, verbose_name="the patient showed it back"),
            ),
            migrations.AddField(
                model_name="historicalpatient",
                name="established_by",
                field=models.CharField(
                    blank=True,
                    help_text="Where the visit is documented.",
                    max_length=120,
                    verbose_name="document of the visit",
                ),
            ),
            migrations.AddField(
                model_name="order",
                name="backdated_because",
                field=models.CharField(blank=True, max_length=200),
            ),
            migrations.AddField(
                model_name="order",
                name="device_kind",
                field=models.CharField(blank=True, max_length=80, verbose_name="kind of device"),
            ),
            migrations.AddField(
                model_name="order",
                name="necessity",
                field=models.TextField(blank=True, max_length=1000, verbose_name="why remote"),
            ),
            migrations.AddField(
                model_name="order",
                name="supersedes",
                field=models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="superseded_by",
                    to="enrollment.order",
                ),
            ),
            migrations.AddField(
                model_name="patient",
                name="established_by",
                field=models.CharField(
                    blank=True,
                    help_text="Where the visit is documented.",
                    max_length=120,
                    verbose_name="document of the visit",
                ),
            ),
            migrations.AlterField(
                model_name="consent",
                name="cost_told",
                field=models.BooleanField(default=False, verbose_name="told what it may cost"),
            ),
            migrations.AlterField(
                model_name="consent",
                name="given_by",
                field=models.CharField(
                    choices=[("patient", "patient"), ("caregiver", "caregiver")],
                    max_length=10,
                    verbose_name="who answered",
                ),
            ),
            migrations.AlterField(
                model_name="consent",
                name="language",
                field=models.CharField(choices=[("en", "English"), ("es", "Spanish")], default="en", max_length=2),
            ),
            migrations.AlterField(
                model_name="consent",
                name="mode",
                field=models.CharField(
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
            migrations.AlterField(
                model_name="consent",
                name="one_provider_told",
                field=models.BooleanField(default=False, verbose_name="told that only one practice may bill it"),
            ),
            migrations.AlterField(
                model_name="consent",
                name="right_to_stop_told",
                field=models.BooleanField(default=False, verbose_name="told that it can be stopped at any time"),
            ),
            migrations.AlterField(
                model_name="order",
                name="goals",
                field=models.TextField(blank=True, max_length=2000),
            ),
            migrations.AddField(
                model_name="carddraft",
                name="enrollment",
                field=models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="enrollment.enrollment"
                ),
            ),
            migrations.AddField(
                model_name="carddraft",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="carddraft",
                name="user",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            migrations.AddField(
                model_name="consentpaper",
                name="consent",
                field=models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT, related_name="paper", to="enrollment.consent"
                ),
            ),
            migrations.AddField(
                model_name="consentpaper",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="consentscript",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddIndex(
                model_name="diagnosiscode",
                index=django.contrib.postgres.indexes.GinIndex(fields=["words"], name="diagnosiscode_words"),
            ),
            migrations.AddConstraint(
                model_name="diagnosiscode",
                constraint=models.UniqueConstraint(fields=("code", "valid_from"), name="diagnosiscode_once_from"),
            ),
            migrations.AddConstraint(
                model_name="diagnosiscode",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("valid_to__isnull", True), ("valid_to__gte", models.F("valid_from")), _connector="OR"
                    ),
                    name="diagnosiscode_ends_after_it_starts",
                ),
            ),
            migrations.AddField(
                model_name="historicalconsentscript",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalconsentscript",
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
                model_name="historicalpause",
                name="enrollment",
                field=models.ForeignKey(
                    blank=True,
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="enrollment.enrollment",
                ),
            ),
            migrations.AddField(
                model_name="historicalpause",
                name="history_user",
                field=models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            migrations.AddField(
                model_name="historicalpause",
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
                model_name="pause",
                name="enrollment",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="pauses", to="enrollment.enrollment"
                ),
            ),
            migrations.AddField(
                model_name="pause",
                name="practice",
                field=models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                ),
            ),
            migrations.AddField(
                model_name="coverage",
                name="plan",
                field=models.CharField(blank=True, max_length=80),
            ),
            migrations.AddField(
                model_name="historicalcoverage",
                name="plan",
                field=models.CharField(blank=True, max_length=80),
            ),
        ),
        PATIENT_WORDS,
        migrations.AddField(
            model_name="patient",
            name="words",
            field=models.GeneratedField(
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
        AtOnce(
            migrations.AddIndex(
                model_name="patient",
                index=django.contrib.postgres.indexes.GinIndex(fields=["words"], name="patient_by_words"),
            ),
            migrations.AddConstraint(
                model_name="carddraft",
                constraint=models.UniqueConstraint(fields=("enrollment", "card"), name="carddraft_of_enrollment"),
            ),
            migrations.AddConstraint(
                model_name="carddraft",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("enrollment__isnull", True)),
                    fields=("practice", "user", "card"),
                    name="carddraft_of_person",
                ),
            ),
            migrations.AddConstraint(
                model_name="consentscript",
                constraint=models.UniqueConstraint(
                    fields=("practice", "program", "language", "version"), name="consentscript_once"
                ),
            ),
            migrations.AddConstraint(
                model_name="pause",
                constraint=models.UniqueConstraint(
                    condition=models.Q(("ends_on__isnull", True)), fields=("enrollment",), name="pause_one_open"
                ),
            ),
            migrations.AddConstraint(
                model_name="pause",
                constraint=models.CheckConstraint(
                    condition=models.Q(
                        ("ends_on__isnull", True), ("ends_on__gte", models.F("starts_on")), _connector="OR"
                    ),
                    name="pause_ends_after_it_starts",
                ),
            ),
        ),
        SamePractice("enrollment_carddraft", "enrollment_id", "enrollment_enrollment"),
        SamePractice("enrollment_consentpaper", "consent_id", "enrollment_consent"),
        SamePractice("enrollment_order", "supersedes_id", "enrollment_order"),
        SamePractice("enrollment_pause", "enrollment_id", "enrollment_enrollment"),
        AppendOnly("enrollment_consentpaper"),
    ]
