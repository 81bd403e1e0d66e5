"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE enrollment_clinic ADD CONSTRAINT enrollment_clinic_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_enrollment ADD CONSTRAINT enrollment_enrollment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_episode ADD CONSTRAINT enrollment_episode_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_pause ADD CONSTRAINT enrollment_pause_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_order ADD CONSTRAINT enrollment_order_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_payer ADD CONSTRAINT enrollment_payer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_patient ADD CONSTRAINT enrollment_patient_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_priorauthorization ADD CONSTRAINT enrollment_priorauthorization_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_otherbillinganswer ADD CONSTRAINT enrollment_otherbillinganswer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_outsideclaim ADD CONSTRAINT enrollment_outsideclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_carestatus ADD CONSTRAINT enrollment_carestatus_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_qualifyingvisit ADD CONSTRAINT enrollment_qualifyingvisit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_visitdocument ADD CONSTRAINT enrollment_visitdocument_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_planofcare ADD CONSTRAINT enrollment_planofcare_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_accessalignment ADD CONSTRAINT enrollment_accessalignment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_accessupdate ADD CONSTRAINT enrollment_accessupdate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_careplan ADD CONSTRAINT enrollment_careplan_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_clinicalitem ADD CONSTRAINT enrollment_clinicalitem_practice_pair
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
ALTER TABLE enrollment_deviceshare ADD CONSTRAINT enrollment_deviceshare_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_panel ADD CONSTRAINT enrollment_panel_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_panelprogress ADD CONSTRAINT enrollment_panelprogress_practice_pair
  UNIQUE (practice_id, panel_id);
ALTER TABLE enrollment_earlierprovider ADD CONSTRAINT enrollment_earlierprovider_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE enrollment_textdraft ADD CONSTRAINT enrollment_textdraft_practice_pair
  UNIQUE (practice_id, id);
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
ALTER TABLE enrollment_patient ADD CONSTRAINT enrollment_patient_merged_into_id_same_practice
  FOREIGN KEY (practice_id, merged_into_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_coverage ADD CONSTRAINT enrollment_coverage_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_priorauthorization ADD CONSTRAINT enrollment_priorauthorization_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_priorauthorization ADD CONSTRAINT enrollment_priorauthorization_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_otherbillinganswer ADD CONSTRAINT enrollment_otherbillinganswer_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_outsideclaim ADD CONSTRAINT enrollment_outsideclaim_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_carestatus ADD CONSTRAINT enrollment_carestatus_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_qualifyingvisit ADD CONSTRAINT enrollment_qualifyingvisit_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_visitdocument ADD CONSTRAINT enrollment_visitdocument_visit_id_same_practice
  FOREIGN KEY (practice_id, visit_id) REFERENCES enrollment_qualifyingvisit(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_planofcare ADD CONSTRAINT enrollment_planofcare_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_planofcare ADD CONSTRAINT enrollment_planofcare_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_accessalignment ADD CONSTRAINT enrollment_accessalignment_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_accessupdate ADD CONSTRAINT enrollment_accessupdate_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_careplan ADD CONSTRAINT enrollment_careplan_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_clinicalitem ADD CONSTRAINT enrollment_clinicalitem_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
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
ALTER TABLE enrollment_deviceshare ADD CONSTRAINT enrollment_deviceshare_assignment_id_same_practice
  FOREIGN KEY (practice_id, assignment_id) REFERENCES enrollment_deviceassignment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_deviceshare ADD CONSTRAINT enrollment_deviceshare_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_panelprogress ADD CONSTRAINT enrollment_panelprogress_panel_id_same_practice
  FOREIGN KEY (practice_id, panel_id) REFERENCES enrollment_panel(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_earlierprovider ADD CONSTRAINT enrollment_earlierprovider_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_earlierprovider ADD CONSTRAINT enrollment_earlierprovider_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_earlierprovider ADD CONSTRAINT enrollment_earlierprovider_billing_provider_id_same_practice
  FOREIGN KEY (practice_id, billing_provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_earlierprovider ADD CONSTRAINT enrollment_earlierprovider_supervised_by_id_same_practice
  FOREIGN KEY (practice_id, supervised_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_carddraft ADD CONSTRAINT enrollment_carddraft_sent_to_id_same_practice
  FOREIGN KEY (practice_id, sent_to_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE enrollment_textdraft ADD CONSTRAINT enrollment_textdraft_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
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
CREATE OR REPLACE FUNCTION enrollment_priorauthorization_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_priorauthorization%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_priorauthorization is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_priorauthorization.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_priorauthorization.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_priorauthorization.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_priorauthorization is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_priorauthorization_append_only BEFORE UPDATE OR DELETE ON enrollment_priorauthorization
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_priorauthorization_append_only();
CREATE TRIGGER enrollment_priorauthorization_no_truncate BEFORE TRUNCATE ON enrollment_priorauthorization
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_priorauthorization_append_only();
CREATE OR REPLACE FUNCTION enrollment_otherbillinganswer_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_otherbillinganswer%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_otherbillinganswer is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_otherbillinganswer.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_otherbillinganswer.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_otherbillinganswer.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_otherbillinganswer is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_otherbillinganswer_append_only BEFORE UPDATE OR DELETE ON enrollment_otherbillinganswer
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_otherbillinganswer_append_only();
CREATE TRIGGER enrollment_otherbillinganswer_no_truncate BEFORE TRUNCATE ON enrollment_otherbillinganswer
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_otherbillinganswer_append_only();
CREATE OR REPLACE FUNCTION enrollment_outsideclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_outsideclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_outsideclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_outsideclaim.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_outsideclaim.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_outsideclaim.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_outsideclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_outsideclaim_append_only BEFORE UPDATE OR DELETE ON enrollment_outsideclaim
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_outsideclaim_append_only();
CREATE TRIGGER enrollment_outsideclaim_no_truncate BEFORE TRUNCATE ON enrollment_outsideclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_outsideclaim_append_only();
CREATE OR REPLACE FUNCTION enrollment_carestatus_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_carestatus%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_carestatus is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_carestatus.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_carestatus.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_carestatus.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_carestatus is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_carestatus_append_only BEFORE UPDATE OR DELETE ON enrollment_carestatus
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_carestatus_append_only();
CREATE TRIGGER enrollment_carestatus_no_truncate BEFORE TRUNCATE ON enrollment_carestatus
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_carestatus_append_only();
CREATE OR REPLACE FUNCTION enrollment_qualifyingvisit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_qualifyingvisit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_qualifyingvisit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_qualifyingvisit.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_qualifyingvisit.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_qualifyingvisit.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_qualifyingvisit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_qualifyingvisit_append_only BEFORE UPDATE OR DELETE ON enrollment_qualifyingvisit
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_qualifyingvisit_append_only();
CREATE TRIGGER enrollment_qualifyingvisit_no_truncate BEFORE TRUNCATE ON enrollment_qualifyingvisit
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_qualifyingvisit_append_only();
CREATE OR REPLACE FUNCTION enrollment_visitdocument_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_visitdocument%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_visitdocument is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_visitdocument is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_visitdocument_append_only BEFORE UPDATE OR DELETE ON enrollment_visitdocument
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_visitdocument_append_only();
CREATE TRIGGER enrollment_visitdocument_no_truncate BEFORE TRUNCATE ON enrollment_visitdocument
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_visitdocument_append_only();
CREATE OR REPLACE FUNCTION enrollment_planofcare_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_planofcare%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_planofcare is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_planofcare.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_planofcare.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_planofcare.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_planofcare is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_planofcare_append_only BEFORE UPDATE OR DELETE ON enrollment_planofcare
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_planofcare_append_only();
CREATE TRIGGER enrollment_planofcare_no_truncate BEFORE TRUNCATE ON enrollment_planofcare
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_planofcare_append_only();
CREATE OR REPLACE FUNCTION enrollment_accessalignment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_accessalignment%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_accessalignment is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_accessalignment.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_accessalignment.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_accessalignment.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_accessalignment is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_accessalignment_append_only BEFORE UPDATE OR DELETE ON enrollment_accessalignment
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_accessalignment_append_only();
CREATE TRIGGER enrollment_accessalignment_no_truncate BEFORE TRUNCATE ON enrollment_accessalignment
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_accessalignment_append_only();
CREATE OR REPLACE FUNCTION enrollment_accessupdate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_accessupdate%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_accessupdate is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_accessupdate.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_accessupdate.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_accessupdate.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_accessupdate is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_accessupdate_append_only BEFORE UPDATE OR DELETE ON enrollment_accessupdate
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_accessupdate_append_only();
CREATE TRIGGER enrollment_accessupdate_no_truncate BEFORE TRUNCATE ON enrollment_accessupdate
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_accessupdate_append_only();
CREATE OR REPLACE FUNCTION enrollment_careplan_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_careplan%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_careplan is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_careplan.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_careplan.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_careplan.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_careplan is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_careplan_append_only BEFORE UPDATE OR DELETE ON enrollment_careplan
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_careplan_append_only();
CREATE TRIGGER enrollment_careplan_no_truncate BEFORE TRUNCATE ON enrollment_careplan
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_careplan_append_only();
CREATE OR REPLACE FUNCTION enrollment_clinicalitem_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_clinicalitem%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_clinicalitem is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.ended_on IS NOT NULL AND NEW.ended_on IS DISTINCT FROM OLD.ended_on THEN
    RAISE EXCEPTION 'enrollment_clinicalitem.ended_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'enrollment_clinicalitem.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.end_reason IS NOT NULL AND NEW.end_reason IS DISTINCT FROM OLD.end_reason THEN
    RAISE EXCEPTION 'enrollment_clinicalitem.end_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.ended_on := OLD.ended_on;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.end_reason := OLD.end_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_clinicalitem is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_clinicalitem_append_only BEFORE UPDATE OR DELETE ON enrollment_clinicalitem
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_clinicalitem_append_only();
CREATE TRIGGER enrollment_clinicalitem_no_truncate BEFORE TRUNCATE ON enrollment_clinicalitem
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_clinicalitem_append_only();
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
CREATE OR REPLACE FUNCTION enrollment_earlierprovider_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW enrollment_earlierprovider%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'enrollment_earlierprovider is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'enrollment_earlierprovider.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'enrollment_earlierprovider.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'enrollment_earlierprovider.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.patient_id := OLD.patient_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'enrollment_earlierprovider is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_earlierprovider_append_only BEFORE UPDATE OR DELETE ON enrollment_earlierprovider
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_earlierprovider_append_only();
CREATE TRIGGER enrollment_earlierprovider_no_truncate BEFORE TRUNCATE ON enrollment_earlierprovider
  FOR EACH STATEMENT
  EXECUTE FUNCTION enrollment_earlierprovider_append_only();
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
