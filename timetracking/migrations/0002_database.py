"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE timetracking_activityname ADD CONSTRAINT timetracking_activityname_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timeentry ADD CONSTRAINT timetracking_timeentry_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_call ADD CONSTRAINT timetracking_call_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_calladdendum ADD CONSTRAINT timetracking_calladdendum_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_calltemplate ADD CONSTRAINT timetracking_calltemplate_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_visit ADD CONSTRAINT timetracking_visit_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_monthtotal ADD CONSTRAINT timetracking_monthtotal_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_daysignature ADD CONSTRAINT timetracking_daysignature_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_monthlock ADD CONSTRAINT timetracking_monthlock_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_startpolicy ADD CONSTRAINT timetracking_startpolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timepolicy ADD CONSTRAINT timetracking_timepolicy_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timeapproval ADD CONSTRAINT timetracking_timeapproval_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE timetracking_timeentry ADD CONSTRAINT timetracking_timeentry_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_timeentry ADD CONSTRAINT timetracking_timeentry_replaces_id_same_practice
  FOREIGN KEY (practice_id, replaces_id) REFERENCES timetracking_timeentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_call ADD CONSTRAINT timetracking_call_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_call ADD CONSTRAINT timetracking_call_time_entry_id_same_practice
  FOREIGN KEY (practice_id, time_entry_id) REFERENCES timetracking_timeentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_calladdendum ADD CONSTRAINT timetracking_calladdendum_call_id_same_practice
  FOREIGN KEY (practice_id, call_id) REFERENCES timetracking_call(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_visit ADD CONSTRAINT timetracking_visit_patient_id_same_practice
  FOREIGN KEY (practice_id, patient_id) REFERENCES enrollment_patient(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_monthtotal ADD CONSTRAINT timetracking_monthtotal_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE timetracking_timeapproval ADD CONSTRAINT timetracking_timeapproval_entry_id_same_practice
  FOREIGN KEY (practice_id, entry_id) REFERENCES timetracking_timeentry(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION timetracking_timeentry_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_timeentry%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_timeentry is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.stopped_at IS NOT NULL AND NEW.stopped_at IS DISTINCT FROM OLD.stopped_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.stopped_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'timetracking_timeentry.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'timetracking_timeentry.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.auto_closed_at IS NOT NULL AND NEW.auto_closed_at IS DISTINCT FROM OLD.auto_closed_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.auto_closed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at THEN
    RAISE EXCEPTION 'timetracking_timeentry.confirmed_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.stopped_at := OLD.stopped_at;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.auto_closed_at := OLD.auto_closed_at;
  NEW_ROW.confirmed_at := OLD.confirmed_at;
  NEW_ROW.seen_at := OLD.seen_at;
  NEW_ROW.input_at := OLD.input_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_timeentry is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeentry_append_only BEFORE UPDATE OR DELETE ON timetracking_timeentry
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeentry_append_only();
CREATE TRIGGER timetracking_timeentry_no_truncate BEFORE TRUNCATE ON timetracking_timeentry
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_timeentry_append_only();
CREATE OR REPLACE FUNCTION timetracking_timeentry_month_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched tstzrange;
BEGIN
PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  touched := CASE WHEN NEW.stopped_at > NEW.started_at THEN tstzrange(NEW.started_at, NEW.stopped_at)
                  ELSE tstzrange(NEW.started_at, NEW.started_at, '[]') END;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id
      AND touched && tstzrange(l.month::timestamp AT TIME ZONE l.zone,
                               (l.month + interval '1 month')::timestamp AT TIME ZONE l.zone)
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeentry_month_open BEFORE INSERT OR UPDATE OF started_at, stopped_at, voided_at ON timetracking_timeentry
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeentry_month_open();
CREATE OR REPLACE FUNCTION timetracking_timeentry_one_program() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE owner bigint;
BEGIN
IF NEW.voided_at IS NOT NULL OR NEW.activity IN ('admin', 'setup', 'support') THEN
    RETURN NEW;
  END IF;
  SELECT patient_id INTO owner FROM enrollment_enrollment WHERE id = NEW.enrollment_id;
  PERFORM 1 FROM enrollment_patient WHERE id = owner FOR NO KEY UPDATE;
  IF NEW.joint_reason <> '' AND EXISTS (
    SELECT 1 FROM timetracking_timepolicy p WHERE p.practice_id = NEW.practice_id AND p.joint_work) THEN
    RETURN NEW;
  END IF;
  IF NEW.joint_reason <> '' OR EXISTS (
    SELECT 1 FROM enrollment_enrollment e JOIN timetracking_timeentry t ON t.enrollment_id = e.id
    WHERE e.patient_id = owner AND e.id <> NEW.enrollment_id AND t.voided_at IS NULL
      AND t.activity NOT IN ('admin', 'setup', 'support')
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(NEW.started_at, NEW.stopped_at)) THEN
    RAISE EXCEPTION 'a minute of a patient is counted for one program'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'timeentry_one_program_for_a_patient_minute';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeentry_one_program BEFORE INSERT ON timetracking_timeentry
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeentry_one_program();
CREATE OR REPLACE FUNCTION enrollment_enrollment_one_program() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.patient_id = OLD.patient_id THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM enrollment_patient WHERE id = NEW.patient_id FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT 1 FROM timetracking_timeentry mine
    JOIN enrollment_enrollment e ON e.patient_id = NEW.patient_id AND e.id <> NEW.id
    JOIN timetracking_timeentry t ON t.enrollment_id = e.id
    WHERE mine.enrollment_id = NEW.id AND mine.voided_at IS NULL AND t.voided_at IS NULL
      AND mine.joint_reason = '' AND t.joint_reason = ''
      AND mine.activity NOT IN ('admin', 'setup', 'support') AND t.activity NOT IN ('admin', 'setup', 'support')
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(mine.started_at, mine.stopped_at)) THEN
    RAISE EXCEPTION 'a minute of a patient is counted for one program'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'timeentry_one_program_for_a_patient_minute';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_enrollment_one_program BEFORE UPDATE OF patient_id ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_enrollment_one_program();
CREATE OR REPLACE FUNCTION timetracking_call_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_call%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_call is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'timetracking_call.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.voided_by_id IS NOT NULL AND NEW.voided_by_id IS DISTINCT FROM OLD.voided_by_id THEN
    RAISE EXCEPTION 'timetracking_call.voided_by_id is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'timetracking_call.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.voided_by_id := OLD.voided_by_id;
  NEW_ROW.void_reason := OLD.void_reason;
  NEW_ROW.is_live := OLD.is_live;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_call is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_call_append_only BEFORE UPDATE OR DELETE ON timetracking_call
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_call_append_only();
CREATE TRIGGER timetracking_call_no_truncate BEFORE TRUNCATE ON timetracking_call
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_call_append_only();
CREATE OR REPLACE FUNCTION timetracking_call_month_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched tstzrange;
BEGIN
PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  touched := CASE WHEN NEW.ended_at > NEW.started_at THEN tstzrange(NEW.started_at, NEW.ended_at)
                  ELSE tstzrange(NEW.started_at, NEW.started_at, '[]') END;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id
      AND touched && tstzrange(l.month::timestamp AT TIME ZONE l.zone,
                               (l.month + interval '1 month')::timestamp AT TIME ZONE l.zone)
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_call_month_open BEFORE INSERT OR UPDATE OF started_at, ended_at, voided_at ON timetracking_call
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_call_month_open();
CREATE OR REPLACE FUNCTION timetracking_calladdendum_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_calladdendum%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_calladdendum is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_calladdendum is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_calladdendum_append_only BEFORE UPDATE OR DELETE ON timetracking_calladdendum
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_calladdendum_append_only();
CREATE TRIGGER timetracking_calladdendum_no_truncate BEFORE TRUNCATE ON timetracking_calladdendum
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_calladdendum_append_only();
CREATE OR REPLACE FUNCTION timetracking_visit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_visit%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_visit is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.voided_at IS NOT NULL AND NEW.voided_at IS DISTINCT FROM OLD.voided_at THEN
    RAISE EXCEPTION 'timetracking_visit.voided_at is set once' USING ERRCODE = 'P0001';
  END IF;
  IF OLD.void_reason IS NOT NULL AND NEW.void_reason IS DISTINCT FROM OLD.void_reason THEN
    RAISE EXCEPTION 'timetracking_visit.void_reason is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.voided_at := OLD.voided_at;
  NEW_ROW.void_reason := OLD.void_reason;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_visit is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_visit_append_only BEFORE UPDATE OR DELETE ON timetracking_visit
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_visit_append_only();
CREATE TRIGGER timetracking_visit_no_truncate BEFORE TRUNCATE ON timetracking_visit
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_visit_append_only();
CREATE OR REPLACE FUNCTION timetracking_visit_month_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched tstzrange;
BEGIN
PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  touched := CASE WHEN NEW.ended_at > NEW.started_at THEN tstzrange(NEW.started_at, NEW.ended_at)
                  ELSE tstzrange(NEW.started_at, NEW.started_at, '[]') END;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id
      AND touched && tstzrange(l.month::timestamp AT TIME ZONE l.zone,
                               (l.month + interval '1 month')::timestamp AT TIME ZONE l.zone)
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_visit_month_open BEFORE INSERT OR UPDATE OF started_at, ended_at, voided_at ON timetracking_visit
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_visit_month_open();
CREATE OR REPLACE FUNCTION timetracking_daysignature_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_daysignature%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_daysignature is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_daysignature is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_daysignature_append_only BEFORE UPDATE OR DELETE ON timetracking_daysignature
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_daysignature_append_only();
CREATE TRIGGER timetracking_daysignature_no_truncate BEFORE TRUNCATE ON timetracking_daysignature
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_daysignature_append_only();
CREATE OR REPLACE FUNCTION enrollment_order_starts_on_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.starts_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.starts_on IS NOT DISTINCT FROM OLD.starts_on) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.starts_on::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_order_starts_on_open BEFORE INSERT OR UPDATE OF starts_on ON enrollment_order
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_order_starts_on_open();
CREATE OR REPLACE FUNCTION enrollment_consent_given_on_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.given_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.given_on IS NOT DISTINCT FROM OLD.given_on) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.given_on::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_consent_given_on_open BEFORE INSERT OR UPDATE OF given_on ON enrollment_consent
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_consent_given_on_open();
CREATE OR REPLACE FUNCTION enrollment_consent_withdrawn_on_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.withdrawn_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.withdrawn_on IS NOT DISTINCT FROM OLD.withdrawn_on) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.withdrawn_on::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_consent_withdrawn_on_open BEFORE INSERT OR UPDATE OF withdrawn_on ON enrollment_consent
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_consent_withdrawn_on_open();
CREATE OR REPLACE FUNCTION enrollment_enrollment_started_on_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.started_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.started_on IS NOT DISTINCT FROM OLD.started_on) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.started_on::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_enrollment_started_on_open BEFORE INSERT OR UPDATE OF started_on ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_enrollment_started_on_open();
CREATE OR REPLACE FUNCTION enrollment_enrollment_discharged_on_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF NEW.discharged_on IS NULL OR (TG_OP = 'UPDATE' AND NEW.discharged_on IS NOT DISTINCT FROM OLD.discharged_on) THEN
    RETURN NEW;
  END IF;
  PERFORM 1 FROM accounts_practice WHERE id = NEW.practice_id FOR KEY SHARE;
  IF EXISTS (
    SELECT 1 FROM timetracking_monthlock l
    WHERE l.practice_id = NEW.practice_id AND l.month = date_trunc('month', NEW.discharged_on::timestamp)::date
  ) THEN
    RAISE EXCEPTION 'the month is locked' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER enrollment_enrollment_discharged_on_open BEFORE INSERT OR UPDATE OF discharged_on ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION enrollment_enrollment_discharged_on_open();
CREATE OR REPLACE FUNCTION timetracking_timeapproval_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW timetracking_timeapproval%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'timetracking_timeapproval is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'timetracking_timeapproval is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeapproval_append_only BEFORE UPDATE OR DELETE ON timetracking_timeapproval
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeapproval_append_only();
CREATE TRIGGER timetracking_timeapproval_no_truncate BEFORE TRUNCATE ON timetracking_timeapproval
  FOR EACH STATEMENT
  EXECUTE FUNCTION timetracking_timeapproval_append_only();
CREATE OR REPLACE FUNCTION timetracking_timeapproval_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF EXISTS (SELECT 1 FROM timetracking_timeentry t
             WHERE t.id = NEW.entry_id AND NEW.approved_by_id IN (t.staff_id, t.entered_by_id)) THEN
    RAISE EXCEPTION 'time is approved by a second person' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER timetracking_timeapproval_second_person BEFORE INSERT ON timetracking_timeapproval
  FOR EACH ROW
  EXECUTE FUNCTION timetracking_timeapproval_second_person();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("timetracking", "0001_initial"),
        ("monitoring", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
