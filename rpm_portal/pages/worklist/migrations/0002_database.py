"""What the database holds beyond Django's own tables: keys with the practice, triggers.

Printed by `manage.py schema_sql` from what the models declare; `tests/core/test_schema.py` compares the two.
"""

from django.db import migrations

# A row is known with its practice, and can only refer to rows of the same practice.
KEYS = """
ALTER TABLE worklist_kept ADD CONSTRAINT worklist_kept_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_snooze ADD CONSTRAINT worklist_snooze_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_savedview ADD CONSTRAINT worklist_savedview_practice_pair
  UNIQUE (practice_id, id);
ALTER TABLE worklist_kept ADD CONSTRAINT worklist_kept_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_kept ADD CONSTRAINT worklist_kept_payer_id_same_practice
  FOREIGN KEY (practice_id, payer_id) REFERENCES enrollment_payer(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE worklist_snooze ADD CONSTRAINT worklist_snooze_enrollment_id_same_practice
  FOREIGN KEY (practice_id, enrollment_id) REFERENCES enrollment_enrollment(practice_id, id) DEFERRABLE INITIALLY DEFERRED;
"""
OBJECTS = """
CREATE OR REPLACE FUNCTION worklist_enrollment_enrollment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_enrollment_insert AFTER INSERT ON enrollment_enrollment
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_enrollment_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_enrollment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_enrollment_update AFTER UPDATE ON enrollment_enrollment
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_enrollment_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_enrollment_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_enrollment_delete AFTER DELETE ON enrollment_enrollment
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_enrollment_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_order_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_order_insert AFTER INSERT ON enrollment_order
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_order_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_order_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_order_update AFTER UPDATE ON enrollment_order
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_order_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_order_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_order_delete AFTER DELETE ON enrollment_order
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_order_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_consent_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_consent_insert AFTER INSERT ON enrollment_consent
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_consent_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_consent_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_consent_update AFTER UPDATE ON enrollment_consent
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_consent_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_consent_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_consent_delete AFTER DELETE ON enrollment_consent
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_consent_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_episode_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_episode_insert AFTER INSERT ON enrollment_episode
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_episode_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_episode_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_episode_update AFTER UPDATE ON enrollment_episode
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_episode_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_episode_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_episode_delete AFTER DELETE ON enrollment_episode
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_episode_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_deviceassignment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_deviceassignment_insert AFTER INSERT ON enrollment_deviceassignment
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_deviceassignment_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_deviceassignment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_deviceassignment_update AFTER UPDATE ON enrollment_deviceassignment
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_deviceassignment_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_deviceassignment_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_deviceassignment_delete AFTER DELETE ON enrollment_deviceassignment
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_deviceassignment_delete();
CREATE OR REPLACE FUNCTION worklist_timetracking_timeentry_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT beside.id FROM moved JOIN enrollment_enrollment e ON e.id = moved.enrollment_id JOIN enrollment_enrollment beside ON beside.patient_id = e.patient_id WHERE moved.stopped_at IS NOT NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_timeentry_insert AFTER INSERT ON timetracking_timeentry
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_timeentry_insert();
CREATE OR REPLACE FUNCTION worklist_timetracking_timeentry_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT beside.id FROM moved JOIN enrollment_enrollment e ON e.id = moved.enrollment_id JOIN enrollment_enrollment beside ON beside.patient_id = e.patient_id WHERE moved.stopped_at IS NOT NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_timeentry_update AFTER UPDATE ON timetracking_timeentry
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_timeentry_update();
CREATE OR REPLACE FUNCTION worklist_timetracking_timeentry_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT beside.id FROM moved JOIN enrollment_enrollment e ON e.id = moved.enrollment_id JOIN enrollment_enrollment beside ON beside.patient_id = e.patient_id WHERE moved.stopped_at IS NOT NULL);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_timeentry_delete AFTER DELETE ON timetracking_timeentry
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_timeentry_delete();
CREATE OR REPLACE FUNCTION worklist_timetracking_call_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_call_insert AFTER INSERT ON timetracking_call
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_call_insert();
CREATE OR REPLACE FUNCTION worklist_timetracking_call_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_call_update AFTER UPDATE ON timetracking_call
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_call_update();
CREATE OR REPLACE FUNCTION worklist_timetracking_call_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_call_delete AFTER DELETE ON timetracking_call
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_call_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_patient_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_patient_insert AFTER INSERT ON enrollment_patient
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_patient_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_patient_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_patient_update AFTER UPDATE ON enrollment_patient
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_patient_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_patient_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_patient_delete AFTER DELETE ON enrollment_patient
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_patient_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_coverage_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_coverage_insert AFTER INSERT ON enrollment_coverage
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_coverage_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_coverage_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_coverage_update AFTER UPDATE ON enrollment_coverage
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_coverage_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_coverage_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_coverage_delete AFTER DELETE ON enrollment_coverage
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_coverage_delete();
CREATE OR REPLACE FUNCTION worklist_timetracking_visit_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_visit_insert AFTER INSERT ON timetracking_visit
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_visit_insert();
CREATE OR REPLACE FUNCTION worklist_timetracking_visit_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_visit_update AFTER UPDATE ON timetracking_visit
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_visit_update();
CREATE OR REPLACE FUNCTION worklist_timetracking_visit_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_timetracking_visit_delete AFTER DELETE ON timetracking_visit
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_timetracking_visit_delete();
CREATE OR REPLACE FUNCTION worklist_billing_claimline_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_claimline_insert AFTER INSERT ON billing_claimline
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_claimline_insert();
CREATE OR REPLACE FUNCTION worklist_billing_claimline_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (
    WITH both_images AS (
      SELECT f.patient_id AS now, g.patient_id AS before FROM fresh f JOIN gone g USING (id)
      WHERE (f.patient_id, f.enrollment_id, f.episode_id, f.component, f.code, f.dos, f.period_start, f.state NOT IN ('dropped', 'void', 'reversed')) IS DISTINCT FROM (g.patient_id, g.enrollment_id, g.episode_id, g.component, g.code, g.dos, g.period_start, g.state NOT IN ('dropped', 'void', 'reversed'))
    )
    SELECT e.id FROM enrollment_enrollment e WHERE e.patient_id IN (SELECT now FROM both_images)
       OR e.patient_id IN (SELECT before FROM both_images));
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_claimline_update AFTER UPDATE ON billing_claimline
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_claimline_update();
CREATE OR REPLACE FUNCTION worklist_billing_claimline_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_claimline_delete AFTER DELETE ON billing_claimline
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_claimline_delete();
CREATE OR REPLACE FUNCTION worklist_billing_deviceanchor_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_deviceanchor_insert AFTER INSERT ON billing_deviceanchor
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_deviceanchor_insert();
CREATE OR REPLACE FUNCTION worklist_billing_deviceanchor_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_deviceanchor_update AFTER UPDATE ON billing_deviceanchor
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_deviceanchor_update();
CREATE OR REPLACE FUNCTION worklist_billing_deviceanchor_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_deviceanchor_delete AFTER DELETE ON billing_deviceanchor
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_deviceanchor_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_device_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN moved ON a.device_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_device_insert AFTER INSERT ON enrollment_device
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_device_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_device_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN moved ON a.device_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_device_update AFTER UPDATE ON enrollment_device
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_device_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_device_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN moved ON a.device_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_device_delete AFTER DELETE ON enrollment_device
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_device_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_devicemodel_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN enrollment_device d ON d.id = a.device_id JOIN moved ON d.model_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_devicemodel_insert AFTER INSERT ON enrollment_devicemodel
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_devicemodel_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_devicemodel_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN enrollment_device d ON d.id = a.device_id JOIN moved ON d.model_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_devicemodel_update AFTER UPDATE ON enrollment_devicemodel
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_devicemodel_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_devicemodel_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN enrollment_device d ON d.id = a.device_id JOIN moved ON d.model_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_devicemodel_delete AFTER DELETE ON enrollment_devicemodel
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_devicemodel_delete();
CREATE OR REPLACE FUNCTION worklist_enrollment_payer_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_payer_insert AFTER INSERT ON enrollment_payer
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_payer_insert();
CREATE OR REPLACE FUNCTION worklist_enrollment_payer_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_payer_update AFTER UPDATE ON enrollment_payer
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_payer_update();
CREATE OR REPLACE FUNCTION worklist_enrollment_payer_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_enrollment_payer_delete AFTER DELETE ON enrollment_payer
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_enrollment_payer_delete();
CREATE OR REPLACE FUNCTION worklist_billing_payerpolicy_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_payerpolicy_insert AFTER INSERT ON billing_payerpolicy
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_payerpolicy_insert();
CREATE OR REPLACE FUNCTION worklist_billing_payerpolicy_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_payerpolicy_update AFTER UPDATE ON billing_payerpolicy
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_payerpolicy_update();
CREATE OR REPLACE FUNCTION worklist_billing_payerpolicy_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.practice_id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_billing_payerpolicy_delete AFTER DELETE ON billing_payerpolicy
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_billing_payerpolicy_delete();
CREATE OR REPLACE FUNCTION worklist_accounts_practice_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_accounts_practice_insert AFTER INSERT ON accounts_practice
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_accounts_practice_insert();
CREATE OR REPLACE FUNCTION worklist_accounts_practice_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_accounts_practice_update AFTER UPDATE ON accounts_practice
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_accounts_practice_update();
CREATE OR REPLACE FUNCTION worklist_accounts_practice_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved.id);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_accounts_practice_delete AFTER DELETE ON accounts_practice
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_accounts_practice_delete();
CREATE OR REPLACE FUNCTION worklist_monitoring_threshold_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET values_moved = values_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM fresh) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_threshold_insert AFTER INSERT ON monitoring_threshold
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_threshold_insert();
CREATE OR REPLACE FUNCTION worklist_monitoring_threshold_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET values_moved = values_moved + 1
  WHERE enrollment_id IN (WITH moved AS (
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_threshold_update AFTER UPDATE ON monitoring_threshold
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_threshold_update();
CREATE OR REPLACE FUNCTION worklist_monitoring_threshold_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET values_moved = values_moved + 1
  WHERE enrollment_id IN (WITH moved AS (SELECT * FROM gone) SELECT enrollment_id FROM moved);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_threshold_delete AFTER DELETE ON monitoring_threshold
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_threshold_delete();
CREATE OR REPLACE FUNCTION worklist_monitoring_readingday_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + 1,
         last_reading_at = s.last_reading_at
  FROM monitoring_standing s
  WHERE k.enrollment_id IN (SELECT enrollment_id FROM fresh) AND s.enrollment_id = k.enrollment_id;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_readingday_insert AFTER INSERT ON monitoring_readingday
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_readingday_insert();
CREATE OR REPLACE FUNCTION worklist_monitoring_readingday_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + m.turned,
         last_reading_at = s.last_reading_at
  FROM (SELECT f.enrollment_id, max(((f.automatic > 0) <> (g.automatic > 0) OR (f.reported > 0) <> (g.reported > 0))::int) AS turned FROM fresh f JOIN gone g USING (id) GROUP BY f.enrollment_id) m,
       monitoring_standing s
  WHERE k.enrollment_id = m.enrollment_id AND s.enrollment_id = k.enrollment_id;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_readingday_update AFTER UPDATE ON monitoring_readingday
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_readingday_update();
CREATE OR REPLACE FUNCTION worklist_monitoring_readingday_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept SET values_moved = values_moved + 1, facts_moved = facts_moved + 1
  WHERE enrollment_id IN (SELECT enrollment_id FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_readingday_delete AFTER DELETE ON monitoring_readingday
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_monitoring_readingday_delete();
CREATE OR REPLACE FUNCTION worklist_live_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k SET live_on = t.latest
  FROM (SELECT enrollment_id, max(last_live_on) AS latest FROM timetracking_monthtotal
        WHERE enrollment_id IN (SELECT enrollment_id FROM fresh) GROUP BY enrollment_id) t
  WHERE k.enrollment_id = t.enrollment_id AND k.live_on IS DISTINCT FROM t.latest;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_live_on_insert AFTER INSERT ON timetracking_monthtotal
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_live_on();
CREATE TRIGGER worklist_live_on_update AFTER UPDATE ON timetracking_monthtotal
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_live_on();
CREATE OR REPLACE FUNCTION worklist_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
IF TG_OP = 'INSERT' THEN
    INSERT INTO worklist_kept (practice_id, enrollment_id, active)
    VALUES (NEW.practice_id, NEW.id, NEW.state = 'active' AND NEW.program IN ('RPM', 'RTM'));
  ELSE
    UPDATE worklist_kept SET active = NEW.state = 'active' AND NEW.program IN ('RPM', 'RTM')
    WHERE enrollment_id = NEW.id;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_row_made AFTER INSERT ON enrollment_enrollment
  FOR EACH ROW
  EXECUTE FUNCTION worklist_row();
CREATE TRIGGER worklist_row_moved AFTER UPDATE ON enrollment_enrollment
  FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.program IS DISTINCT FROM NEW.program)
  EXECUTE FUNCTION worklist_row();
CREATE OR REPLACE FUNCTION worklist_marks(of_enrollment bigint, of_payer bigint)
RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_remove(ARRAY[
    'with ' || e.looked_after_by_id, 'with ' || e.billing_provider_id, 'with ' || e.supervised_by_id,
    coalesce('of ' || e.looked_after_by_id, e.practice_id || ' of nobody'),
    'clinic ' || e.clinic_id, 'payer ' || of_payer, e.practice_id || ' program ' || e.program,
    e.practice_id || ' condition ' || nullif(e.condition, ''), e.practice_id || ' language ' || p.language], NULL)
  FROM enrollment_enrollment e JOIN enrollment_patient p ON p.id = e.patient_id WHERE e.id = of_enrollment
$$;
CREATE OR REPLACE FUNCTION worklist_marked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id) WHERE k.enrollment_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_marked AFTER UPDATE ON enrollment_enrollment
  FOR EACH ROW
  WHEN ((OLD.practice_id, OLD.patient_id, OLD.program, OLD.condition, OLD.clinic_id, OLD.looked_after_by_id, OLD.billing_provider_id, OLD.supervised_by_id) IS DISTINCT FROM (NEW.practice_id, NEW.patient_id, NEW.program, NEW.condition, NEW.clinic_id, NEW.looked_after_by_id, NEW.billing_provider_id, NEW.supervised_by_id))
  EXECUTE FUNCTION worklist_marked();
CREATE OR REPLACE FUNCTION worklist_spoken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id)
  FROM enrollment_enrollment e WHERE e.patient_id = NEW.id AND k.enrollment_id = e.id;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_spoken AFTER UPDATE ON enrollment_patient
  FOR EACH ROW
  WHEN (OLD.language IS DISTINCT FROM NEW.language)
  EXECUTE FUNCTION worklist_spoken();
CREATE OR REPLACE FUNCTION worklist_covered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
NEW.belongs = worklist_marks(NEW.enrollment_id, NEW.payer_id);
  RETURN NEW;
END $$;
CREATE TRIGGER worklist_made BEFORE INSERT ON worklist_kept
  FOR EACH ROW
  EXECUTE FUNCTION worklist_covered();
CREATE TRIGGER worklist_covered BEFORE UPDATE ON worklist_kept
  FOR EACH ROW
  WHEN (OLD.payer_id IS DISTINCT FROM NEW.payer_id)
  EXECUTE FUNCTION worklist_covered();
CREATE OR REPLACE FUNCTION worklist_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
UPDATE worklist_kept k
  SET last_reading_at = f.last_reading_at, open_critical = f.open_critical, open_high = f.open_high
  FROM fresh f
  WHERE k.enrollment_id = f.enrollment_id AND (k.last_reading_at, k.open_critical, k.open_high)
        IS DISTINCT FROM (f.last_reading_at, f.open_critical, f.open_high);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_stands_insert AFTER INSERT ON monitoring_standing
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_stands();
CREATE TRIGGER worklist_stands_update AFTER UPDATE ON monitoring_standing
  REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT
  EXECUTE FUNCTION worklist_stands();
CREATE INDEX kept_uncalled ON worklist_kept (practice_id, coalesce(live_on, '-infinity'::date), enrollment_id) WHERE active;
CREATE INDEX kept_by_spare ON worklist_kept (practice_id, coalesce(slack, 100::smallint), enrollment_id) WHERE active;
CREATE INDEX kept_by_lacking ON worklist_kept (practice_id, coalesce(short_seconds, 100000), enrollment_id) WHERE active;
CREATE INDEX kept_alerted_by_call ON worklist_kept (practice_id, coalesce(live_on, '-infinity'::date), enrollment_id) WHERE active AND (open_critical > 0 OR open_high > 0);
CREATE INDEX kept_alerted_by_lacking ON worklist_kept (practice_id, coalesce(short_seconds, 100000), enrollment_id) WHERE active AND (open_critical > 0 OR open_high > 0);
CREATE INDEX kept_alerted_by_name ON worklist_kept (practice_id, named, enrollment_id) WHERE active AND (open_critical > 0 OR open_high > 0);
CREATE INDEX kept_alerted_by_spare ON worklist_kept (practice_id, coalesce(slack, 100::smallint), enrollment_id) WHERE active AND (open_critical > 0 OR open_high > 0);
CREATE INDEX standing_silent ON monitoring_standing (practice_id, coalesce(last_reading_at, '-infinity'::timestamptz), enrollment_id);
CREATE INDEX standing_alerted_by_reading ON monitoring_standing (practice_id, coalesce(last_reading_at, '-infinity'::timestamptz), enrollment_id) WHERE open_critical > 0 OR open_high > 0;
CREATE INDEX standing_open ON monitoring_standing (practice_id, open_critical DESC, open_high DESC, last_reading_at NULLS FIRST, enrollment_id) WHERE open_critical > 0 OR open_high > 0;
ALTER TABLE worklist_kept SET (toast_tuple_target = 256, fillfactor = 60);
ALTER TABLE worklist_kept ALTER belongs SET STORAGE MAIN, ALTER named SET STORAGE MAIN;
CREATE OR REPLACE FUNCTION worklist_snooze_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE NEW_ROW worklist_snooze%ROWTYPE;
BEGIN
IF TG_OP <> 'UPDATE' THEN
    RAISE EXCEPTION 'worklist_snooze is append-only: % is refused', TG_OP USING ERRCODE = 'P0001';
  END IF;
  NEW_ROW := NEW;
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
