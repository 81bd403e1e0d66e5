"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE billing_monthclose ADD CONSTRAINT billing_monthclose_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_monthseal ADD CONSTRAINT billing_monthseal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_closechunk ADD CONSTRAINT billing_closechunk_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_linereview ADD CONSTRAINT billing_linereview_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimsetup ADD CONSTRAINT billing_claimsetup_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_charge ADD CONSTRAINT billing_charge_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_export ADD CONSTRAINT billing_export_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_sentclaim ADD CONSTRAINT billing_sentclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_remittance ADD CONSTRAINT billing_remittance_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_payerpolicy ADD CONSTRAINT billing_payerpolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_rate ADD CONSTRAINT billing_rate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_mockaudit ADD CONSTRAINT billing_mockaudit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_packetrun ADD CONSTRAINT billing_packetrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_monthseal ADD CONSTRAINT billing_monthseal_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deviceanchor ADD CONSTRAINT billing_deviceanchor_fixed_by_id_same_practice
  FOREIGN KEY (practice_id, fixed_by_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_closechunk ADD CONSTRAINT billing_closechunk_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_attestation ADD CONSTRAINT billing_attestation_provider_id_same_practice
  FOREIGN KEY (practice_id, provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_keptdecision ADD CONSTRAINT billing_keptdecision_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claim ADD CONSTRAINT billing_claim_billing_provider_id_same_practice
  FOREIGN KEY (practice_id, billing_provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_episode_id_same_practice
  FOREIGN KEY (practice_id, episode_id) REFERENCES enrollment_episode(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimline ADD CONSTRAINT billing_claimline_adjustment_id_same_practice
  FOREIGN KEY (practice_id, adjustment_id) REFERENCES billing_adjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linereview ADD CONSTRAINT billing_linereview_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_export ADD CONSTRAINT billing_export_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sentclaim ADD CONSTRAINT billing_sentclaim_export_id_same_practice
  FOREIGN KEY (practice_id, export_id) REFERENCES billing_export(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sentclaim ADD CONSTRAINT billing_sentclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_sent_id_same_practice
  FOREIGN KEY (practice_id, sent_id) REFERENCES billing_sentclaim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_remittance_id_same_practice
  FOREIGN KEY (practice_id, remittance_id) REFERENCES billing_remittance(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_adjustment ADD CONSTRAINT billing_adjustment_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payerpolicy ADD CONSTRAINT billing_payerpolicy_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_policydraft ADD CONSTRAINT billing_policydraft_policy_id_same_practice
  FOREIGN KEY (practice_id, policy_id) REFERENCES billing_payerpolicy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_asked_by_id_same_practice
  FOREIGN KEY (practice_id, asked_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_export_id_same_practice
  FOREIGN KEY (practice_id, export_id) REFERENCES billing_export(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_audit_id_same_practice
  FOREIGN KEY (practice_id, audit_id) REFERENCES billing_mockaudit(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_checkedclaim ADD CONSTRAINT billing_checkedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_lineoverride ADD CONSTRAINT billing_lineoverride_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_run_id_same_practice
  FOREIGN KEY (practice_id, run_id) REFERENCES billing_packetrun(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_packetitem ADD CONSTRAINT billing_packetitem_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION billing_monthseal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_monthseal%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_monthseal is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS DISTINCT FROM OLD.lifted_at THEN
    RAISE EXCEPTION 'billing_monthseal.lifted_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.lifted_at := OLD.lifted_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_monthseal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_monthseal_append_only BEFORE UPDATE OR DELETE ON billing_monthseal
  FOR EACH ROW
  EXECUTE FUNCTION billing_monthseal_append_only();
CREATE TRIGGER billing_monthseal_no_truncate BEFORE TRUNCATE ON billing_monthseal
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_monthseal_append_only();
CREATE OR REPLACE FUNCTION billing_deviceanchor_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_deviceanchor%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_deviceanchor is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_deviceanchor is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_deviceanchor_append_only BEFORE UPDATE OR DELETE ON billing_deviceanchor
  FOR EACH ROW
  EXECUTE FUNCTION billing_deviceanchor_append_only();
CREATE TRIGGER billing_deviceanchor_no_truncate BEFORE TRUNCATE ON billing_deviceanchor
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_deviceanchor_append_only();
CREATE OR REPLACE FUNCTION billing_attestation_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_attestation%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_attestation is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_attestation is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_attestation_append_only BEFORE UPDATE OR DELETE ON billing_attestation
  FOR EACH ROW
  EXECUTE FUNCTION billing_attestation_append_only();
CREATE TRIGGER billing_attestation_no_truncate BEFORE TRUNCATE ON billing_attestation
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_attestation_append_only();
CREATE OR REPLACE FUNCTION billing_keptdecision_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_keptdecision%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_keptdecision is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.replaced_in IS NOT NULL AND NEW.replaced_in IS DISTINCT FROM OLD.replaced_in THEN
    RAISE EXCEPTION 'billing_keptdecision.replaced_in is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.replaced_in := OLD.replaced_in;
  NEW_ROW.facts_change_count := OLD.facts_change_count;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_keptdecision is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_keptdecision_append_only BEFORE UPDATE OR DELETE ON billing_keptdecision
  FOR EACH ROW
  EXECUTE FUNCTION billing_keptdecision_append_only();
CREATE TRIGGER billing_keptdecision_no_truncate BEFORE TRUNCATE ON billing_keptdecision
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_keptdecision_append_only();
ALTER TABLE billing_keptdecision SET (toast_tuple_target = 8160);
CREATE VIEW billing_codeverdict AS

SELECT d.id * 64 + v.place AS id, d.practice_id, d.close_id, d.id AS decision_id, v.code, v.component, v.outcome,
       v.reason_places::smallint[] AS reason_places
FROM billing_keptdecision d
CROSS JOIN LATERAL unnest(d.codes, d.components, d.outcomes, d.reason_places)
  WITH ORDINALITY AS v(code, component, outcome, reason_places, place);
CREATE OR REPLACE FUNCTION billing_claimline_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF (NEW.own_reasons, NEW.evidence, NEW.digest) IS DISTINCT FROM (OLD.own_reasons, OLD.evidence, OLD.digest) THEN
    RAISE EXCEPTION 'billing_claimline: what a line rests on is written once' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_written_once BEFORE UPDATE OF own_reasons, evidence, digest ON billing_claimline
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimline_written_once();
CREATE OR REPLACE FUNCTION billing_claimline_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
NEW.ended_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_ended BEFORE UPDATE OF state ON billing_claimline
  FOR EACH ROW
  WHEN (OLD.state NOT IN ('dropped', 'void', 'reversed') AND NEW.state IN ('dropped', 'void', 'reversed'))
  EXECUTE FUNCTION billing_claimline_ended();
CREATE OR REPLACE FUNCTION billing_linereview_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_linereview%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_linereview is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_linereview is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_linereview_append_only BEFORE UPDATE OR DELETE ON billing_linereview
  FOR EACH ROW
  EXECUTE FUNCTION billing_linereview_append_only();
CREATE TRIGGER billing_linereview_no_truncate BEFORE TRUNCATE ON billing_linereview
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_linereview_append_only();
CREATE OR REPLACE FUNCTION billing_export_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_export%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_export is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_export is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_export_append_only BEFORE UPDATE OR DELETE ON billing_export
  FOR EACH ROW
  EXECUTE FUNCTION billing_export_append_only();
CREATE TRIGGER billing_export_no_truncate BEFORE TRUNCATE ON billing_export
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_export_append_only();
CREATE OR REPLACE FUNCTION billing_sentclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_sentclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_sentclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.content := OLD.content;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_sentclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_sentclaim_append_only BEFORE UPDATE OR DELETE ON billing_sentclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_sentclaim_append_only();
CREATE TRIGGER billing_sentclaim_no_truncate BEFORE TRUNCATE ON billing_sentclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_sentclaim_append_only();
CREATE OR REPLACE FUNCTION billing_remittance_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_remittance%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_remittance is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_remittance is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_remittance_append_only BEFORE UPDATE OR DELETE ON billing_remittance
  FOR EACH ROW
  EXECUTE FUNCTION billing_remittance_append_only();
CREATE TRIGGER billing_remittance_no_truncate BEFORE TRUNCATE ON billing_remittance
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_remittance_append_only();
CREATE OR REPLACE FUNCTION billing_answer_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answer%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answer is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answer is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answer_append_only BEFORE UPDATE OR DELETE ON billing_answer
  FOR EACH ROW
  EXECUTE FUNCTION billing_answer_append_only();
CREATE TRIGGER billing_answer_no_truncate BEFORE TRUNCATE ON billing_answer
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answer_append_only();
CREATE OR REPLACE FUNCTION billing_adjustment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_adjustment%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_adjustment is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_adjustment is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_adjustment_append_only BEFORE UPDATE OR DELETE ON billing_adjustment
  FOR EACH ROW
  EXECUTE FUNCTION billing_adjustment_append_only();
CREATE TRIGGER billing_adjustment_no_truncate BEFORE TRUNCATE ON billing_adjustment
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_adjustment_append_only();
CREATE OR REPLACE FUNCTION billing_denialstep_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_denialstep%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_denialstep is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_denialstep is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_denialstep_append_only BEFORE UPDATE OR DELETE ON billing_denialstep
  FOR EACH ROW
  EXECUTE FUNCTION billing_denialstep_append_only();
CREATE TRIGGER billing_denialstep_no_truncate BEFORE TRUNCATE ON billing_denialstep
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_denialstep_append_only();
CREATE OR REPLACE FUNCTION billing_exportrun_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_exportrun%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.done_at IS NOT NULL AND NEW.done_at IS DISTINCT FROM OLD.done_at THEN
    RAISE EXCEPTION 'billing_exportrun.done_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.export_id IS NOT NULL AND NEW.export_id IS DISTINCT FROM OLD.export_id THEN
    RAISE EXCEPTION 'billing_exportrun.export_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.export_id := OLD.export_id;
  NEW_ROW.signaled_at := OLD.signaled_at;
  NEW_ROW.message := OLD.message;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_exportrun is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_exportrun_append_only BEFORE UPDATE OR DELETE ON billing_exportrun
  FOR EACH ROW
  EXECUTE FUNCTION billing_exportrun_append_only();
CREATE TRIGGER billing_exportrun_no_truncate BEFORE TRUNCATE ON billing_exportrun
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_exportrun_append_only();
CREATE OR REPLACE FUNCTION billing_mockaudit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_mockaudit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_mockaudit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.closed_at IS NOT NULL AND NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
    RAISE EXCEPTION 'billing_mockaudit.closed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.closed_by_id IS NOT NULL AND NEW.closed_by_id IS DISTINCT FROM OLD.closed_by_id THEN
    RAISE EXCEPTION 'billing_mockaudit.closed_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.closed_at := OLD.closed_at;
  NEW_ROW.closed_by_id := OLD.closed_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_mockaudit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_mockaudit_append_only BEFORE UPDATE OR DELETE ON billing_mockaudit
  FOR EACH ROW
  EXECUTE FUNCTION billing_mockaudit_append_only();
CREATE TRIGGER billing_mockaudit_no_truncate BEFORE TRUNCATE ON billing_mockaudit
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_mockaudit_append_only();
CREATE OR REPLACE FUNCTION billing_checkedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_checkedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_checkedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.conclusion IS NOT NULL AND NEW.conclusion IS DISTINCT FROM OLD.conclusion THEN
    RAISE EXCEPTION 'billing_checkedclaim.conclusion is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.note IS NOT NULL AND NEW.note IS DISTINCT FROM OLD.note THEN
    RAISE EXCEPTION 'billing_checkedclaim.note is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.concluded_at IS NOT NULL AND NEW.concluded_at IS DISTINCT FROM OLD.concluded_at THEN
    RAISE EXCEPTION 'billing_checkedclaim.concluded_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.concluded_by_id IS NOT NULL AND NEW.concluded_by_id IS DISTINCT FROM OLD.concluded_by_id THEN
    RAISE EXCEPTION 'billing_checkedclaim.concluded_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.conclusion := OLD.conclusion;
  NEW_ROW.note := OLD.note;
  NEW_ROW.concluded_at := OLD.concluded_at;
  NEW_ROW.concluded_by_id := OLD.concluded_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_checkedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_checkedclaim_append_only BEFORE UPDATE OR DELETE ON billing_checkedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_checkedclaim_append_only();
CREATE TRIGGER billing_checkedclaim_no_truncate BEFORE TRUNCATE ON billing_checkedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_checkedclaim_append_only();
CREATE OR REPLACE FUNCTION billing_lineoverride_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_lineoverride%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_lineoverride is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_lineoverride.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_lineoverride.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_lineoverride.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.why IS NOT NULL AND NEW.why IS DISTINCT FROM OLD.why THEN
    RAISE EXCEPTION 'billing_lineoverride.why is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.line_id IS NOT NULL AND NEW.line_id IS DISTINCT FROM OLD.line_id THEN
    RAISE EXCEPTION 'billing_lineoverride.line_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  NEW_ROW.why := OLD.why;
  NEW_ROW.line_id := OLD.line_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_lineoverride is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_lineoverride_append_only BEFORE UPDATE OR DELETE ON billing_lineoverride
  FOR EACH ROW
  EXECUTE FUNCTION billing_lineoverride_append_only();
CREATE TRIGGER billing_lineoverride_no_truncate BEFORE TRUNCATE ON billing_lineoverride
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_lineoverride_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("billing", "0001_initial"),
        ("timetracking", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
