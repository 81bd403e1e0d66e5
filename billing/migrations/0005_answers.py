"""Versions of claims, submissions, answers and the ledger. Replaces the tables of exports and remittances."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Triggers of the removed tables.
DROPPED = """
DROP FUNCTION IF EXISTS billing_export_append_only CASCADE;
DROP FUNCTION IF EXISTS billing_sentclaim_append_only CASCADE;
DROP FUNCTION IF EXISTS billing_remittance_append_only CASCADE;
DROP FUNCTION IF EXISTS billing_answer_append_only CASCADE;
DROP FUNCTION IF EXISTS billing_denialstep_append_only CASCADE;
DROP FUNCTION IF EXISTS billing_exportrun_append_only CASCADE;
"""
# As `manage.py schema_sql billing` prints it.
OBJECTS = """
ALTER TABLE billing_submission ADD CONSTRAINT billing_submission_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_submissionevent ADD CONSTRAINT billing_submissionevent_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimcopy ADD CONSTRAINT billing_claimcopy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answerfile ADD CONSTRAINT billing_answerfile_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answertransaction ADD CONSTRAINT billing_answertransaction_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_payercheck ADD CONSTRAINT billing_payercheck_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_foreignclaim ADD CONSTRAINT billing_foreignclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_deposit ADD CONSTRAINT billing_deposit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_submission ADD CONSTRAINT billing_submission_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_submissionevent ADD CONSTRAINT billing_submissionevent_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_previous_id_same_practice
  FOREIGN KEY (practice_id, previous_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_decided_by_id_same_practice
  FOREIGN KEY (practice_id, decided_by_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcopy ADD CONSTRAINT billing_claimcopy_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_copy_id_same_practice
  FOREIGN KEY (practice_id, copy_id) REFERENCES billing_claimcopy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_copiedclaim ADD CONSTRAINT billing_copiedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answertransaction ADD CONSTRAINT billing_answertransaction_file_id_same_practice
  FOREIGN KEY (practice_id, file_id) REFERENCES billing_answerfile(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_answer ADD CONSTRAINT billing_answer_parent_id_same_practice
  FOREIGN KEY (practice_id, parent_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_denialstep ADD CONSTRAINT billing_denialstep_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_asked_by_id_same_practice
  FOREIGN KEY (practice_id, asked_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_submission_id_same_practice
  FOREIGN KEY (practice_id, submission_id) REFERENCES billing_submission(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_exportrun ADD CONSTRAINT billing_exportrun_copy_id_same_practice
  FOREIGN KEY (practice_id, copy_id) REFERENCES billing_claimcopy(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_ledgerentry ADD CONSTRAINT billing_ledgerentry_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_linebalance ADD CONSTRAINT billing_linebalance_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_payercheck ADD CONSTRAINT billing_payercheck_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_foreignclaim ADD CONSTRAINT billing_foreignclaim_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_check_row_id_same_practice
  FOREIGN KEY (practice_id, check_row_id) REFERENCES billing_payercheck(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_provideradjustment ADD CONSTRAINT billing_provideradjustment_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_deposit ADD CONSTRAINT billing_deposit_check_row_id_same_practice
  FOREIGN KEY (practice_id, check_row_id) REFERENCES billing_payercheck(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION billing_monthclose_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row billing_monthclose%ROWTYPE;
BEGIN
IF TG_OP = 'DELETE' THEN
    IF OLD.state IN ('prepared', 'sealed', 'sent') THEN
      RAISE EXCEPTION 'billing_monthclose: a month that is prepared, sealed or sent is not deleted' USING ERRCODE = 'P0001';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state IN ('prepared', 'sealed', 'sent') THEN
      RAISE EXCEPTION 'billing_monthclose: a month begins open' USING ERRCODE = 'P0001';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state NOT IN ('prepared', 'sealed', 'sent') AND NEW.state NOT IN ('prepared', 'sealed', 'sent') THEN
    RETURN NEW;
  END IF;
  row := OLD;
  CASE OLD.state || ' to ' || NEW.state
  WHEN 'in_review to prepared' THEN
    IF NEW.prepared_at IS NULL OR NEW.prepared_by_id IS NULL THEN
      RAISE EXCEPTION 'billing_monthclose: in_review to prepared without its person and time' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
  WHEN 'prepared to in_review' THEN
    IF NEW.prepared_at IS NOT NULL OR NEW.prepared_by_id IS NOT NULL THEN
      RAISE EXCEPTION 'billing_monthclose: prepared to in_review without its person and time' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
  WHEN 'prepared to sealed' THEN
    IF NEW.sealed_at IS NULL OR NEW.sealed_by_id IS NULL OR NEW.facts_at IS NULL THEN
      RAISE EXCEPTION 'billing_monthclose: prepared to sealed without its person and time' USING ERRCODE = 'P0001';
    END IF;
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = NEW.id AND lifted_at IS NULL AND taken_at = NEW.facts_at)
       OR NOT EXISTS (SELECT FROM timetracking_monthlock WHERE practice_id = NEW.practice_id AND month = NEW.month) THEN
      RAISE EXCEPTION 'billing_monthclose: a sealed month has its seal and its time lock' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.sealed_at := NEW.sealed_at;
    row.sealed_by_id := NEW.sealed_by_id;
    row.facts_at := NEW.facts_at;
    row.single_person_reason := NEW.single_person_reason;
  WHEN 'sealed to in_review' THEN
    IF NEW.prepared_at IS NOT NULL OR NEW.prepared_by_id IS NOT NULL OR NEW.sealed_at IS NOT NULL OR NEW.sealed_by_id IS NOT NULL OR NEW.facts_at IS NOT NULL THEN
      RAISE EXCEPTION 'billing_monthclose: sealed to in_review without its person and time' USING ERRCODE = 'P0001';
    END IF;
    IF EXISTS (SELECT FROM billing_submission
               WHERE close_id = OLD.id AND (withdrawn_at IS NULL OR delivered_at IS NOT NULL)) THEN
      RAISE EXCEPTION 'billing_monthclose: a submission of the month is not withdrawn: not reopened'
        USING ERRCODE = 'P0001';
    END IF;
    IF NOT EXISTS (SELECT FROM billing_monthseal
                   WHERE close_id = OLD.id AND lifted_at IS NOT NULL AND taken_at = OLD.facts_at) THEN
      RAISE EXCEPTION 'billing_monthclose: the seal is lifted by a person with a reason first' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
    row.prepared_at := NEW.prepared_at;
    row.prepared_by_id := NEW.prepared_by_id;
    row.sealed_at := NEW.sealed_at;
    row.sealed_by_id := NEW.sealed_by_id;
    row.facts_at := NEW.facts_at;
    row.single_person_reason := NEW.single_person_reason;
  WHEN 'sealed to sent' THEN
    IF NOT EXISTS (SELECT FROM billing_submission WHERE close_id = OLD.id AND delivered_at IS NOT NULL) THEN
      RAISE EXCEPTION 'billing_monthclose: no claim of this month was sent' USING ERRCODE = 'P0001';
    END IF;
    row.state := NEW.state;
  ELSE
    IF NEW.state <> OLD.state THEN
      RAISE EXCEPTION 'billing_monthclose: % never becomes %', OLD.state, NEW.state USING ERRCODE = 'P0001';
    END IF;
  END CASE;
  IF row IS DISTINCT FROM NEW THEN
    RAISE EXCEPTION 'billing_monthclose: a month that is prepared, sealed or sent keeps its values' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION billing_submission_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_submission%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_submission is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.downloaded_at IS NOT NULL AND NEW.downloaded_at IS DISTINCT FROM OLD.downloaded_at THEN
    RAISE EXCEPTION 'billing_submission.downloaded_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS DISTINCT FROM OLD.delivered_at THEN
    RAISE EXCEPTION 'billing_submission.delivered_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at THEN
    RAISE EXCEPTION 'billing_submission.withdrawn_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.downloaded_at := OLD.downloaded_at;
  NEW_ROW.delivered_at := OLD.delivered_at;
  NEW_ROW.withdrawn_at := OLD.withdrawn_at;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_submission is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_submission_append_only BEFORE UPDATE OR DELETE ON billing_submission
  FOR EACH ROW
  EXECUTE FUNCTION billing_submission_append_only();
CREATE TRIGGER billing_submission_no_truncate BEFORE TRUNCATE ON billing_submission
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_submission_append_only();
CREATE OR REPLACE FUNCTION billing_submissionevent_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_submissionevent%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_submissionevent is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_submissionevent is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_submissionevent_append_only BEFORE UPDATE OR DELETE ON billing_submissionevent
  FOR EACH ROW
  EXECUTE FUNCTION billing_submissionevent_append_only();
CREATE TRIGGER billing_submissionevent_no_truncate BEFORE TRUNCATE ON billing_submissionevent
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_submissionevent_append_only();
CREATE OR REPLACE FUNCTION billing_claimversion_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimversion%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimversion is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.content := OLD.content;
  NEW_ROW.state := OLD.state;
  NEW_ROW.open_lines := OLD.open_lines;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimversion is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimversion_append_only BEFORE UPDATE OR DELETE ON billing_claimversion
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimversion_append_only();
CREATE TRIGGER billing_claimversion_no_truncate BEFORE TRUNCATE ON billing_claimversion
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimversion_append_only();
CREATE OR REPLACE FUNCTION billing_claimcopy_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimcopy%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimcopy is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimcopy is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimcopy_append_only BEFORE UPDATE OR DELETE ON billing_claimcopy
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimcopy_append_only();
CREATE TRIGGER billing_claimcopy_no_truncate BEFORE TRUNCATE ON billing_claimcopy
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimcopy_append_only();
CREATE OR REPLACE FUNCTION billing_copiedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_copiedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_copiedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_copiedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_copiedclaim_append_only BEFORE UPDATE OR DELETE ON billing_copiedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_copiedclaim_append_only();
CREATE TRIGGER billing_copiedclaim_no_truncate BEFORE TRUNCATE ON billing_copiedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_copiedclaim_append_only();
CREATE OR REPLACE FUNCTION billing_answerfile_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answerfile%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answerfile is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  NEW_ROW.body := OLD.body;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answerfile is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answerfile_append_only BEFORE UPDATE OR DELETE ON billing_answerfile
  FOR EACH ROW
  EXECUTE FUNCTION billing_answerfile_append_only();
CREATE TRIGGER billing_answerfile_no_truncate BEFORE TRUNCATE ON billing_answerfile
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answerfile_append_only();
CREATE OR REPLACE FUNCTION billing_answertransaction_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_answertransaction%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_answertransaction is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.posted_at IS NOT NULL AND NEW.posted_at IS DISTINCT FROM OLD.posted_at THEN
    RAISE EXCEPTION 'billing_answertransaction.posted_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.posted_by_id IS NOT NULL AND NEW.posted_by_id IS DISTINCT FROM OLD.posted_by_id THEN
    RAISE EXCEPTION 'billing_answertransaction.posted_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.post_reason IS NOT NULL AND NEW.post_reason IS DISTINCT FROM OLD.post_reason THEN
    RAISE EXCEPTION 'billing_answertransaction.post_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.posted_at := OLD.posted_at;
  NEW_ROW.posted_by_id := OLD.posted_by_id;
  NEW_ROW.post_reason := OLD.post_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_answertransaction is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_answertransaction_append_only BEFORE UPDATE OR DELETE ON billing_answertransaction
  FOR EACH ROW
  EXECUTE FUNCTION billing_answertransaction_append_only();
CREATE TRIGGER billing_answertransaction_no_truncate BEFORE TRUNCATE ON billing_answertransaction
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_answertransaction_append_only();
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
  IF OLD.submission_id IS NOT NULL AND NEW.submission_id IS DISTINCT FROM OLD.submission_id THEN
    RAISE EXCEPTION 'billing_exportrun.submission_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.copy_id IS NOT NULL AND NEW.copy_id IS DISTINCT FROM OLD.copy_id THEN
    RAISE EXCEPTION 'billing_exportrun.copy_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.done_at := OLD.done_at;
  NEW_ROW.submission_id := OLD.submission_id;
  NEW_ROW.copy_id := OLD.copy_id;
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
CREATE OR REPLACE FUNCTION billing_ledgerentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_ledgerentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_ledgerentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_ledgerentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_ledgerentry_append_only BEFORE UPDATE OR DELETE ON billing_ledgerentry
  FOR EACH ROW
  EXECUTE FUNCTION billing_ledgerentry_append_only();
CREATE TRIGGER billing_ledgerentry_no_truncate BEFORE TRUNCATE ON billing_ledgerentry
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_ledgerentry_append_only();
CREATE OR REPLACE FUNCTION billing_payercheck_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_payercheck%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_payercheck is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_payercheck is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_payercheck_append_only BEFORE UPDATE OR DELETE ON billing_payercheck
  FOR EACH ROW
  EXECUTE FUNCTION billing_payercheck_append_only();
CREATE TRIGGER billing_payercheck_no_truncate BEFORE TRUNCATE ON billing_payercheck
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_payercheck_append_only();
CREATE OR REPLACE FUNCTION billing_foreignclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_foreignclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_foreignclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_foreignclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_foreignclaim_append_only BEFORE UPDATE OR DELETE ON billing_foreignclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_foreignclaim_append_only();
CREATE TRIGGER billing_foreignclaim_no_truncate BEFORE TRUNCATE ON billing_foreignclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_foreignclaim_append_only();
CREATE OR REPLACE FUNCTION billing_provideradjustment_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_provideradjustment%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_provideradjustment is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_provideradjustment is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_provideradjustment_append_only BEFORE UPDATE OR DELETE ON billing_provideradjustment
  FOR EACH ROW
  EXECUTE FUNCTION billing_provideradjustment_append_only();
CREATE TRIGGER billing_provideradjustment_no_truncate BEFORE TRUNCATE ON billing_provideradjustment
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_provideradjustment_append_only();
CREATE OR REPLACE FUNCTION billing_deposit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_deposit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_deposit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.check_row_id IS NOT NULL AND NEW.check_row_id IS DISTINCT FROM OLD.check_row_id THEN
    RAISE EXCEPTION 'billing_deposit.check_row_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.matched_at IS NOT NULL AND NEW.matched_at IS DISTINCT FROM OLD.matched_at THEN
    RAISE EXCEPTION 'billing_deposit.matched_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.matched_by_id IS NOT NULL AND NEW.matched_by_id IS DISTINCT FROM OLD.matched_by_id THEN
    RAISE EXCEPTION 'billing_deposit.matched_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.check_row_id := OLD.check_row_id;
  NEW_ROW.matched_at := OLD.matched_at;
  NEW_ROW.matched_by_id := OLD.matched_by_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_deposit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_deposit_append_only BEFORE UPDATE OR DELETE ON billing_deposit
  FOR EACH ROW
  EXECUTE FUNCTION billing_deposit_append_only();
CREATE TRIGGER billing_deposit_no_truncate BEFORE TRUNCATE ON billing_deposit
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_deposit_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_display_units"),
        ("billing", "0004_rule_years"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(DROPPED, migrations.RunSQL.noop),
        migrations.DeleteModel(
            name="DenialStep",
        ),
        migrations.DeleteModel(
            name="Answer",
        ),
        migrations.DeleteModel(
            name="Remittance",
        ),
        migrations.DeleteModel(
            name="ExportRun",
        ),
        migrations.DeleteModel(
            name="SentClaim",
        ),
        migrations.DeleteModel(
            name="Export",
        ),
        migrations.RemoveField(
            model_name="claimsetup",
            name="test",
        ),
        migrations.RemoveField(
            model_name="historicalclaimsetup",
            name="test",
        ),
        migrations.CreateModel(
            name="AnswerFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("body", models.TextField()),
                (
                    "source",
                    models.CharField(
                        choices=[("upload", "upload"), ("command", "command")], default="upload", max_length=7
                    ),
                ),
                ("posted_at", models.DateTimeField()),
                (
                    "posted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "ordering": ["-posted_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="AnswerTransaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("place", models.PositiveIntegerField(help_text="From 1, in the file.")),
                ("kind", models.CharField(max_length=40)),
                ("interchange", models.CharField(blank=True, max_length=9, verbose_name="ISA13")),
                ("sender", models.CharField(blank=True, max_length=15, verbose_name="ISA06")),
                ("sent_at", models.CharField(blank=True, max_length=10, verbose_name="ISA09 and ISA10")),
                ("on", models.DateField(help_text="The payer's own date.", null=True)),
                ("trace", models.CharField(blank=True, max_length=50)),
                ("payer_id", models.CharField(blank=True, max_length=30)),
                ("payer", models.CharField(blank=True, max_length=60)),
                ("payee", models.CharField(blank=True, max_length=80)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("posted", "posted"),
                            ("held", "held"),
                            ("refused", "refused"),
                            ("not_ours", "not ours"),
                            ("again", "posted before"),
                            ("trial", "trial, no effect"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "reasons",
                    models.JSONField(default=list, help_text="Sentences: why it was held or refused, and findings."),
                ),
                ("key", models.CharField(help_text="The transaction's identity; posted once.", max_length=160)),
                ("posted_at", models.DateTimeField(null=True)),
                ("post_reason", models.CharField(help_text="Why a held one was posted.", max_length=300, null=True)),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="billing.answerfile",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
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
            ],
            options={
                "ordering": ["file", "place"],
            },
        ),
        migrations.CreateModel(
            name="Answer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "is_line",
                    models.BooleanField(default=False, help_text="About one line, even if it could not be matched."),
                ),
                ("level", models.PositiveSmallIntegerField(choices=[(1, "TA1"), (2, "999"), (3, "277CA"), (4, "835")])),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("written", "written, not delivered"),
                            ("withdrawn", "withdrawn"),
                            ("sent", "sent"),
                            ("file_read", "delivered"),
                            ("file_rejected", "rejected with its file"),
                            ("file_accepted", "file accepted"),
                            ("forwarded", "forwarded"),
                            ("received", "received, not yet accepted"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("not_found", "rejected: not found"),
                            ("processed", "processed, no payment"),
                            ("paid", "paid"),
                            ("part_denied", "paid, in part denied"),
                            ("denied", "denied"),
                            ("unprocessable", "unprocessable"),
                            ("not_recognized", "patient not recognized"),
                            ("reversed", "reversed"),
                            ("other_payer", "with another payer"),
                            ("information", "information only"),
                        ],
                        max_length=14,
                    ),
                ),
                ("on", models.DateField(help_text="The payer's own date.")),
                (
                    "order",
                    models.CharField(
                        help_text="ISA date, time and number, and place: the order of one day.", max_length=40
                    ),
                ),
                ("code", models.CharField(blank=True, help_text="CLP02, or the procedure of a line.", max_length=30)),
                ("charge", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("allowed", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("payer_rank", models.CharField(default="P", max_length=1)),
                (
                    "payer_control",
                    models.CharField(blank=True, max_length=50, verbose_name="payer's number of the claim"),
                ),
                ("reasons", models.JSONField(default=list, help_text="Adjustments and remarks.")),
                (
                    "codes",
                    models.JSONField(default=list, help_text="Status codes of a 277CA, 999 or TA1, as received."),
                ),
                ("matched_by", models.CharField(blank=True, max_length=40)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("key", models.CharField(help_text="The same answer is stored once.", max_length=200)),
                ("answered_at", models.DateTimeField()),
                (
                    "answered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="billing.claimline",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="billing.answer",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="billing.answertransaction",
                    ),
                ),
            ],
            options={
                "ordering": ["answered_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ClaimCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("number", models.PositiveIntegerField(help_text="From the one counter of the practice's files.")),
                (
                    "shape",
                    models.CharField(
                        choices=[
                            ("837p", "837P"),
                            ("paper", "Paper forms to mail"),
                            ("trial", "Trial 837P"),
                            ("1500", "CMS-1500 preview"),
                            ("csv", "CSV"),
                            ("fhir", "FHIR Claim"),
                        ],
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                ("body", models.TextField()),
                ("claims", models.PositiveIntegerField()),
                ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                (
                    "close",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="copies", to="billing.monthclose"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="ClaimVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("number", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "first"),
                            ("again", "sent again, word for word"),
                            ("corrected", "corrected, as a new claim"),
                            ("replacement", "replacement"),
                            ("void", "void"),
                            ("secondary", "to a later payer"),
                        ],
                        default="first",
                        max_length=11,
                    ),
                ),
                (
                    "payer_rank",
                    models.CharField(
                        default="P", help_text="P, S or T: primary, secondary, tertiary payer.", max_length=1
                    ),
                ),
                (
                    "transaction_number",
                    models.CharField(blank=True, max_length=9, verbose_name="ST02 of its transaction"),
                ),
                (
                    "frequency",
                    models.CharField(choices=[("1", "new"), ("7", "replacement"), ("8", "void")], max_length=1),
                ),
                ("control", models.CharField(max_length=20, unique=True, verbose_name="CLM01")),
                (
                    "original",
                    models.CharField(blank=True, max_length=50, verbose_name="payer's number that it names (REF*F8)"),
                ),
                ("lines", models.PositiveSmallIntegerField(help_text="How many lines it bills.")),
                ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                ("content", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("written", "written, not delivered"),
                            ("withdrawn", "withdrawn"),
                            ("sent", "sent"),
                            ("file_read", "delivered"),
                            ("file_rejected", "rejected with its file"),
                            ("file_accepted", "file accepted"),
                            ("forwarded", "forwarded"),
                            ("received", "received, not yet accepted"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("not_found", "rejected: not found"),
                            ("processed", "processed, no payment"),
                            ("paid", "paid"),
                            ("part_denied", "paid, in part denied"),
                            ("denied", "denied"),
                            ("unprocessable", "unprocessable"),
                            ("not_recognized", "patient not recognized"),
                            ("reversed", "reversed"),
                            ("other_payer", "with another payer"),
                            ("information", "information only"),
                        ],
                        default="written",
                        max_length=14,
                    ),
                ),
                (
                    "open_lines",
                    models.PositiveSmallIntegerField(default=0, help_text="Lines without an answer, once one has one."),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="billing.claim"
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decides",
                        to="billing.answer",
                    ),
                ),
                (
                    "opened_by",
                    models.ForeignKey(
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
                    "previous",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.claimversion",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddField(
            model_name="answer",
            name="version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="billing.claimversion",
            ),
        ),
        migrations.CreateModel(
            name="CopiedClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("control", models.CharField(max_length=20)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="billing.claim"
                    ),
                ),
                (
                    "copy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="copied", to="billing.claimcopy"
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
            name="DenialStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("looked", "looked into"),
                            ("appealed", "appealed"),
                            ("corrected", "corrected, or paid after all"),
                            ("written_off", "written off"),
                        ],
                        max_length=11,
                    ),
                ),
                ("note", models.CharField(max_length=300)),
                ("taken_at", models.DateTimeField()),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="billing.answer"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="denial_steps",
                        to="billing.claimline",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="billing.claimversion"
                    ),
                ),
            ],
            options={
                "ordering": ["taken_at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ForeignClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("control", models.CharField(max_length=50)),
                ("status", models.CharField(blank=True, max_length=20)),
                ("charge", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("paid", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
                ("payer_control", models.CharField(blank=True, max_length=50)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="foreign_claims",
                        to="billing.answertransaction",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("payer_rank", models.CharField(default="P", max_length=1)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("charge", "charge"),
                            ("transfer", "transferred to a later payer"),
                            ("payment", "payment"),
                            ("contractual", "contractual reduction"),
                            ("sequestration", "sequestration"),
                            ("patient", "patient share"),
                            ("other_payer", "paid or adjusted by another payer"),
                            ("information", "informational adjustment"),
                            ("refusal", "refused"),
                            ("unexplained", "unexplained difference"),
                            ("refund", "refund"),
                            ("write_off", "written off"),
                        ],
                        max_length=13,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("group", models.CharField(blank=True, max_length=2)),
                ("reason", models.CharField(blank=True, max_length=10)),
                (
                    "on",
                    models.DateField(
                        help_text="The day it takes effect: the payer's own date, or the day of delivery."
                    ),
                ),
                ("posted_at", models.DateTimeField()),
                (
                    "answer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="billing.answer",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="billing.claim"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="billing.claimline",
                    ),
                ),
                (
                    "posted_by",
                    models.ForeignKey(
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
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="billing.claimversion"
                    ),
                ),
            ],
            options={
                "ordering": ["on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="LineBalance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("payer_rank", models.CharField(default="P", max_length=1)),
                ("charge", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("paid", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("contractual", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("sequestration", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("patient", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("other_payer", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("other", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("refused", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("written_off", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                ("open", models.DecimalField(decimal_places=2, default=0, max_digits=16)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("written", "written, not delivered"),
                            ("withdrawn", "withdrawn"),
                            ("sent", "sent"),
                            ("file_read", "delivered"),
                            ("file_rejected", "rejected with its file"),
                            ("file_accepted", "file accepted"),
                            ("forwarded", "forwarded"),
                            ("received", "received, not yet accepted"),
                            ("accepted", "accepted"),
                            ("rejected", "rejected"),
                            ("not_found", "rejected: not found"),
                            ("processed", "processed, no payment"),
                            ("paid", "paid"),
                            ("part_denied", "paid, in part denied"),
                            ("denied", "denied"),
                            ("unprocessable", "unprocessable"),
                            ("not_recognized", "patient not recognized"),
                            ("reversed", "reversed"),
                            ("other_payer", "with another payer"),
                            ("information", "information only"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "answer",
                    models.ForeignKey(
                        help_text="It decided the outcome.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decides_lines",
                        to="billing.answer",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="balances", to="billing.claim"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="billing.claimline",
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
            name="PayerCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("payer", models.CharField(max_length=60)),
                ("payer_id", models.CharField(max_length=30)),
                ("trace", models.CharField(max_length=50)),
                ("paid_on", models.DateField()),
                ("method", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=16)),
                ("ours", models.DecimalField(decimal_places=2, max_digits=16)),
                ("foreign", models.DecimalField(decimal_places=2, max_digits=16)),
                ("adjusted", models.DecimalField(decimal_places=2, max_digits=16)),
                ("unexplained", models.DecimalField(decimal_places=2, max_digits=16)),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="check_row",
                        to="billing.answertransaction",
                    ),
                ),
            ],
            options={
                "ordering": ["-paid_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Deposit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("text", models.CharField(blank=True, max_length=200)),
                ("matched_at", models.DateTimeField(null=True)),
                ("entered_at", models.DateTimeField()),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "matched_by",
                    models.ForeignKey(
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
                    "check_row",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deposits",
                        to="billing.payercheck",
                    ),
                ),
            ],
            options={
                "ordering": ["-on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ProviderAdjustment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=2)),
                ("reference", models.CharField(blank=True, max_length=60)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("note", models.CharField(blank=True, max_length=100)),
                (
                    "check_row",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="adjustments", to="billing.payercheck"
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.claimversion",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Submission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("number", models.PositiveIntegerField(help_text="From the one counter of the practice's files.")),
                (
                    "form",
                    models.CharField(
                        choices=[("837p", "837P"), ("paper", "paper forms"), ("reported", "filed elsewhere, reported")],
                        max_length=8,
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("sha256", models.CharField(max_length=64)),
                ("body", models.TextField()),
                ("claims", models.PositiveIntegerField()),
                ("lines", models.PositiveIntegerField()),
                ("total", models.DecimalField(decimal_places=2, max_digits=12)),
                ("interchange", models.CharField(blank=True, max_length=9, verbose_name="ISA13")),
                ("interchange_date", models.CharField(blank=True, max_length=6, verbose_name="ISA09")),
                ("interchange_time", models.CharField(blank=True, max_length=4, verbose_name="ISA10")),
                ("group", models.CharField(blank=True, max_length=9, verbose_name="GS06")),
                ("batch", models.CharField(blank=True, max_length=50, verbose_name="BHT03")),
                ("downloaded_at", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                (
                    "close",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="submissions", to="billing.monthclose"
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "ordering": ["-number"],
            },
        ),
        migrations.CreateModel(
            name="ExportRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "shape",
                    models.CharField(
                        choices=[
                            ("837p", "837P"),
                            ("paper", "Paper forms to mail"),
                            ("trial", "Trial 837P"),
                            ("1500", "CMS-1500 preview"),
                            ("csv", "CSV"),
                            ("fhir", "FHIR Claim"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "chosen",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=12),
                        help_text="The claims, by their public ids.",
                        size=None,
                    ),
                ),
                ("again", models.BooleanField(default=False, help_text="Also send claims that were sent already.")),
                ("asked_at", models.DateTimeField()),
                ("signaled_at", models.DateTimeField(help_text="When the worker was last signaled.")),
                ("done_at", models.DateTimeField(null=True)),
                ("message", models.CharField(blank=True, help_text="Why there is no file.", max_length=400)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.membership",
                    ),
                ),
                (
                    "close",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="export_runs",
                        to="billing.monthclose",
                    ),
                ),
                (
                    "copy",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.claimcopy",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.practice",
                    ),
                ),
                (
                    "submission",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.submission",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="claimversion",
            name="submission",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="billing.submission"
            ),
        ),
        migrations.AddField(
            model_name="answer",
            name="submission",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="billing.submission"
            ),
        ),
        migrations.CreateModel(
            name="SubmissionEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded, as reported"),
                            ("mailed", "mailed, as reported"),
                            ("reported", "filed elsewhere, as reported"),
                            ("acknowledged", "answered by the receiver"),
                            ("downloaded", "downloaded"),
                            ("not_uploaded", "not uploaded, as stated"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
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
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="billing.submission"
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="answerfile",
            constraint=models.UniqueConstraint(fields=("practice", "sha256"), name="answerfile_once"),
        ),
        migrations.AddIndex(
            model_name="answertransaction",
            index=models.Index(fields=["practice", "verdict"], name="answertransaction_by_verdict"),
        ),
        migrations.AddConstraint(
            model_name="answertransaction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("posted_at__isnull", False)),
                fields=("practice", "key"),
                name="answertransaction_posted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcopy",
            constraint=models.UniqueConstraint(fields=("practice", "number"), name="claimcopy_numbered_in_practice"),
        ),
        migrations.AddIndex(
            model_name="copiedclaim",
            index=models.Index(fields=["practice", "control"], name="copiedclaim_by_control"),
        ),
        migrations.AddConstraint(
            model_name="copiedclaim",
            constraint=models.UniqueConstraint(fields=("copy", "claim"), name="copiedclaim_once"),
        ),
        migrations.AddIndex(
            model_name="linebalance",
            index=models.Index(fields=["practice", "outcome"], name="linebalance_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="linebalance",
            constraint=models.UniqueConstraint(
                fields=("claim", "line", "payer_rank"), name="linebalance_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="payercheck",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="payercheck_is_no_debt"),
        ),
        migrations.AddConstraint(
            model_name="deposit",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="deposit_is_an_amount"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.UniqueConstraint(fields=("practice", "number"), name="submission_numbered_in_practice"),
        ),
        migrations.AddConstraint(
            model_name="exportrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("done_at__isnull", True)), fields=("close",), name="exportrun_one_waits_a_month"
            ),
        ),
        migrations.AddIndex(
            model_name="claimversion",
            index=models.Index(fields=["practice", "state"], name="claimversion_by_state"),
        ),
        migrations.AddConstraint(
            model_name="claimversion",
            constraint=models.UniqueConstraint(fields=("claim", "number"), name="claimversion_once"),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(fields=["practice", "payer_control"], name="answer_by_payer_control"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.UniqueConstraint(fields=("practice", "key"), name="answer_once"),
        ),
        migrations.AddConstraint(
            model_name="answer",
            constraint=models.CheckConstraint(
                condition=models.Q(("submission__isnull", True), ("version__isnull", True), _connector="XOR"),
                name="answer_of_a_submission_or_a_version",
            ),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
