"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE monitoring_source ADD CONSTRAINT monitoring_source_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_delivery ADD CONSTRAINT monitoring_delivery_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_deliverybody ADD CONSTRAINT monitoring_deliverybody_practice_pair
  UNIQUE (practice_id, delivery_id);
ALTER TABLE monitoring_vendoraccount ADD CONSTRAINT monitoring_vendoraccount_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_devicecontact ADD CONSTRAINT monitoring_devicecontact_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_practice_pair
  UNIQUE (practice_id, id, measured_at);
ALTER TABLE monitoring_vendorreading ADD CONSTRAINT monitoring_vendorreading_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_readingday ADD CONSTRAINT monitoring_readingday_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_standing ADD CONSTRAINT monitoring_standing_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_threshold ADD CONSTRAINT monitoring_threshold_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_alertrule ADD CONSTRAINT monitoring_alertrule_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_conditiontemplate ADD CONSTRAINT monitoring_conditiontemplate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_watch ADD CONSTRAINT monitoring_watch_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_alert ADD CONSTRAINT monitoring_alert_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_breach ADD CONSTRAINT monitoring_breach_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_alertstep ADD CONSTRAINT monitoring_alertstep_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_review ADD CONSTRAINT monitoring_review_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_limitproposal ADD CONSTRAINT monitoring_limitproposal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_outreach ADD CONSTRAINT monitoring_outreach_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_unmatchedreading ADD CONSTRAINT monitoring_unmatchedreading_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_senderstatement ADD CONSTRAINT monitoring_senderstatement_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_clockcorrection ADD CONSTRAINT monitoring_clockcorrection_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_personchoice ADD CONSTRAINT monitoring_personchoice_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_rememberedformat ADD CONSTRAINT monitoring_rememberedformat_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_note ADD CONSTRAINT monitoring_note_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE monitoring_source ADD CONSTRAINT monitoring_source_renews_id_same_practice
  FOREIGN KEY (practice_id, renews_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_delivery ADD CONSTRAINT monitoring_delivery_source_id_same_practice
  FOREIGN KEY (practice_id, source_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_deliverybody ADD CONSTRAINT monitoring_deliverybody_delivery_id_same_practice
  FOREIGN KEY (practice_id, delivery_id) REFERENCES monitoring_delivery(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_vendoraccount ADD CONSTRAINT monitoring_vendoraccount_source_id_same_practice
  FOREIGN KEY (practice_id, source_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_devicecontact ADD CONSTRAINT monitoring_devicecontact_device_id_same_practice
  FOREIGN KEY (practice_id, device_id) REFERENCES enrollment_device(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_device_id_same_practice
  FOREIGN KEY (practice_id, device_id) REFERENCES enrollment_device(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_delivery_id_same_practice
  FOREIGN KEY (practice_id, delivery_id) REFERENCES monitoring_delivery(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_version_of_id_same_practice
  FOREIGN KEY (practice_id, version_of_id, version_of_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_reading ADD CONSTRAINT monitoring_reading_corrects_id_same_practice
  FOREIGN KEY (practice_id, corrects_id, corrects_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_vendorreading ADD CONSTRAINT monitoring_vendorreading_sender_id_same_practice
  FOREIGN KEY (practice_id, sender_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_vendorreading ADD CONSTRAINT monitoring_vendorreading_reading_id_same_practice
  FOREIGN KEY (practice_id, reading_id, reading_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_vendorreading ADD CONSTRAINT monitoring_vendorreading_delivery_id_same_practice
  FOREIGN KEY (practice_id, delivery_id) REFERENCES monitoring_delivery(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_readingday ADD CONSTRAINT monitoring_readingday_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_readingday ADD CONSTRAINT monitoring_readingday_device_id_same_practice
  FOREIGN KEY (practice_id, device_id) REFERENCES enrollment_device(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_standing ADD CONSTRAINT monitoring_standing_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_threshold ADD CONSTRAINT monitoring_threshold_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertrule ADD CONSTRAINT monitoring_alertrule_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_watch ADD CONSTRAINT monitoring_watch_first_id_same_practice
  FOREIGN KEY (practice_id, first_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_watch ADD CONSTRAINT monitoring_watch_backup_id_same_practice
  FOREIGN KEY (practice_id, backup_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_watch ADD CONSTRAINT monitoring_watch_on_call_id_same_practice
  FOREIGN KEY (practice_id, on_call_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alert ADD CONSTRAINT monitoring_alert_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alert ADD CONSTRAINT monitoring_alert_reading_id_same_practice
  FOREIGN KEY (practice_id, reading_id, reading_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alert ADD CONSTRAINT monitoring_alert_rule_id_same_practice
  FOREIGN KEY (practice_id, rule_id) REFERENCES monitoring_alertrule(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alert ADD CONSTRAINT monitoring_alert_owner_id_same_practice
  FOREIGN KEY (practice_id, owner_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_breach ADD CONSTRAINT monitoring_breach_alert_id_same_practice
  FOREIGN KEY (practice_id, alert_id) REFERENCES monitoring_alert(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_breach ADD CONSTRAINT monitoring_breach_reading_id_same_practice
  FOREIGN KEY (practice_id, reading_id, reading_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertstep ADD CONSTRAINT monitoring_alertstep_alert_id_same_practice
  FOREIGN KEY (practice_id, alert_id) REFERENCES monitoring_alert(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertstep ADD CONSTRAINT monitoring_alertstep_to_id_same_practice
  FOREIGN KEY (practice_id, to_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_review ADD CONSTRAINT monitoring_review_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_review ADD CONSTRAINT monitoring_review_alert_id_same_practice
  FOREIGN KEY (practice_id, alert_id) REFERENCES monitoring_alert(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_limitproposal ADD CONSTRAINT monitoring_limitproposal_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_limitproposal ADD CONSTRAINT monitoring_limitproposal_threshold_id_same_practice
  FOREIGN KEY (practice_id, threshold_id) REFERENCES monitoring_threshold(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_alertobserver ADD CONSTRAINT monitoring_alertobserver_member_id_same_practice
  FOREIGN KEY (practice_id, member_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_outreach ADD CONSTRAINT monitoring_outreach_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_outreach ADD CONSTRAINT monitoring_outreach_alert_id_same_practice
  FOREIGN KEY (practice_id, alert_id) REFERENCES monitoring_alert(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_outreach ADD CONSTRAINT monitoring_outreach_owner_id_same_practice
  FOREIGN KEY (practice_id, owner_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_unmatchedreading ADD CONSTRAINT monitoring_unmatchedreading_delivery_id_same_practice
  FOREIGN KEY (practice_id, delivery_id) REFERENCES monitoring_delivery(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_senderstatement ADD CONSTRAINT monitoring_senderstatement_sender_id_same_practice
  FOREIGN KEY (practice_id, sender_id) REFERENCES monitoring_source(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_senderstatement ADD CONSTRAINT monitoring_senderstatement_reading_id_same_practice
  FOREIGN KEY (practice_id, reading_id, reading_measured_at) REFERENCES monitoring_reading(practice_id, id, measured_at) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_senderstatement ADD CONSTRAINT monitoring_senderstatement_delivery_id_same_practice
  FOREIGN KEY (practice_id, delivery_id) REFERENCES monitoring_delivery(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_clockcorrection ADD CONSTRAINT monitoring_clockcorrection_unmatched_id_same_practice
  FOREIGN KEY (practice_id, unmatched_id) REFERENCES monitoring_unmatchedreading(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_personchoice ADD CONSTRAINT monitoring_personchoice_unmatched_id_same_practice
  FOREIGN KEY (practice_id, unmatched_id) REFERENCES monitoring_unmatchedreading(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_personchoice ADD CONSTRAINT monitoring_personchoice_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE monitoring_note ADD CONSTRAINT monitoring_note_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION monitoring_delivery_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_delivery%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_delivery is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.state := OLD.state;
  NEW_ROW.message := OLD.message;
  NEW_ROW.tries := OLD.tries;
  NEW_ROW.due_at := OLD.due_at;
  NEW_ROW.times := OLD.times;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_delivery is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_delivery_append_only BEFORE UPDATE OR DELETE ON monitoring_delivery
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_delivery_append_only();
CREATE TRIGGER monitoring_delivery_no_truncate BEFORE TRUNCATE ON monitoring_delivery
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_delivery_append_only();
CREATE OR REPLACE FUNCTION monitoring_deliverybody_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_deliverybody%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_deliverybody is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_deliverybody is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_deliverybody_append_only BEFORE UPDATE OR DELETE ON monitoring_deliverybody
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_deliverybody_append_only();
CREATE TRIGGER monitoring_deliverybody_no_truncate BEFORE TRUNCATE ON monitoring_deliverybody
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_deliverybody_append_only();
CREATE OR REPLACE FUNCTION monitoring_reading_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_reading%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_reading is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'monitoring_reading.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'monitoring_reading.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'monitoring_reading.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_reading is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_reading_append_only BEFORE UPDATE OR DELETE ON monitoring_reading
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_reading_append_only();
CREATE TRIGGER monitoring_reading_no_truncate BEFORE TRUNCATE ON monitoring_reading
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_reading_append_only();
CREATE OR REPLACE FUNCTION monitoring_vendorreading_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_vendorreading%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_vendorreading is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_vendorreading is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_vendorreading_append_only BEFORE UPDATE OR DELETE ON monitoring_vendorreading
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_vendorreading_append_only();
CREATE TRIGGER monitoring_vendorreading_no_truncate BEFORE TRUNCATE ON monitoring_vendorreading
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_vendorreading_append_only();
CREATE OR REPLACE FUNCTION monitoring_standing_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
INSERT INTO monitoring_standing
    (practice_id, enrollment_id, last_metric, open_critical, open_high, open_low, open_adherence)
  VALUES (NEW.practice_id, NEW.id, '', 0, 0, 0, 0) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER monitoring_standing_made AFTER INSERT ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_standing_made();
CREATE OR REPLACE FUNCTION monitoring_breach_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_breach%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_breach is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_breach is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_breach_append_only BEFORE UPDATE OR DELETE ON monitoring_breach
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_breach_append_only();
CREATE TRIGGER monitoring_breach_no_truncate BEFORE TRUNCATE ON monitoring_breach
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_breach_append_only();
CREATE OR REPLACE FUNCTION monitoring_alertstep_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_alertstep%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_alertstep is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_alertstep is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_alertstep_append_only BEFORE UPDATE OR DELETE ON monitoring_alertstep
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_alertstep_append_only();
CREATE TRIGGER monitoring_alertstep_no_truncate BEFORE TRUNCATE ON monitoring_alertstep
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_alertstep_append_only();
CREATE OR REPLACE FUNCTION monitoring_review_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_review%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_review is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_review is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_review_append_only BEFORE UPDATE OR DELETE ON monitoring_review
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_review_append_only();
CREATE TRIGGER monitoring_review_no_truncate BEFORE TRUNCATE ON monitoring_review
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_review_append_only();
CREATE OR REPLACE FUNCTION monitoring_limitproposal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_limitproposal%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_limitproposal is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'monitoring_limitproposal.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'monitoring_limitproposal.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.new_limit IS NOT NULL AND NEW.new_limit IS DISTINCT FROM OLD.new_limit THEN
    RAISE EXCEPTION 'monitoring_limitproposal.new_limit is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.new_limit := OLD.new_limit;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_limitproposal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_limitproposal_append_only BEFORE UPDATE OR DELETE ON monitoring_limitproposal
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_limitproposal_append_only();
CREATE TRIGGER monitoring_limitproposal_no_truncate BEFORE TRUNCATE ON monitoring_limitproposal
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_limitproposal_append_only();
CREATE OR REPLACE FUNCTION monitoring_outreach_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_outreach%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_outreach is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'monitoring_outreach.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.done_by_id IS NOT NULL AND NEW.done_by_id IS DISTINCT FROM OLD.done_by_id THEN
    RAISE EXCEPTION 'monitoring_outreach.done_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'monitoring_outreach.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.done_by_id := OLD.done_by_id;
  NEW_ROW.outcome := OLD.outcome;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_outreach is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_outreach_append_only BEFORE UPDATE OR DELETE ON monitoring_outreach
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_outreach_append_only();
CREATE TRIGGER monitoring_outreach_no_truncate BEFORE TRUNCATE ON monitoring_outreach
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_outreach_append_only();
CREATE OR REPLACE FUNCTION monitoring_unmatchedreading_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_unmatchedreading%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.resolved_at IS NOT NULL AND NEW.resolved_at IS DISTINCT FROM OLD.resolved_at THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading.resolved_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.resolved_by_id IS NOT NULL AND NEW.resolved_by_id IS DISTINCT FROM OLD.resolved_by_id THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading.resolved_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.resolution IS NOT NULL AND NEW.resolution IS DISTINCT FROM OLD.resolution THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading.resolution is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.resolution_note IS NOT NULL AND NEW.resolution_note IS DISTINCT FROM OLD.resolution_note THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading.resolution_note is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.resolved_at := OLD.resolved_at;
  NEW_ROW.resolved_by_id := OLD.resolved_by_id;
  NEW_ROW.resolution := OLD.resolution;
  NEW_ROW.resolution_note := OLD.resolution_note;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_unmatchedreading is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_unmatchedreading_append_only BEFORE UPDATE OR DELETE ON monitoring_unmatchedreading
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_unmatchedreading_append_only();
CREATE TRIGGER monitoring_unmatchedreading_no_truncate BEFORE TRUNCATE ON monitoring_unmatchedreading
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_unmatchedreading_append_only();
CREATE OR REPLACE FUNCTION monitoring_senderstatement_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_senderstatement%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_senderstatement is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.applied_at IS NOT NULL AND NEW.applied_at IS DISTINCT FROM OLD.applied_at THEN
    RAISE EXCEPTION 'monitoring_senderstatement.applied_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.applied_at := OLD.applied_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_senderstatement is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_senderstatement_append_only BEFORE UPDATE OR DELETE ON monitoring_senderstatement
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_senderstatement_append_only();
CREATE TRIGGER monitoring_senderstatement_no_truncate BEFORE TRUNCATE ON monitoring_senderstatement
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_senderstatement_append_only();
CREATE OR REPLACE FUNCTION monitoring_clockcorrection_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_clockcorrection%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_clockcorrection is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_clockcorrection is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_clockcorrection_append_only BEFORE UPDATE OR DELETE ON monitoring_clockcorrection
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_clockcorrection_append_only();
CREATE TRIGGER monitoring_clockcorrection_no_truncate BEFORE TRUNCATE ON monitoring_clockcorrection
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_clockcorrection_append_only();
CREATE OR REPLACE FUNCTION monitoring_personchoice_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_personchoice%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_personchoice is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_personchoice is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_personchoice_append_only BEFORE UPDATE OR DELETE ON monitoring_personchoice
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_personchoice_append_only();
CREATE TRIGGER monitoring_personchoice_no_truncate BEFORE TRUNCATE ON monitoring_personchoice
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_personchoice_append_only();
CREATE OR REPLACE FUNCTION monitoring_note_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW monitoring_note%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'monitoring_note is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'monitoring_note.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'monitoring_note.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.void_reason := OLD.void_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'monitoring_note is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER monitoring_note_append_only BEFORE UPDATE OR DELETE ON monitoring_note
  FOR EACH ROW
  EXECUTE FUNCTION monitoring_note_append_only();
CREATE TRIGGER monitoring_note_no_truncate BEFORE TRUNCATE ON monitoring_note
  FOR EACH STATEMENT
  EXECUTE FUNCTION monitoring_note_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("monitoring", "0001_initial"),
        ("enrollment", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
