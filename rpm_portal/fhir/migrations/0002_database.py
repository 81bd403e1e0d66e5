"""What the database has beyond Django's own tables: keys with the practice, triggers."""

from django.db import migrations

# A row can only refer to rows of the same practice.
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

# What was disclosed is never rewritten.
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
    """Keys and triggers."""

    dependencies = [
        ("fhir", "0001_initial"),
        ("enrollment", "0002_database"),
        ("monitoring", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
