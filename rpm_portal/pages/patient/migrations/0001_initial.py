"""The tables of the patient's page, and what the database has beyond Django's own: keys, triggers."""

import django.db.models.deletion
from django.db import migrations, models

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE patient_page_patientlink ADD CONSTRAINT patient_page_patientlink_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE patient_page_failedcheck ADD CONSTRAINT patient_page_failedcheck_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE patient_page_patientvisit ADD CONSTRAINT patient_page_patientvisit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE patient_page_patientlink ADD CONSTRAINT patient_page_patientlink_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE patient_page_failedcheck ADD CONSTRAINT patient_page_failedcheck_link_id_same_practice
  FOREIGN KEY (practice_id, link_id) REFERENCES patient_page_patientlink(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE patient_page_failedcheck ADD CONSTRAINT patient_page_failedcheck_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE patient_page_patientvisit ADD CONSTRAINT patient_page_patientvisit_link_id_same_practice
  FOREIGN KEY (practice_id, link_id) REFERENCES patient_page_patientlink(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE patient_page_patientvisit ADD CONSTRAINT patient_page_patientvisit_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION patient_page_failedcheck_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW patient_page_failedcheck%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'patient_page_failedcheck is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'patient_page_failedcheck is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER patient_page_failedcheck_append_only BEFORE UPDATE OR DELETE ON patient_page_failedcheck
  FOR EACH ROW
  EXECUTE FUNCTION patient_page_failedcheck_append_only();
CREATE TRIGGER patient_page_failedcheck_no_truncate BEFORE TRUNCATE ON patient_page_failedcheck
  FOR EACH STATEMENT
  EXECUTE FUNCTION patient_page_failedcheck_append_only();
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_database"),
        ("enrollment", "0002_database"),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("selector", models.CharField(max_length=12, unique=True)),
                ("generation", models.PositiveSmallIntegerField(default=1)),
                ("made_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="enrollment.patient"
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
            name="FailedCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("failed_at", models.DateTimeField()),
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
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="failures",
                        to="patient_page.patientlink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PatientVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("language", models.CharField(choices=[("en", "English"), ("es", "Spanish")], max_length=2)),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="visits",
                        to="patient_page.patientlink",
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
        migrations.AddIndex(
            model_name="patientlink",
            index=models.Index(fields=["patient", "-expires_at"], name="link_of_patient"),
        ),
        migrations.AddIndex(
            model_name="failedcheck",
            index=models.Index(fields=["patient", "failed_at"], name="failedcheck_of_patient"),
        ),
        migrations.AddIndex(
            model_name="patientvisit",
            index=models.Index(fields=["patient", "-began_at"], name="visit_of_patient_page"),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
