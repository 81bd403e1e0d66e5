"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE enrollment_clinic ADD CONSTRAINT enrollment_clinic_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_consentscript ADD CONSTRAINT enrollment_consentscript_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_consent ADD CONSTRAINT enrollment_consent_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_consentpaper ADD CONSTRAINT enrollment_consentpaper_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_devicemodel ADD CONSTRAINT enrollment_devicemodel_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_device ADD CONSTRAINT enrollment_device_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_deviceassignment ADD CONSTRAINT enrollment_deviceassignment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_episode ADD CONSTRAINT enrollment_episode_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_pause ADD CONSTRAINT enrollment_pause_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_order ADD CONSTRAINT enrollment_order_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_panel ADD CONSTRAINT enrollment_panel_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_panelprogress ADD CONSTRAINT enrollment_panelprogress_practice_pair
  UNIQUE (practice_id, panel_id);
ALTER TABLE enrollment_payer ADD CONSTRAINT enrollment_payer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_patient ADD CONSTRAINT enrollment_patient_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_textdraft ADD CONSTRAINT enrollment_textdraft_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_consent ADD CONSTRAINT enrollment_consent_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_consentpaper ADD CONSTRAINT enrollment_consentpaper_consent_id_same_practice
  FOREIGN KEY (practice_id, consent_id) REFERENCES enrollment_consent(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_device ADD CONSTRAINT enrollment_device_model_id_same_practice
  FOREIGN KEY (practice_id, model_id) REFERENCES enrollment_devicemodel(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_deviceassignment ADD CONSTRAINT enrollment_deviceassignment_device_id_same_practice
  FOREIGN KEY (practice_id, device_id) REFERENCES enrollment_device(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_deviceassignment ADD CONSTRAINT enrollment_deviceassignment_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_billing_provider_id_same_practice
  FOREIGN KEY (practice_id, billing_provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_supervised_by_id_same_practice
  FOREIGN KEY (practice_id, supervised_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_looked_after_by_id_same_practice
  FOREIGN KEY (practice_id, looked_after_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_clinic_id_same_practice
  FOREIGN KEY (practice_id, clinic_id) REFERENCES enrollment_clinic(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_episode ADD CONSTRAINT enrollment_episode_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_pause ADD CONSTRAINT enrollment_pause_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_order ADD CONSTRAINT enrollment_order_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_order ADD CONSTRAINT enrollment_order_ordered_by_id_same_practice
  FOREIGN KEY (practice_id, ordered_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_order ADD CONSTRAINT enrollment_order_supersedes_id_same_practice
  FOREIGN KEY (practice_id, supersedes_id) REFERENCES enrollment_order(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_panelprogress ADD CONSTRAINT enrollment_panelprogress_panel_id_same_practice
  FOREIGN KEY (practice_id, panel_id) REFERENCES enrollment_panel(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_patient ADD CONSTRAINT enrollment_patient_merged_into_id_same_practice
  FOREIGN KEY (practice_id, merged_into_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_textdraft ADD CONSTRAINT enrollment_textdraft_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION enrollment_consent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_consent%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_consent is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.withdrawn_on IS NOT NULL AND NEW.withdrawn_on IS DISTINCT FROM OLD.withdrawn_on THEN
    RAISE EXCEPTION 'enrollment_consent.withdrawn_on is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.withdrawn_on := OLD.withdrawn_on;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_consent is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_consent_append_only BEFORE UPDATE OR DELETE ON enrollment_consent
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_consent_append_only();
CREATE TRIGGER enrollment_consent_no_truncate BEFORE TRUNCATE ON enrollment_consent
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_consent_append_only();
CREATE OR REPLACE FUNCTION enrollment_consentpaper_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_consentpaper%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_consentpaper is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_consentpaper is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_consentpaper_append_only BEFORE UPDATE OR DELETE ON enrollment_consentpaper
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_consentpaper_append_only();
CREATE TRIGGER enrollment_consentpaper_no_truncate BEFORE TRUNCATE ON enrollment_consentpaper
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_consentpaper_append_only();
CREATE OR REPLACE FUNCTION enrollment_order_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_order%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_order is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_order is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_order_append_only BEFORE UPDATE OR DELETE ON enrollment_order
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_order_append_only();
CREATE TRIGGER enrollment_order_no_truncate BEFORE TRUNCATE ON enrollment_order
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_order_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("enrollment", "0001_initial"),
        ("accounts", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
