"""What a kept row carries of its enrollment, its patient and its standing, so that one table tells whom a list shows.

The database sets it in the transaction that moves it, whoever writes.
"""

from rpm_portal.pages.worklist.cache.invalidation_triggers import reading_days

# By these a filter names people, and one index finds them: few of a panel, whichever filters stand beside each other.
# What is not a key of its own names its practice.
MARKS = """
CREATE FUNCTION worklist_marks(of_enrollment bigint, of_payer bigint) RETURNS text[] LANGUAGE sql STABLE AS $$
  SELECT array_remove(ARRAY[
    'with ' || e.looked_after_by_id, 'with ' || e.billing_provider_id, 'with ' || e.supervised_by_id,
    coalesce('of ' || e.looked_after_by_id, e.practice_id || ' of nobody'),
    'clinic ' || e.clinic_id, 'payer ' || of_payer, e.practice_id || ' program ' || e.program,
    e.practice_id || ' condition ' || nullif(e.condition, ''), e.practice_id || ' language ' || p.language], NULL)
  FROM enrollment_enrollment e JOIN enrollment_patient p ON p.id = e.patient_id WHERE e.id = of_enrollment
$$;
CREATE FUNCTION worklist_marked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id) WHERE k.enrollment_id = NEW.id;
  RETURN NULL;
END $$;
CREATE FUNCTION worklist_spoken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k SET belongs = worklist_marks(k.enrollment_id, k.payer_id)
  FROM enrollment_enrollment e WHERE e.patient_id = NEW.id AND k.enrollment_id = e.id;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_marked AFTER UPDATE ON enrollment_enrollment FOR EACH ROW
  WHEN ((OLD.practice_id, OLD.patient_id, OLD.program, OLD.condition, OLD.clinic_id,
         OLD.looked_after_by_id, OLD.billing_provider_id, OLD.supervised_by_id) IS DISTINCT FROM
        (NEW.practice_id, NEW.patient_id, NEW.program, NEW.condition, NEW.clinic_id,
         NEW.looked_after_by_id, NEW.billing_provider_id, NEW.supervised_by_id))
  EXECUTE FUNCTION worklist_marked();
CREATE TRIGGER worklist_spoken AFTER UPDATE ON enrollment_patient FOR EACH ROW
  WHEN (OLD.language IS DISTINCT FROM NEW.language) EXECUTE FUNCTION worklist_spoken();
CREATE FUNCTION worklist_covered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.belongs = worklist_marks(NEW.enrollment_id, NEW.payer_id);
  RETURN NEW;
END $$;
CREATE TRIGGER worklist_made BEFORE INSERT ON worklist_kept FOR EACH ROW EXECUTE FUNCTION worklist_covered();
CREATE TRIGGER worklist_covered BEFORE UPDATE ON worklist_kept FOR EACH ROW
  WHEN (OLD.payer_id IS DISTINCT FROM NEW.payer_id) EXECUTE FUNCTION worklist_covered();
"""
NO_MARKS = """
DROP TRIGGER worklist_made ON worklist_kept;
DROP TRIGGER worklist_covered ON worklist_kept;
DROP TRIGGER worklist_spoken ON enrollment_patient;
DROP TRIGGER worklist_marked ON enrollment_enrollment;
DROP FUNCTION worklist_covered();
DROP FUNCTION worklist_spoken();
DROP FUNCTION worklist_marked();
DROP FUNCTION worklist_marks(bigint, bigint);
"""

STANDINGS = """
CREATE FUNCTION worklist_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k
  SET last_reading_at = f.last_reading_at, open_critical = f.open_critical, open_high = f.open_high
  FROM fresh f
  WHERE k.enrollment_id = f.enrollment_id AND (k.last_reading_at, k.open_critical, k.open_high)
        IS DISTINCT FROM (f.last_reading_at, f.open_critical, f.open_high);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_stands_insert AFTER INSERT ON monitoring_standing
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_stands();
CREATE TRIGGER worklist_stands_update AFTER UPDATE ON monitoring_standing
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_stands();
"""
NO_STANDINGS = """
DROP TRIGGER worklist_stands_insert ON monitoring_standing;
DROP TRIGGER worklist_stands_update ON monitoring_standing;
DROP FUNCTION worklist_stands();
"""
# Readings taken in move the days first: what they carry is written with the counts, and the standing's own trigger
# then finds nothing left to write.
DAYS_CARRY = reading_days(
    ", last_reading_at = s.last_reading_at", "monitoring_standing s", " AND s.enrollment_id = k.enrollment_id"
)
# What is asked of every row stays in it; names and marks are short.
IN_LINE = "ALTER TABLE worklist_kept ALTER belongs SET STORAGE MAIN, ALTER named SET STORAGE MAIN;"
AS_USUAL = "ALTER TABLE worklist_kept ALTER named SET STORAGE EXTENDED;"
FILLED = """
UPDATE worklist_kept k
SET belongs = worklist_marks(k.enrollment_id, k.payer_id),
    last_reading_at = s.last_reading_at, open_critical = s.open_critical, open_high = s.open_high
FROM monitoring_standing s WHERE s.enrollment_id = k.enrollment_id;
"""
