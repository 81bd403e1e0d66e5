"""The tables of fhir, and what the database has beyond Django's own: keys with the practice, triggers."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from rpm_portal.core.db.create_models import CreateModels

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE fhir_fhirclient ADD CONSTRAINT fhir_fhirclient_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE fhir_fhirtoken ADD CONSTRAINT fhir_fhirtoken_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE fhir_fhirassertion ADD CONSTRAINT fhir_fhirassertion_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE fhir_fhirdisclosure ADD CONSTRAINT fhir_fhirdisclosure_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE fhir_fhirclient ADD CONSTRAINT fhir_fhirclient_source_id_same_practice
  FOREIGN KEY (practice_id, source_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE fhir_fhirtoken ADD CONSTRAINT fhir_fhirtoken_client_id_same_practice
  FOREIGN KEY (practice_id, client_id) REFERENCES fhir_fhirclient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE fhir_fhirassertion ADD CONSTRAINT fhir_fhirassertion_client_id_same_practice
  FOREIGN KEY (practice_id, client_id) REFERENCES fhir_fhirclient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE fhir_fhirdisclosure ADD CONSTRAINT fhir_fhirdisclosure_client_id_same_practice
  FOREIGN KEY (practice_id, client_id) REFERENCES fhir_fhirclient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE fhir_fhirdisclosure ADD CONSTRAINT fhir_fhirdisclosure_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION fhir_fhirdisclosure_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW fhir_fhirdisclosure%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'fhir_fhirdisclosure is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'fhir_fhirdisclosure is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER fhir_fhirdisclosure_append_only BEFORE UPDATE OR DELETE ON fhir_fhirdisclosure
  FOR EACH ROW
  EXECUTE FUNCTION fhir_fhirdisclosure_append_only();
CREATE TRIGGER fhir_fhirdisclosure_no_truncate BEFORE TRUNCATE ON fhir_fhirdisclosure
  FOR EACH STATEMENT
  EXECUTE FUNCTION fhir_fhirdisclosure_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
        ("enrollment", "0001_initial"),
        ("monitoring", "0001_initial"),
        ("billing", "0002_database"),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="FhirClient",
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
                            "jwks",
                            models.JSONField(
                                help_text="A JSON Web Key Set with public keys only.", verbose_name="public keys"
                            ),
                        ),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60),
                                help_text="As system/Patient.rs, at most one for a resource.",
                                size=None,
                            ),
                        ),
                        (
                            "clinics",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.BigIntegerField(),
                                blank=True,
                                default=list,
                                help_text="Clinics whose patients it sees; empty for all.",
                                size=None,
                            ),
                        ),
                        ("per_minute", models.PositiveIntegerField(default=600, verbose_name="requests a minute")),
                        ("made_at", models.DateTimeField()),
                        ("revoked_at", models.DateTimeField(blank=True, null=True)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                        ("last_refused_at", models.DateTimeField(blank=True, null=True)),
                        ("last_refusal", models.CharField(blank=True, max_length=200)),
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
                            "revoked_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "source",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.source"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("practice", "name"), name="fhirclient_name_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FhirAssertion",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("jti", models.CharField(max_length=200)),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        (
                            "practice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                            ),
                        ),
                        (
                            "client",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="fhir.fhirclient"
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("client", "jti"), name="fhirassertion_once")],
                    },
                ),
                migrations.CreateModel(
                    name="FhirDisclosure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("resource", models.CharField(max_length=30)),
                        ("count", models.PositiveIntegerField()),
                        ("at", models.DateTimeField()),
                        (
                            "client",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="fhir.fhirclient"
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
                    options={
                        "indexes": [models.Index(fields=["patient", "-at"], name="fhirdisclosure_of_patient")],
                    },
                ),
                migrations.CreateModel(
                    name="FhirToken",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("digest", models.CharField(max_length=64, unique=True)),
                        (
                            "scopes",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=60), size=None
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(db_index=True)),
                        (
                            "client",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT, related_name="tokens", to="fhir.fhirclient"
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
            ]
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
