"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_display ADD CONSTRAINT worklist_display_practice_pair
  UNIQUE (practice_id, row_id);
ALTER TABLE worklist_snooze ADD CONSTRAINT worklist_snooze_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_savedview ADD CONSTRAINT worklist_savedview_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_clinic_id_same_practice
  FOREIGN KEY (practice_id, clinic_id) REFERENCES enrollment_clinic(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_looked_after_by_id_same_practice
  FOREIGN KEY (practice_id, looked_after_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_billing_provider_id_same_practice
  FOREIGN KEY (practice_id, billing_provider_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_supervised_by_id_same_practice
  FOREIGN KEY (practice_id, supervised_by_id) REFERENCES accounts_membership(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_row ADD CONSTRAINT worklist_row_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_display ADD CONSTRAINT worklist_display_row_id_same_practice
  FOREIGN KEY (practice_id, row_id) REFERENCES worklist_row(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_snooze ADD CONSTRAINT worklist_snooze_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION worklist_by_enrollment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_by_enrollments_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_by_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (OLD.patient_id, NEW.patient_id));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_by_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT enrollment_id FROM enrollment_deviceassignment WHERE device_id IN (OLD.id, NEW.id));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_by_device_model() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN enrollment_device d ON d.id = a.device_id WHERE d.model_id IN (OLD.id, NEW.id));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.role, OLD.ends_on) IS NOT DISTINCT FROM (NEW.role, NEW.ends_on) THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1
  WHERE billing_provider_id IN (OLD.id, NEW.id) OR supervised_by_id IN (OLD.id, NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_by_practice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE practice_id IN (OLD.practice_id, NEW.practice_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_practice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch'
  WHERE practice_id IN (OLD.id, NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_device_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch', listed = e.program IN ('RPM', 'RTM') AND (e.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = e.id AND a.state <> 'closed')
    OR e.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = e.id AND d.ends_at IS NULL))
  FROM enrollment_enrollment e
  WHERE e.id = worklist_row.enrollment_id AND e.id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_alert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch', listed = e.program IN ('RPM', 'RTM') AND (e.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = e.id AND a.state <> 'closed')
    OR e.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = e.id AND d.ends_at IS NULL))
  FROM enrollment_enrollment e
  WHERE e.id = worklist_row.enrollment_id AND e.id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_day_signature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (
    SELECT t.enrollment_id FROM timetracking_timeentry t JOIN accounts_practice p ON p.id = t.practice_id
    WHERE t.practice_id IN (OLD.practice_id, NEW.practice_id) AND t.staff_id IN (OLD.staff_id, NEW.staff_id)
      AND t.started_at BETWEEN least(OLD.day, NEW.day) - 1 AND greatest(OLD.day, NEW.day) + 2
      AND (t.started_at AT TIME ZONE p.zone)::date IN (OLD.day, NEW.day));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, language = NEW.language,
         sort_name = left(lower(NEW.family_name || ' ' || NEW.given_name), 170)
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_time_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF OLD.stopped_at IS NULL AND NEW.stopped_at IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_claim_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND (OLD.patient_id, OLD.enrollment_id, OLD.episode_id, OLD.component, OLD.code, OLD.units, OLD.dos, OLD.period_start, OLD.state NOT IN ('dropped', 'void', 'reversed')) IS NOT DISTINCT FROM (NEW.patient_id, NEW.enrollment_id, NEW.episode_id, NEW.component, NEW.code, NEW.units, NEW.dos, NEW.period_start, NEW.state NOT IN ('dropped', 'void', 'reversed')) THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (OLD.patient_id, NEW.patient_id));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_enrollment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN NULL;
  END IF;
  INSERT INTO worklist_row AS r (practice_id, enrollment_id, listed, state, started_on, discharged_on, program,
                                 condition, clinic_id, looked_after_by_id, billing_provider_id, supervised_by_id,
                                 language, sort_name)
  SELECT NEW.practice_id, NEW.id, NEW.program IN ('RPM', 'RTM') AND (NEW.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = NEW.id AND a.state <> 'closed')
    OR NEW.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = NEW.id AND d.ends_at IS NULL)),
         NEW.state, NEW.started_on, NEW.discharged_on, NEW.program, NEW.condition,
         NEW.clinic_id, NEW.looked_after_by_id, NEW.billing_provider_id, NEW.supervised_by_id, p.language,
         left(lower(p.family_name || ' ' || p.given_name), 170)
  FROM enrollment_patient p WHERE p.id = NEW.patient_id
  ON CONFLICT (enrollment_id) DO UPDATE SET
    version = r.version + 1, place_version = r.place_version + 1, place_until = 'epoch', listed = excluded.listed,
    state = excluded.state, started_on = excluded.started_on, discharged_on = excluded.discharged_on,
    program = excluded.program, condition = excluded.condition,
    clinic_id = excluded.clinic_id, looked_after_by_id = excluded.looked_after_by_id,
    billing_provider_id = excluded.billing_provider_id, supervised_by_id = excluded.supervised_by_id,
    language = excluded.language, sort_name = excluded.sort_name;
  UPDATE worklist_row SET version = version + 1
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.patient_id AND id <> NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_place_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET place_version = place_version + 1, place_until = 'epoch'
  WHERE enrollment_id IN (OLD.enrollment_id, NEW.enrollment_id);
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT enrollment_id FROM inserted);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_enrollment AFTER INSERT OR UPDATE OR DELETE ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_enrollment();
CREATE TRIGGER worklist_enrollment_patient AFTER INSERT OR UPDATE OR DELETE ON enrollment_patient
  FOR EACH ROW
  EXECUTE FUNCTION worklist_patient();
CREATE TRIGGER worklist_enrollment_order AFTER INSERT OR UPDATE OR DELETE ON enrollment_order
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();
CREATE TRIGGER worklist_enrollment_consent AFTER INSERT OR UPDATE OR DELETE ON enrollment_consent
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();
CREATE TRIGGER worklist_enrollment_episode AFTER INSERT OR UPDATE OR DELETE ON enrollment_episode
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();
CREATE TRIGGER worklist_enrollment_pause AFTER INSERT OR UPDATE OR DELETE ON enrollment_pause
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollment();
CREATE TRIGGER worklist_enrollment_coverage AFTER INSERT OR UPDATE OR DELETE ON enrollment_coverage
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_priorauthorization AFTER INSERT OR UPDATE OR DELETE ON enrollment_priorauthorization
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_otherbillinganswer AFTER INSERT OR UPDATE OR DELETE ON enrollment_otherbillinganswer
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_outsideclaim AFTER INSERT OR UPDATE OR DELETE ON enrollment_outsideclaim
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_carestatus AFTER INSERT OR UPDATE OR DELETE ON enrollment_carestatus
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_qualifyingvisit AFTER INSERT OR UPDATE OR DELETE ON enrollment_qualifyingvisit
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_planofcare AFTER INSERT OR UPDATE OR DELETE ON enrollment_planofcare
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_accessalignment AFTER INSERT OR UPDATE OR DELETE ON enrollment_accessalignment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_accessupdate AFTER INSERT OR UPDATE OR DELETE ON enrollment_accessupdate
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_careplan AFTER INSERT OR UPDATE OR DELETE ON enrollment_careplan
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_earlierprovider AFTER INSERT OR UPDATE OR DELETE ON enrollment_earlierprovider
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_enrollment_payer AFTER INSERT OR UPDATE OR DELETE ON enrollment_payer
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_practice();
CREATE TRIGGER worklist_enrollment_deviceassignment AFTER INSERT OR UPDATE OR DELETE ON enrollment_deviceassignment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_device_assignment();
CREATE TRIGGER worklist_enrollment_device AFTER INSERT OR UPDATE OR DELETE ON enrollment_device
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_device();
CREATE TRIGGER worklist_enrollment_devicemodel AFTER INSERT OR UPDATE OR DELETE ON enrollment_devicemodel
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_device_model();
CREATE TRIGGER worklist_accounts_practice AFTER INSERT OR UPDATE OR DELETE ON accounts_practice
  FOR EACH ROW
  EXECUTE FUNCTION worklist_practice();
CREATE TRIGGER worklist_accounts_membership AFTER INSERT OR UPDATE OR DELETE ON accounts_membership
  FOR EACH ROW
  EXECUTE FUNCTION worklist_membership();
CREATE TRIGGER worklist_monitoring_readingday AFTER UPDATE OR DELETE ON monitoring_readingday
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollment();
CREATE TRIGGER worklist_monitoring_threshold AFTER INSERT OR UPDATE OR DELETE ON monitoring_threshold
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollment();
CREATE TRIGGER worklist_timetracking_timeentry AFTER INSERT OR UPDATE OR DELETE ON timetracking_timeentry
  FOR EACH ROW
  EXECUTE FUNCTION worklist_time_entry();
CREATE TRIGGER worklist_timetracking_call AFTER INSERT OR UPDATE OR DELETE ON timetracking_call
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();
CREATE TRIGGER worklist_timetracking_visit AFTER INSERT OR UPDATE OR DELETE ON timetracking_visit
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_patient();
CREATE TRIGGER worklist_billing_claimline AFTER INSERT OR UPDATE OR DELETE ON billing_claimline
  FOR EACH ROW
  EXECUTE FUNCTION worklist_claim_line();
CREATE TRIGGER worklist_billing_deviceanchor AFTER INSERT OR UPDATE OR DELETE ON billing_deviceanchor
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollment();
CREATE TRIGGER worklist_billing_payerpolicy AFTER INSERT OR UPDATE OR DELETE ON billing_payerpolicy
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_practice();
CREATE TRIGGER worklist_billing_ruleyearfile AFTER INSERT OR UPDATE OR DELETE ON billing_ruleyearfile
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_practice();
CREATE TRIGGER worklist_monitoring_standing AFTER INSERT OR UPDATE OR DELETE ON monitoring_standing
  FOR EACH ROW
  EXECUTE FUNCTION worklist_place_due();
CREATE TRIGGER worklist_monitoring_alert AFTER INSERT OR UPDATE OR DELETE ON monitoring_alert
  FOR EACH ROW
  EXECUTE FUNCTION worklist_alert();
CREATE TRIGGER worklist_timetracking_monthtotal AFTER INSERT OR UPDATE OR DELETE ON timetracking_monthtotal
  FOR EACH ROW
  EXECUTE FUNCTION worklist_place_due();
CREATE TRIGGER worklist_timetracking_daysignature AFTER INSERT OR UPDATE OR DELETE ON timetracking_daysignature
  FOR EACH ROW
  EXECUTE FUNCTION worklist_day_signature();
CREATE TRIGGER worklist_worklist_snooze AFTER INSERT OR UPDATE OR DELETE ON worklist_snooze
  FOR EACH ROW
  EXECUTE FUNCTION worklist_place_due();
CREATE TRIGGER worklist_monitoring_readingday_insert AFTER INSERT ON monitoring_readingday
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_inserted();
ALTER TABLE worklist_row SET (fillfactor = 70);
CREATE OR REPLACE FUNCTION worklist_snooze_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW worklist_snooze%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'worklist_snooze is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
  IF OLD.ended_at IS NOT NULL AND NEW.ended_at IS DISTINCT FROM OLD.ended_at THEN
    RAISE EXCEPTION 'worklist_snooze.ended_at is set once' USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW.ended_at := OLD.ended_at;
  IF NEW_ROW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'worklist_snooze is append-only: what happened is not rewritten' USING ERRCODE = 'P0001';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER worklist_snooze_append_only BEFORE UPDATE OR DELETE ON worklist_snooze
  FOR EACH ROW
  EXECUTE FUNCTION worklist_snooze_append_only();
CREATE TRIGGER worklist_snooze_no_truncate BEFORE TRUNCATE ON worklist_snooze
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_snooze_append_only();
"""


class Migration(migrations.Migration):
    """Keys and triggers."""

    dependencies = [
        ("worklist", "0001_initial"),
        ("billing", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
