"""Facts of related enrollments, pauses and roles mark the rows that depend on them."""

from django.db import migrations

OBJECTS = r"""
CREATE OR REPLACE FUNCTION worklist_by_enrollments_patient() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1 WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN (SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)));
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
  INSERT INTO worklist_row AS r (practice_id, enrollment_id, active, program, condition, clinic_id, looked_after_by_id,
                                 billing_provider_id, supervised_by_id, language, sort_name)
  SELECT NEW.practice_id, NEW.id, NEW.state = 'active' AND NEW.program IN ('RPM', 'RTM'), NEW.program, NEW.condition,
         NEW.clinic_id, NEW.looked_after_by_id, NEW.billing_provider_id, NEW.supervised_by_id, p.language,
         left(lower(p.family_name || ' ' || p.given_name), 170)
  FROM enrollment_patient p WHERE p.id = NEW.patient_id
  ON CONFLICT (enrollment_id) DO UPDATE SET
    version = r.version + 1, active = excluded.active, program = excluded.program, condition = excluded.condition,
    clinic_id = excluded.clinic_id, looked_after_by_id = excluded.looked_after_by_id,
    billing_provider_id = excluded.billing_provider_id, supervised_by_id = excluded.supervised_by_id,
    language = excluded.language, sort_name = excluded.sort_name;
  UPDATE worklist_row SET version = version + 1
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.patient_id AND id <> NEW.id);
  RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS worklist_enrollment_order ON enrollment_order;
CREATE TRIGGER worklist_enrollment_order AFTER INSERT OR UPDATE OR DELETE ON enrollment_order
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();

DROP TRIGGER IF EXISTS worklist_enrollment_consent ON enrollment_consent;
CREATE TRIGGER worklist_enrollment_consent AFTER INSERT OR UPDATE OR DELETE ON enrollment_consent
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();

DROP TRIGGER IF EXISTS worklist_enrollment_episode ON enrollment_episode;
CREATE TRIGGER worklist_enrollment_episode AFTER INSERT OR UPDATE OR DELETE ON enrollment_episode
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();

DROP TRIGGER IF EXISTS worklist_enrollment_pause ON enrollment_pause;
CREATE TRIGGER worklist_enrollment_pause AFTER INSERT OR UPDATE OR DELETE ON enrollment_pause
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollment();

DROP TRIGGER IF EXISTS worklist_accounts_membership ON accounts_membership;
CREATE TRIGGER worklist_accounts_membership AFTER INSERT OR UPDATE OR DELETE ON accounts_membership
  FOR EACH ROW
  EXECUTE FUNCTION worklist_membership();

DROP TRIGGER IF EXISTS worklist_timetracking_call ON timetracking_call;
CREATE TRIGGER worklist_timetracking_call AFTER INSERT OR UPDATE OR DELETE ON timetracking_call
  FOR EACH ROW
  EXECUTE FUNCTION worklist_by_enrollments_patient();
"""


class Migration(migrations.Migration):
    """Replace the changed functions and triggers."""

    dependencies = [
        ("worklist", "0002_database"),
    ]

    operations = [
        migrations.RunSQL(OBJECTS, migrations.RunSQL.noop),
    ]
