"""The tables of ehr, and their keys with the practice."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE ehr_ehrlink ADD CONSTRAINT ehr_ehrlink_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE ehr_ehruser ADD CONSTRAINT ehr_ehruser_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE ehr_ehrpatient ADD CONSTRAINT ehr_ehrpatient_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE ehr_ehrlaunch ADD CONSTRAINT ehr_ehrlaunch_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE ehr_ehruser ADD CONSTRAINT ehr_ehruser_link_id_same_practice
  FOREIGN KEY (practice_id, link_id) REFERENCES ehr_ehrlink(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ehr_ehrpatient ADD CONSTRAINT ehr_ehrpatient_link_id_same_practice
  FOREIGN KEY (practice_id, link_id) REFERENCES ehr_ehrlink(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ehr_ehrlaunch ADD CONSTRAINT ehr_ehrlaunch_link_id_same_practice
  FOREIGN KEY (practice_id, link_id) REFERENCES ehr_ehrlink(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ehr_ehrpatient ADD CONSTRAINT ehr_ehrpatient_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0002_database"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="EhrLink",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("name", models.CharField(max_length=60)),
                        (
                            "fhir_base",
                            models.URLField(
                                help_text="As the EHR states it, like https://fhir.harbor.example/r4.",
                                verbose_name="FHIR address (iss)",
                            ),
                        ),
                        ("client_id", models.CharField(max_length=200, verbose_name="client id")),
                        ("client_secret", models.TextField(blank=True, verbose_name="client secret")),
                        (
                            "scopes",
                            models.CharField(
                                default="launch openid fhirUser patient/Patient.read user/Practitioner.read",
                                max_length=300,
                            ),
                        ),
                        (
                            "mrn_system",
                            models.CharField(
                                help_text="The system of the identifier that equals our MRN.",
                                max_length=200,
                                verbose_name="identifier system of the MRN",
                            ),
                        ),
                        (
                            "npi_system",
                            models.CharField(
                                default="http://hl7.org/fhir/sid/us-npi",
                                max_length=200,
                                verbose_name="identifier system of the NPI",
                            ),
                        ),
                        (
                            "email_domains",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=120), blank=True, default=list, size=None
                            ),
                        ),
                        (
                            "vouches_for_factor",
                            models.BooleanField(
                                default=False,
                                help_text="Only where the EHR says in each launch that one was shown (amr).",
                                verbose_name="its second factor replaces ours",
                            ),
                        ),
                        ("is_on", models.BooleanField(default=False, verbose_name="in use")),
                        ("made_at", models.DateTimeField()),
                        ("configuration", models.JSONField(default=dict, editable=False)),
                        ("configuration_at", models.DateTimeField(editable=False, null=True)),
                        ("key_set", models.JSONField(default=dict, editable=False)),
                        ("key_set_at", models.DateTimeField(editable=False, null=True)),
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
                ),
                migrations.CreateModel(
                    name="EhrLaunch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                        ("state_digest", models.CharField(max_length=64, unique=True)),
                        ("nonce_digest", models.CharField(max_length=64)),
                        ("verifier", models.TextField()),
                        ("started_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        ("used_at", models.DateTimeField(null=True)),
                        ("sub", models.CharField(blank=True, max_length=255)),
                        ("fhir_user", models.CharField(blank=True, max_length=300)),
                        ("is_bound", models.BooleanField(default=False)),
                        ("has_factor", models.BooleanField(default=False)),
                        ("found", models.TextField(blank=True)),
                        ("closed_at", models.DateTimeField(null=True)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "link",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ehr.ehrlink"
                            ),
                        ),
                    ],
                    options={
                        "abstract": False,
                    },
                ),
                migrations.CreateModel(
                    name="EhrPatient",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("ehr_id", models.CharField(max_length=64)),
                        (
                            "how",
                            models.CharField(
                                choices=[
                                    ("mrn", "MRN, date of birth and family name are equal"),
                                    ("confirmed", "name, date of birth and sex are equal; a person confirmed it"),
                                    ("decided", "a person decided with a reason"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
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
                            "link",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="patients", to="ehr.ehrlink"
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
                    ],
                ),
                migrations.CreateModel(
                    name="EhrUser",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sub", models.CharField(max_length=255)),
                        ("fhir_user", models.CharField(max_length=300)),
                        ("bound_at", models.DateTimeField()),
                        (
                            "link",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="accounts", to="ehr.ehrlink"
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
            ]
        ),
        migrations.AddConstraint(
            model_name="ehrlink",
            constraint=models.UniqueConstraint(fields=("practice", "fhir_base"), name="ehrlink_address_once"),
        ),
        migrations.AddConstraint(
            model_name="ehrlink",
            constraint=models.UniqueConstraint(fields=("practice", "name"), name="ehrlink_name_once"),
        ),
        migrations.AddConstraint(
            model_name="ehrpatient",
            constraint=models.UniqueConstraint(fields=("link", "ehr_id"), name="ehrpatient_once"),
        ),
        migrations.AddConstraint(
            model_name="ehruser",
            constraint=models.UniqueConstraint(fields=("link", "sub"), name="ehruser_sub_once"),
        ),
        migrations.AddConstraint(
            model_name="ehruser",
            constraint=models.UniqueConstraint(fields=("link", "user"), name="ehruser_person_once"),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
    ]
