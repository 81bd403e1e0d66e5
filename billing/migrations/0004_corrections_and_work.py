"""Corrections, un-billing, refunds, appeals, hold rules and work items."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEYS = """
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_holdrule ADD CONSTRAINT billing_holdrule_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_worknote ADD CONSTRAINT billing_worknote_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_claimversion ADD CONSTRAINT billing_claimversion_correction_id_same_practice
  FOREIGN KEY (practice_id, correction_id) REFERENCES billing_claimcorrection(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_appeal ADD CONSTRAINT billing_appeal_previous_id_same_practice
  FOREIGN KEY (practice_id, previous_id) REFERENCES billing_appeal(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_claimcorrection ADD CONSTRAINT billing_claimcorrection_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundduty ADD CONSTRAINT billing_refundduty_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_duty_id_same_practice
  FOREIGN KEY (practice_id, duty_id) REFERENCES billing_refundduty(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_offset_id_same_practice
  FOREIGN KEY (practice_id, offset_id) REFERENCES billing_provideradjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_refundproof ADD CONSTRAINT billing_refundproof_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_unbillrequest ADD CONSTRAINT billing_unbillrequest_adjustment_id_same_practice
  FOREIGN KEY (practice_id, adjustment_id) REFERENCES billing_adjustment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_line_id_same_practice
  FOREIGN KEY (practice_id, line_id) REFERENCES billing_claimline(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_version_id_same_practice
  FOREIGN KEY (practice_id, version_id) REFERENCES billing_claimversion(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_answer_id_same_practice
  FOREIGN KEY (practice_id, answer_id) REFERENCES billing_answer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_transaction_id_same_practice
  FOREIGN KEY (practice_id, transaction_id) REFERENCES billing_answertransaction(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_workitem ADD CONSTRAINT billing_workitem_duty_id_same_practice
  FOREIGN KEY (practice_id, duty_id) REFERENCES billing_refundduty(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_worknote ADD CONSTRAINT billing_worknote_item_id_same_practice
  FOREIGN KEY (practice_id, item_id) REFERENCES billing_workitem(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION billing_appeal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_appeal%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_appeal is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.filed_on IS NOT NULL AND NEW.filed_on IS DISTINCT FROM OLD.filed_on THEN
    RAISE EXCEPTION 'billing_appeal.filed_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.filed_how IS NOT NULL AND NEW.filed_how IS DISTINCT FROM OLD.filed_how THEN
    RAISE EXCEPTION 'billing_appeal.filed_how is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.reference IS NOT NULL AND NEW.reference IS DISTINCT FROM OLD.reference THEN
    RAISE EXCEPTION 'billing_appeal.reference is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.filed_by_id IS NOT NULL AND NEW.filed_by_id IS DISTINCT FROM OLD.filed_by_id THEN
    RAISE EXCEPTION 'billing_appeal.filed_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_appeal.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_on IS NOT NULL AND NEW.decided_on IS DISTINCT FROM OLD.decided_on THEN
    RAISE EXCEPTION 'billing_appeal.decided_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_appeal.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_appeal.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.end_note IS NOT NULL AND NEW.end_note IS DISTINCT FROM OLD.end_note THEN
    RAISE EXCEPTION 'billing_appeal.end_note is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.filed_on := OLD.filed_on;
  NEW_ROW.filed_how := OLD.filed_how;
  NEW_ROW.reference := OLD.reference;
  NEW_ROW.filed_by_id := OLD.filed_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.decided_on := OLD.decided_on;
  NEW_ROW.ended_at := OLD.ended_at;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.end_note := OLD.end_note;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_appeal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_appeal_append_only BEFORE UPDATE OR DELETE ON billing_appeal
  FOR EACH ROW
  EXECUTE FUNCTION billing_appeal_append_only();
CREATE TRIGGER billing_appeal_no_truncate BEFORE TRUNCATE ON billing_appeal
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_appeal_append_only();
CREATE OR REPLACE FUNCTION billing_claimcorrection_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claimcorrection%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claimcorrection is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.asked_on IS NOT NULL AND NEW.asked_on IS DISTINCT FROM OLD.asked_on THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.asked_how IS NOT NULL AND NEW.asked_how IS DISTINCT FROM OLD.asked_how THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_how is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.reference IS NOT NULL AND NEW.reference IS DISTINCT FROM OLD.reference THEN
    RAISE EXCEPTION 'billing_claimcorrection.reference is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.asked_by_id IS NOT NULL AND NEW.asked_by_id IS DISTINCT FROM OLD.asked_by_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.asked_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.outcome IS NOT NULL AND NEW.outcome IS DISTINCT FROM OLD.outcome THEN
    RAISE EXCEPTION 'billing_claimcorrection.outcome is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.answer_id IS NOT NULL AND NEW.answer_id IS DISTINCT FROM OLD.answer_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.answer_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_claimcorrection.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_claimcorrection.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.end_note IS NOT NULL AND NEW.end_note IS DISTINCT FROM OLD.end_note THEN
    RAISE EXCEPTION 'billing_claimcorrection.end_note is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.asked_on := OLD.asked_on;
  NEW_ROW.asked_how := OLD.asked_how;
  NEW_ROW.reference := OLD.reference;
  NEW_ROW.asked_by_id := OLD.asked_by_id;
  NEW_ROW.outcome := OLD.outcome;
  NEW_ROW.answer_id := OLD.answer_id;
  NEW_ROW.ended_at := OLD.ended_at;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.end_note := OLD.end_note;
  NEW_ROW.content := OLD.content;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimcorrection is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimcorrection_append_only BEFORE UPDATE OR DELETE ON billing_claimcorrection
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimcorrection_append_only();
CREATE TRIGGER billing_claimcorrection_no_truncate BEFORE TRUNCATE ON billing_claimcorrection
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimcorrection_append_only();
CREATE OR REPLACE FUNCTION billing_holdrule_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_holdrule%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_holdrule is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.ends_on IS NOT NULL AND NEW.ends_on IS DISTINCT FROM OLD.ends_on THEN
    RAISE EXCEPTION 'billing_holdrule.ends_on is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_by_id IS NOT NULL AND NEW.ended_by_id IS DISTINCT FROM OLD.ended_by_id THEN
    RAISE EXCEPTION 'billing_holdrule.ended_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_holdrule.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_holdrule.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_holdrule.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.ends_on := OLD.ends_on;
  NEW_ROW.ended_by_id := OLD.ended_by_id;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_holdrule is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_holdrule_append_only BEFORE UPDATE OR DELETE ON billing_holdrule
  FOR EACH ROW
  EXECUTE FUNCTION billing_holdrule_append_only();
CREATE TRIGGER billing_holdrule_no_truncate BEFORE TRUNCATE ON billing_holdrule
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_holdrule_append_only();
CREATE OR REPLACE FUNCTION billing_refundduty_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_refundduty%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_refundduty is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.investigated_from IS NOT NULL AND NEW.investigated_from IS DISTINCT FROM OLD.investigated_from THEN
    RAISE EXCEPTION 'billing_refundduty.investigated_from is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.investigation_reason IS NOT NULL AND NEW.investigation_reason IS DISTINCT FROM OLD.investigation_reason THEN
    RAISE EXCEPTION 'billing_refundduty.investigation_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.investigated_until IS NOT NULL AND NEW.investigated_until IS DISTINCT FROM OLD.investigated_until THEN
    RAISE EXCEPTION 'billing_refundduty.investigated_until is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'billing_refundduty.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.investigated_from := OLD.investigated_from;
  NEW_ROW.investigation_reason := OLD.investigation_reason;
  NEW_ROW.investigated_until := OLD.investigated_until;
  NEW_ROW.ended_at := OLD.ended_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_refundduty is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_refundduty_append_only BEFORE UPDATE OR DELETE ON billing_refundduty
  FOR EACH ROW
  EXECUTE FUNCTION billing_refundduty_append_only();
CREATE TRIGGER billing_refundduty_no_truncate BEFORE TRUNCATE ON billing_refundduty
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_refundduty_append_only();
CREATE OR REPLACE FUNCTION billing_refundproof_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_refundproof%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_refundproof is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_refundproof is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_refundproof_append_only BEFORE UPDATE OR DELETE ON billing_refundproof
  FOR EACH ROW
  EXECUTE FUNCTION billing_refundproof_append_only();
CREATE TRIGGER billing_refundproof_no_truncate BEFORE TRUNCATE ON billing_refundproof
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_refundproof_append_only();
CREATE OR REPLACE FUNCTION billing_unbillrequest_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_unbillrequest%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_unbillrequest is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.decided_at IS NOT NULL AND NEW.decided_at IS DISTINCT FROM OLD.decided_at THEN
    RAISE EXCEPTION 'billing_unbillrequest.decided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decided_by_id IS NOT NULL AND NEW.decided_by_id IS DISTINCT FROM OLD.decided_by_id THEN
    RAISE EXCEPTION 'billing_unbillrequest.decided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.decision IS NOT NULL AND NEW.decision IS DISTINCT FROM OLD.decision THEN
    RAISE EXCEPTION 'billing_unbillrequest.decision is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.why IS NOT NULL AND NEW.why IS DISTINCT FROM OLD.why THEN
    RAISE EXCEPTION 'billing_unbillrequest.why is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.adjustment_id IS NOT NULL AND NEW.adjustment_id IS DISTINCT FROM OLD.adjustment_id THEN
    RAISE EXCEPTION 'billing_unbillrequest.adjustment_id is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.decided_at := OLD.decided_at;
  NEW_ROW.decided_by_id := OLD.decided_by_id;
  NEW_ROW.decision := OLD.decision;
  NEW_ROW.why := OLD.why;
  NEW_ROW.adjustment_id := OLD.adjustment_id;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_unbillrequest is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_unbillrequest_append_only BEFORE UPDATE OR DELETE ON billing_unbillrequest
  FOR EACH ROW
  EXECUTE FUNCTION billing_unbillrequest_append_only();
CREATE TRIGGER billing_unbillrequest_no_truncate BEFORE TRUNCATE ON billing_unbillrequest
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_unbillrequest_append_only();
CREATE OR REPLACE FUNCTION billing_worknote_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_worknote%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_worknote is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_worknote is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_worknote_append_only BEFORE UPDATE OR DELETE ON billing_worknote
  FOR EACH ROW
  EXECUTE FUNCTION billing_worknote_append_only();
CREATE TRIGGER billing_worknote_no_truncate BEFORE TRUNCATE ON billing_worknote
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_worknote_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_database"),
        ("billing", "0003_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClaimCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "way",
                    models.CharField(
                        choices=[
                            ("new", "new claim (frequency 1)"),
                            ("replacement", "replacement (frequency 7)"),
                            ("void", "void (frequency 8)"),
                            ("reopening", "reopening"),
                        ],
                        max_length=11,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("content", models.TextField()),
                ("due_on", models.DateField(help_text="The last day to ask for a reopening.", null=True)),
                (
                    "good_cause",
                    models.CharField(blank=True, help_text="Why a reopening is asked after one year.", max_length=300),
                ),
                ("opened_at", models.DateTimeField()),
                ("asked_on", models.DateField(null=True)),
                ("asked_how", models.CharField(max_length=100, null=True)),
                ("reference", models.CharField(max_length=60, null=True, verbose_name="the payer's reference number")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("sent", "sent"),
                            ("corrected", "corrected by the payer"),
                            ("refused", "refused by the payer"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=9,
                        null=True,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_note", models.CharField(max_length=300, null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.answer",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="billing.claim"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "opened_by",
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
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="billing.claimversion",
                    ),
                ),
            ],
            options={
                "ordering": ["opened_at", "pk"],
            },
        ),
        migrations.AddField(
            model_name="claimversion",
            name="correction",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sent_as",
                to="billing.claimcorrection",
            ),
        ),
        migrations.CreateModel(
            name="HoldRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "field",
                    models.CharField(
                        choices=[
                            ("payer", "payer"),
                            ("code", "code of a line"),
                            ("modifier", "modifier of a line"),
                            ("diagnosis", "diagnosis"),
                            ("place", "place of service"),
                            ("provider", "NPI of the billing provider"),
                            ("member_id", "member ID"),
                            ("state", "state of the patient's address"),
                            ("charge", "total charge"),
                            ("units", "units of a line"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "operator",
                    models.CharField(
                        choices=[
                            ("is", "is"),
                            ("is_not", "is not"),
                            ("starts", "starts with"),
                            ("over", "is more than"),
                            ("under", "is less than"),
                        ],
                        max_length=6,
                    ),
                ),
                ("value", models.CharField(max_length=60)),
                ("effect", models.CharField(choices=[("hold", "hold the claim"), ("note", "note it")], max_length=4)),
                ("reason", models.CharField(max_length=300)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(null=True)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
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
                "ordering": ["starts_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RefundDuty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("unbilled", "un-billed line"),
                            ("late_facts", "late facts"),
                            ("audit", "mock audit"),
                            ("person", "found by a person"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("payer_amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("patient_amount", models.DecimalField(decimal_places=2, default=0, max_digits=12)),
                ("identified_on", models.DateField()),
                ("opened_at", models.DateTimeField()),
                ("investigated_from", models.DateField(null=True)),
                ("investigation_reason", models.CharField(max_length=300, null=True)),
                ("investigated_until", models.DateField(null=True)),
                ("ended_at", models.DateTimeField(help_text="When the proof added up to what is owed.", null=True)),
                (
                    "claim",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="refund_duties", to="billing.claim"
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refund_duties",
                        to="billing.claimline",
                    ),
                ),
                (
                    "opened_by",
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
                "ordering": ["identified_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RefundProof",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("check", "check or EFT to the payer"),
                            ("offset", "amount taken from a payment (PLB)"),
                            ("reversal", "reversal by the payer"),
                            ("patient", "paid back to the patient"),
                        ],
                        max_length=8,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("on", models.DateField()),
                ("reference", models.CharField(max_length=60)),
                ("recorded_at", models.DateTimeField()),
                (
                    "answer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.answer",
                    ),
                ),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="proofs", to="billing.refundduty"
                    ),
                ),
                (
                    "offset",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.provideradjustment",
                    ),
                ),
                (
                    "practice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.practice"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="UnbillRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("not_furnished", "service not furnished"),
                            ("no_consent", "no consent on file"),
                            ("wrong_patient", "wrong patient"),
                            ("double", "billed twice"),
                            ("other_practice", "billed by another practice"),
                            ("audit", "audit finding"),
                        ],
                        max_length=14,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("asked_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        choices=[("approved", "approved"), ("refused", "refused")], max_length=8, null=True
                    ),
                ),
                ("why", models.CharField(max_length=300, null=True)),
                (
                    "adjustment",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.adjustment",
                    ),
                ),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unbill_requests",
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
            options={
                "ordering": ["-asked_at"],
            },
        ),
        migrations.CreateModel(
            name="WorkItem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                (
                    "queue",
                    models.CharField(
                        choices=[
                            ("rejected", "Rejections"),
                            ("denied", "Denials"),
                            ("unmatched", "Part answered or not matched"),
                            ("no_answer", "No answer"),
                            ("other_payer", "With another payer"),
                            ("underpaid", "Underpaid"),
                            ("filing", "Filing limit near"),
                            ("correction", "Corrections to ask for"),
                            ("refund", "Refunds"),
                            ("held", "Held payments"),
                        ],
                        max_length=11,
                    ),
                ),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("due_on", models.DateField()),
                ("opened_at", models.DateTimeField()),
                ("snoozed_until", models.DateField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=300)),
                (
                    "answer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.answer",
                    ),
                ),
                (
                    "claim",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="work", to="billing.claim"
                    ),
                ),
                (
                    "duty",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.refundduty",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        help_text="Empty: it ended by rule.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.claimline",
                    ),
                ),
                (
                    "owner",
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
                (
                    "transaction",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.answertransaction",
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
                "ordering": ["due_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="WorkNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "item",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="billing.workitem"
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
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(editable=False, max_length=12, unique=True)),
                ("level", models.CharField(max_length=20)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=12)),
                ("argument", models.CharField(max_length=2000)),
                ("due_on", models.DateField(help_text="The day to file by.")),
                ("last_day", models.DateField(help_text="The last day, with the presumed days of receipt.")),
                ("opened_at", models.DateTimeField()),
                ("filed_on", models.DateField(null=True)),
                ("filed_how", models.CharField(max_length=100, null=True)),
                ("reference", models.CharField(max_length=60, null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("favorable", "favorable"),
                            ("partly", "partly favorable"),
                            ("unfavorable", "unfavorable"),
                            ("dismissed", "dismissed"),
                            ("withdrawn", "withdrawn"),
                        ],
                        max_length=11,
                        null=True,
                    ),
                ),
                ("decided_on", models.DateField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_note", models.CharField(max_length=300, null=True)),
                (
                    "answer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="billing.answer"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "filed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.claimline",
                    ),
                ),
                (
                    "opened_by",
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
                (
                    "previous",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="billing.appeal",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="appeals", to="billing.claimversion"
                    ),
                ),
            ],
            options={
                "ordering": ["opened_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "line", "answer", "level"), name="appeal_once_a_level", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("outcome__isnull", True)),
                            models.Q(("ended_at__isnull", False), ("outcome", "withdrawn")),
                            models.Q(
                                ("decided_on__isnull", False),
                                ("ended_at__isnull", False),
                                ("filed_on__isnull", False),
                                ("outcome__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="appeal_decided_after_it_was_filed",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="claimcorrection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("claim",), name="claimcorrection_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_by__isnull", True), ("outcome__isnull", True)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False), ("outcome__isnull", False)),
                    _connector="OR",
                ),
                name="claimcorrection_ended_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("asked_by__isnull", True), ("asked_how__isnull", True), ("asked_on__isnull", True)),
                    models.Q(("asked_by__isnull", False), ("asked_how__isnull", False), ("asked_on__isnull", False)),
                    _connector="OR",
                ),
                name="claimcorrection_asked_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="claimcorrection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "corrected"), _negated=True),
                    models.Q(("answer__isnull", False), ("asked_on__isnull", False)),
                    _connector="OR",
                ),
                name="claimcorrection_corrected_by_an_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="holdrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decision__isnull", True),
                    models.Q(("decision", "approved"), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("asked_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="holdrule_approved_by_a_second_person",
            ),
        ),
        migrations.AddIndex(
            model_name="refundduty",
            index=models.Index(fields=["practice", "ended_at"], name="refundduty_open"),
        ),
        migrations.AddConstraint(
            model_name="refundduty",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("claim", "line"),
                name="refundduty_one_open_a_line",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="refundduty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("patient_amount__gte", 0),
                    ("payer_amount__gte", 0),
                    models.Q(("payer_amount__gt", 0), ("patient_amount__gt", 0), _connector="OR"),
                ),
                name="refundduty_has_amounts",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundduty",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("investigated_from__isnull", True), ("investigated_until__isnull", True)),
                    models.Q(("investigated_from__isnull", False), ("investigation_reason__isnull", False)),
                    _connector="OR",
                ),
                name="refundduty_investigated_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundproof",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="refundproof_is_an_amount"),
        ),
        migrations.AddConstraint(
            model_name="refundproof",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer__isnull", True), ("kind", "offset"), ("offset__isnull", False)),
                    models.Q(("answer__isnull", False), ("kind", "reversal"), ("offset__isnull", True)),
                    models.Q(("answer__isnull", True), ("kind__in", ["check", "patient"]), ("offset__isnull", True)),
                    _connector="OR",
                ),
                name="refundproof_names_its_row",
            ),
        ),
        migrations.AddConstraint(
            model_name="refundproof",
            constraint=models.UniqueConstraint(fields=("duty", "kind", "reference"), name="refundproof_once"),
        ),
        migrations.AddConstraint(
            model_name="unbillrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at__isnull", True)), fields=("line",), name="unbillrequest_one_open_a_line"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbillrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decision__isnull", True),
                    models.Q(("decision", "approved"), _negated=True),
                    models.Q(
                        ("adjustment__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("decided_by", models.F("asked_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="unbillrequest_approved_by_a_second_person",
            ),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)), fields=["practice", "due_on"], name="workitem_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.UniqueConstraint(
                fields=("practice", "queue", "claim", "line", "version", "answer", "transaction", "duty"),
                name="workitem_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_by__isnull", True),
                    models.Q(("ended_at__isnull", False), models.Q(("end_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="workitem_ended_by_a_person_with_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("claim__isnull", False), ("transaction__isnull", False), _connector="XOR"),
                name="workitem_is_about_a_claim_or_a_payment",
            ),
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
