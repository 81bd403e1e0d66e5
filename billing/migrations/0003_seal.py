"""The seal: triggers that keep the rows of locked months, and tables of their digests."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

OBJECTS = """
DROP TRIGGER billing_claimline_written_once ON billing_claimline;
DROP FUNCTION billing_claimline_written_once();
ALTER TABLE billing_sealdigest ADD CONSTRAINT billing_sealdigest_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE billing_sealdigest ADD CONSTRAINT billing_sealdigest_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_close_id_same_practice
  FOREIGN KEY (practice_id, close_id) REFERENCES billing_monthclose(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE billing_sealedclaim ADD CONSTRAINT billing_sealedclaim_claim_id_same_practice
  FOREIGN KEY (practice_id, claim_id) REFERENCES billing_claim(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
CREATE OR REPLACE FUNCTION billing_locked_state(months bigint[]) RETURNS text LANGUAGE plpgsql AS $$
-- The state of the first of these months that is prepared, sealed or sent, or null. Locks all of them for reading.
DECLARE found text := NULL; one text;
BEGIN
FOR one IN SELECT state FROM billing_monthclose WHERE id = ANY(months) ORDER BY id FOR SHARE LOOP
  IF found IS NULL AND one IN ('prepared', 'sealed', 'sent') THEN found := one; END IF;
END LOOP;
RETURN found;
END $$;
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
    IF EXISTS (SELECT FROM billing_export WHERE close_id = OLD.id) THEN
      RAISE EXCEPTION 'billing_monthclose: a month of which claims were sent is not reopened' USING ERRCODE = 'P0001';
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
    IF NOT EXISTS (SELECT FROM billing_export WHERE close_id = OLD.id) THEN
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
CREATE TRIGGER billing_monthclose_seal BEFORE INSERT OR UPDATE OR DELETE ON billing_monthclose
  FOR EACH ROW
  EXECUTE FUNCTION billing_monthclose_seal();
CREATE OR REPLACE FUNCTION billing_monthclose_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_monthclose: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_monthclose_no_truncate BEFORE TRUNCATE ON billing_monthclose
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_monthclose_no_truncate();
CREATE OR REPLACE FUNCTION timetracking_monthlock_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF EXISTS (SELECT FROM billing_monthclose
             WHERE practice_id = OLD.practice_id AND month = OLD.month AND state IN ('sealed', 'sent')) THEN
    RAISE EXCEPTION 'timetracking_monthlock: the month is sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER timetracking_monthlock_seal BEFORE UPDATE OR DELETE ON timetracking_monthlock
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_monthlock_seal();
CREATE OR REPLACE FUNCTION timetracking_monthlock_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'timetracking_monthlock: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER timetracking_monthlock_no_truncate BEFORE TRUNCATE ON timetracking_monthlock
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_monthlock_no_truncate();
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
  IF OLD.lifted_by_id IS NOT NULL AND NEW.lifted_by_id IS DISTINCT FROM OLD.lifted_by_id THEN
    RAISE EXCEPTION 'billing_monthseal.lifted_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.lift_reason IS NOT NULL AND NEW.lift_reason IS DISTINCT FROM OLD.lift_reason THEN
    RAISE EXCEPTION 'billing_monthseal.lift_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.lifted_at := OLD.lifted_at;
  NEW_ROW.lifted_by_id := OLD.lifted_by_id;
  NEW_ROW.lift_reason := OLD.lift_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_monthseal is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION billing_closechunk_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state(ARRAY[OLD.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: the month is prepared, sealed or sent, and its rows stay' USING ERRCODE = 'P0001';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.close_id <> OLD.close_id AND billing_locked_state(ARRAY[NEW.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: no row is moved to a month that is prepared, sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_closechunk_seal BEFORE UPDATE OR DELETE ON billing_closechunk
  FOR EACH ROW
  EXECUTE FUNCTION billing_closechunk_seal();
CREATE OR REPLACE FUNCTION billing_closechunk_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_closechunk: the month is prepared, sealed or sent, and gets no new rows' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_closechunk_seal_insert AFTER INSERT ON billing_closechunk
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_closechunk_seal_insert();
CREATE OR REPLACE FUNCTION billing_closechunk_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_closechunk: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_closechunk_no_truncate BEFORE TRUNCATE ON billing_closechunk
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_closechunk_no_truncate();
CREATE OR REPLACE FUNCTION billing_attestation_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_attestation: the month is prepared, sealed or sent, and gets no new rows' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_attestation_seal_insert AFTER INSERT ON billing_attestation
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_attestation_seal_insert();
CREATE OR REPLACE FUNCTION billing_keptdecision_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state(ARRAY[OLD.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_keptdecision: the month is prepared, sealed or sent, and its rows stay' USING ERRCODE = 'P0001';
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF NEW.close_id <> OLD.close_id AND billing_locked_state(ARRAY[NEW.close_id]) IS NOT NULL THEN
    RAISE EXCEPTION 'billing_keptdecision: no row is moved to a month that is prepared, sealed or sent' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_keptdecision_seal BEFORE UPDATE OF replaced_in, close_id ON billing_keptdecision
  FOR EACH ROW
  EXECUTE FUNCTION billing_keptdecision_seal();
CREATE OR REPLACE FUNCTION billing_claim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_claim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_claim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claim_append_only BEFORE UPDATE OR DELETE ON billing_claim
  FOR EACH ROW
  EXECUTE FUNCTION billing_claim_append_only();
CREATE TRIGGER billing_claim_no_truncate BEFORE TRUNCATE ON billing_claim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claim_append_only();
CREATE OR REPLACE FUNCTION billing_claim_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows)) = 'prepared' THEN
    RAISE EXCEPTION 'billing_claim: the month is prepared, and gets no new claims' USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_claim_seal_insert AFTER INSERT ON billing_claim
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claim_seal_insert();
CREATE OR REPLACE FUNCTION billing_claimline_seal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state_now text; row billing_claimline%ROWTYPE;
BEGIN
state_now := billing_locked_state(ARRAY[OLD.close_id]);
  IF TG_OP = 'DELETE' THEN
    IF state_now IS NOT NULL THEN
      RAISE EXCEPTION 'billing_claimline: lines of a locked month are not deleted' USING ERRCODE = 'P0001';
    END IF;
    RETURN OLD;
  END IF;
  row := NEW;
  row.state := OLD.state;
  IF NEW.state <> OLD.state THEN
    row.ended_at := OLD.ended_at;
  END IF;
  IF row IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_claimline: the values of a line are written once' USING ERRCODE = 'P0001';
  END IF;
  IF state_now IS NULL OR NEW.state = OLD.state THEN
    RETURN NEW;
  END IF;
  IF state_now = 'prepared' OR OLD.state <> 'approved' OR NEW.state <> 'reversed'
     OR NOT EXISTS (SELECT FROM billing_adjustment a WHERE a.close_id = OLD.close_id AND a.claim_id = OLD.claim_id
                    AND a.taken_back @> jsonb_build_array(jsonb_build_object('line', OLD.public_id))) THEN
    RAISE EXCEPTION 'billing_claimline: a line of a locked month is only reversed, by an adjustment that names it'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_claimline_seal BEFORE UPDATE OR DELETE ON billing_claimline
  FOR EACH ROW
  EXECUTE FUNCTION billing_claimline_seal();
CREATE OR REPLACE FUNCTION billing_claimline_seal_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE state_now text;
BEGIN
IF EXISTS (SELECT FROM new_rows n LEFT JOIN billing_claim c ON c.id = n.claim_id
             WHERE c.close_id IS DISTINCT FROM n.close_id) THEN
    RAISE EXCEPTION 'billing_claimline: a line and its claim belong to the same month' USING ERRCODE = 'P0001';
  END IF;
  state_now := billing_locked_state((SELECT array_agg(DISTINCT close_id) FROM new_rows));
  IF state_now IS NULL THEN
    RETURN NULL;
  END IF;
  IF EXISTS (
    SELECT FROM new_rows n JOIN billing_monthclose m ON m.id = n.close_id
    LEFT JOIN billing_adjustment a ON a.id = n.adjustment_id AND a.close_id = n.close_id AND a.claim_id = n.claim_id
      AND a.put_in @> jsonb_build_array(jsonb_build_object('line', n.public_id))
    WHERE m.state = 'prepared' OR m.state IN ('sealed', 'sent') AND (a.id IS NULL OR n.state <> 'approved')) THEN
    RAISE EXCEPTION 'billing_claimline: a locked month gets lines only by an adjustment that names them'
      USING ERRCODE = 'P0001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER billing_claimline_seal_insert AFTER INSERT ON billing_claimline
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimline_seal_insert();
CREATE OR REPLACE FUNCTION billing_claimline_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
RAISE EXCEPTION 'billing_claimline: rows of locked months are not deleted' USING ERRCODE = 'P0001';
END $$;
CREATE TRIGGER billing_claimline_no_truncate BEFORE TRUNCATE ON billing_claimline
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_claimline_no_truncate();
CREATE OR REPLACE FUNCTION billing_sealdigest_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_sealdigest%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_sealdigest is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_sealdigest is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_sealdigest_append_only BEFORE UPDATE OR DELETE ON billing_sealdigest
  FOR EACH ROW
  EXECUTE FUNCTION billing_sealdigest_append_only();
CREATE TRIGGER billing_sealdigest_no_truncate BEFORE TRUNCATE ON billing_sealdigest
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_sealdigest_append_only();
CREATE OR REPLACE FUNCTION billing_sealedclaim_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW billing_sealedclaim%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'billing_sealedclaim is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'billing_sealedclaim is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER billing_sealedclaim_append_only BEFORE UPDATE OR DELETE ON billing_sealedclaim
  FOR EACH ROW
  EXECUTE FUNCTION billing_sealedclaim_append_only();
CREATE TRIGGER billing_sealedclaim_no_truncate BEFORE TRUNCATE ON billing_sealedclaim
  FOR EACH STATEMENT
  EXECUTE FUNCTION billing_sealedclaim_append_only();
"""


class Migration(migrations.Migration):
    """Tables, columns, triggers."""

    dependencies = [
        ("accounts", "0003_plain_words"),
        ("billing", "0002_database"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SealDigest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "action",
                    models.CharField(
                        help_text="prepared, returned, sealed, reopened, adjusted, sent, confirmed or renewed",
                        max_length=10,
                    ),
                ),
                ("key_name", models.CharField(help_text="Which of PORTAL_SEAL_KEYS made it.", max_length=8)),
                ("parts", models.JSONField(help_text="The digest of each part of the month, by the part's name.")),
                ("digest", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="SealedClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key_name", models.CharField(help_text="Which of PORTAL_SEAL_KEYS made the digests.", max_length=8)),
                ("row_digests", models.JSONField(help_text="The digest of the claim and of each line, by public ID.")),
                (
                    "value_digests",
                    models.JSONField(help_text="The digest of each group of values that is written to a file."),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="monthseal",
            name="lift_reason",
            field=models.CharField(max_length=300, null=True),
        ),
        migrations.AddField(
            model_name="monthseal",
            name="lifted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="monthseal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lift_reason__isnull", True), ("lifted_at__isnull", True), ("lifted_by__isnull", True)),
                    models.Q(
                        ("lift_reason__isnull", False),
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        ("lift_reason__regex", ".{10}"),
                    ),
                    _connector="OR",
                ),
                name="monthseal_lifted_by_a_person_with_a_reason",
            ),
        ),
        migrations.AddField(
            model_name="sealdigest",
            name="close",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="seal_digests",
                to="billing.monthclose",
            ),
        ),
        migrations.AddField(
            model_name="sealdigest",
            name="practice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.practice",
            ),
        ),
        migrations.AddField(
            model_name="sealedclaim",
            name="claim",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.claim",
            ),
        ),
        migrations.AddField(
            model_name="sealedclaim",
            name="close",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="billing.monthclose",
            ),
        ),
        migrations.AddField(
            model_name="sealedclaim",
            name="practice",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.practice",
            ),
        ),
        migrations.AddIndex(
            model_name="sealdigest",
            index=models.Index(fields=["close", "-id"], name="sealdigest_latest"),
        ),
        migrations.AddIndex(
            model_name="sealedclaim",
            index=models.Index(fields=["close", "claim", "-id"], name="sealedclaim_latest"),
        ),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
