"""Database triggers: a minute of a patient is counted for one program, whoever worked.

The codes that are never billed for the same time are in docs/rules.md, with their sources. The exclusion constraint of
`TimeEntry` refuses overlaps of one person; these triggers refuse overlaps of different people in different enrollments
of one patient.
"""

from collections.abc import Iterable

from rpm_portal.core.db.triggers import DatabaseObject, trigger, trigger_function

CONSTRAINT = "timeentry_one_program_for_a_patient_minute"
_RAISE = f"""RAISE EXCEPTION 'a minute of a patient is counted for one program'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = '{CONSTRAINT}';"""


_OF_AN_ENTRY = """
  IF NEW.voided_at IS NOT NULL OR NEW.activity IN ({activities}) THEN
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
      AND t.activity NOT IN ({activities})
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(NEW.started_at, NEW.stopped_at)) THEN
    {refuse}
  END IF;
  RETURN NEW;
"""
_OF_A_MOVED_ENROLLMENT = """
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
      AND mine.activity NOT IN ({activities}) AND t.activity NOT IN ({activities})
      AND tstzrange(t.started_at, t.stopped_at) && tstzrange(mine.started_at, mine.stopped_at)) THEN
    {refuse}
  END IF;
  RETURN NEW;
"""


def one_program_triggers(not_billable: Iterable[str]) -> tuple[DatabaseObject, ...]:
    """Triggers on time entries and on enrollments that move to another patient (a merge of two records).

    They lock the patient's row, so that two inserts run one after the other and the second sees the first. An entry
    with a `joint_reason` is accepted if the practice's policy allows joint work. A running timer has no end and refuses
    everything after its start. Stopping a timer only shortens it, so an update needs no check.
    """
    activities = ", ".join(f"'{activity}'" for activity in not_billable)
    by_entry, by_move = "timetracking_timeentry_one_program", "enrollment_enrollment_one_program"
    texts = {"activities": activities, "refuse": _RAISE}
    return (
        trigger_function(by_entry, _OF_AN_ENTRY.format(**texts), declare="owner bigint;"),
        trigger("timetracking_timeentry", by_entry, "BEFORE INSERT"),
        trigger_function(by_move, _OF_A_MOVED_ENROLLMENT.format(**texts)),
        trigger("enrollment_enrollment", by_move, "BEFORE UPDATE OF patient_id"),
    )
