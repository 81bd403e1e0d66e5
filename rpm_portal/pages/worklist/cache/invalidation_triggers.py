"""The triggers that say which kept rows no longer hold, in the transaction that changes a fact.

Every table the month's facts are read from is here, so no writer can forget: ORM, bulk, admin, task or raw SQL.
`tests/test_worklist.py` reads the tables out of the statements `facts_of` sends and finds a trigger on each.
"""

from typing import Any

from django.db import migrations

# How a changed row leads to the enrollments whose facts it is part of: SQL over `moved`, the rows before and after.
_BY_ENROLLMENT = "SELECT enrollment_id FROM moved"
_BY_PATIENT = "SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.patient_id"
_BY_DEVICE = "SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN moved ON a.device_id = moved.id"
_BY_MODEL = (
    "SELECT a.enrollment_id FROM enrollment_deviceassignment a JOIN enrollment_device d ON d.id = a.device_id "
    "JOIN moved ON d.model_id = moved.id"
)
_BY_PRACTICE = "SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.practice_id = moved."

FACTS = {
    "enrollment_enrollment": "SELECT id FROM moved",
    "enrollment_order": _BY_ENROLLMENT,
    "enrollment_consent": _BY_ENROLLMENT,
    "enrollment_episode": _BY_ENROLLMENT,
    "enrollment_deviceassignment": _BY_ENROLLMENT,
    # A running interval is no fact yet, so its heartbeat moves nothing; care management stands beside monitoring.
    "timetracking_timeentry": (
        "SELECT beside.id FROM moved JOIN enrollment_enrollment e ON e.id = moved.enrollment_id "
        "JOIN enrollment_enrollment beside ON beside.patient_id = e.patient_id WHERE moved.stopped_at IS NOT NULL"
    ),
    "timetracking_call": _BY_ENROLLMENT,
    "enrollment_patient": "SELECT e.id FROM enrollment_enrollment e JOIN moved ON e.patient_id = moved.id",
    "enrollment_coverage": _BY_PATIENT,
    "timetracking_visit": _BY_PATIENT,
    "billing_claimline": _BY_PATIENT,
    "enrollment_device": _BY_DEVICE,
    "enrollment_devicemodel": _BY_MODEL,
    "enrollment_payer": f"{_BY_PRACTICE}practice_id",
    "billing_payerpolicy": f"{_BY_PRACTICE}practice_id",
    "accounts_practice": f"{_BY_PRACTICE}id",
}
# Tables of facts that came later, each with its own migration.
FACTS_SINCE = {"billing_deviceanchor": _BY_ENROLLMENT}
# A limit is drawn behind the values, and is no fact of a month.
VALUES = {"monitoring_threshold": _BY_ENROLLMENT}
# A statement that changes nothing moves nothing; both images, because a row may change its owner.
_CHANGED = """
    SELECT * FROM (SELECT * FROM fresh EXCEPT SELECT * FROM gone) now
    UNION ALL SELECT * FROM (SELECT * FROM gone EXCEPT SELECT * FROM fresh) before
"""
_EVENTS = {
    "insert": ("NEW TABLE AS fresh", "SELECT * FROM fresh"),
    "update": ("OLD TABLE AS gone NEW TABLE AS fresh", _CHANGED),
    "delete": ("OLD TABLE AS gone", "SELECT * FROM gone"),
}


class Moves(migrations.RunSQL):
    """Statement triggers on a table that count up the kept rows its changed rows lead to."""

    def __init__(self, table: str, leads: str, column: str = "facts_moved") -> None:
        made, dropped = [], []
        for event, (seen, moved) in _EVENTS.items():
            name = f"worklist_{table}_{event}"
            made.append(
                f"""
                CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                  UPDATE worklist_kept SET {column} = {column} + 1
                  WHERE enrollment_id IN (WITH moved AS ({moved}) {leads});
                  RETURN NULL;
                END $$;
                CREATE TRIGGER {name} AFTER {event} ON {table} REFERENCING {seen}
                  FOR EACH STATEMENT EXECUTE FUNCTION {name}();
                """  # noqa: S608 - tables and columns of our own
            )
            dropped.append(f"DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();")
        super().__init__(sql="\n".join(made), reverse_sql="\n".join(dropped))
        self.arguments = (table, leads, column)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As the migration writes it."""
        return (self.__class__.__name__, list(self.arguments), {})


# A claim line is a fact of other months by what it bills and whether it stands; approving it moves nothing.
_BILLS = (
    "({0}.patient_id, {0}.enrollment_id, {0}.episode_id, {0}.component, {0}.code, {0}.dos, {0}.period_start, "
    "{0}.state NOT IN ('dropped', 'void', 'reversed'))"
)
LINES_THAT_COUNT = f"""
CREATE OR REPLACE FUNCTION worklist_billing_claimline_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (
    WITH both_images AS (
      SELECT f.patient_id AS now, g.patient_id AS before FROM fresh f JOIN gone g USING (id)
      WHERE {_BILLS.format("f")} IS DISTINCT FROM {_BILLS.format("g")}
    )
    SELECT e.id FROM enrollment_enrollment e WHERE e.patient_id IN (SELECT now FROM both_images)
       OR e.patient_id IN (SELECT before FROM both_images));
  RETURN NULL;
END $$;
"""  # noqa: S608 - names of our own

_TURNED = "max(((f.automatic > 0) <> (g.automatic > 0) OR (f.reported > 0) <> (g.reported > 0))::int)"


def reading_days(carried: str = "", beside: str = "", same: str = "") -> str:
    """The functions that count a kept row's moves where its reading days change, as SQL.

    A further value on a day that counts already moves the drawing, not the facts. `carried` is set with the counts,
    from the table `beside` where it is the `same` enrollment's.
    """
    return f"""
CREATE OR REPLACE FUNCTION worklist_readingday_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + 1{carried}
  {f"FROM {beside}" if beside else ""} WHERE k.enrollment_id IN (SELECT enrollment_id FROM fresh){same};
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION worklist_readingday_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + m.turned{carried}
  FROM (SELECT f.enrollment_id, {_TURNED} AS turned FROM fresh f JOIN gone g USING (id) GROUP BY f.enrollment_id) m
       {f", {beside}" if beside else ""} WHERE k.enrollment_id = m.enrollment_id{same};
  RETURN NULL;
END $$;
"""  # noqa: S608 - names of our own


DAYS_COUNT = reading_days()
_WITH_DAYS = """
CREATE TRIGGER worklist_monitoring_readingday_insert AFTER INSERT ON monitoring_readingday
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_readingday_insert();
CREATE TRIGGER worklist_monitoring_readingday_update AFTER UPDATE ON monitoring_readingday
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_readingday_update();
CREATE FUNCTION worklist_readingday_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept SET values_moved = values_moved + 1, facts_moved = facts_moved + 1
  WHERE enrollment_id IN (SELECT enrollment_id FROM gone);
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_monitoring_readingday_delete AFTER DELETE ON monitoring_readingday
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION worklist_readingday_delete();
"""
READING_DAYS = DAYS_COUNT + _WITH_DAYS
NO_READING_DAYS = "".join(
    f"DROP TRIGGER worklist_monitoring_readingday_{event} ON monitoring_readingday; "
    f"DROP FUNCTION worklist_readingday_{event}();"
    for event in _EVENTS
)

# The last live call, from the kept sums of the months.
LIVE_CALLS = """
CREATE FUNCTION worklist_live_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE worklist_kept k SET live_on = t.latest
  FROM (SELECT enrollment_id, max(last_live_on) AS latest FROM timetracking_monthtotal
        WHERE enrollment_id IN (SELECT enrollment_id FROM fresh) GROUP BY enrollment_id) t
  WHERE k.enrollment_id = t.enrollment_id AND k.live_on IS DISTINCT FROM t.latest;
  RETURN NULL;
END $$;
CREATE TRIGGER worklist_live_on_insert AFTER INSERT ON timetracking_monthtotal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_live_on();
CREATE TRIGGER worklist_live_on_update AFTER UPDATE ON timetracking_monthtotal
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION worklist_live_on();
"""
NO_LIVE_CALLS = """
DROP TRIGGER worklist_live_on_insert ON timetracking_monthtotal;
DROP TRIGGER worklist_live_on_update ON timetracking_monthtotal;
DROP FUNCTION worklist_live_on();
"""

# Every enrollment has its row from the first moment: a count can only be kept where there is a row to keep it on.
ROWS = """
CREATE FUNCTION worklist_row() RETURNS trigger LANGUAGE plpgsql AS $$
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
  FOR EACH ROW EXECUTE FUNCTION worklist_row();
CREATE TRIGGER worklist_row_moved AFTER UPDATE ON enrollment_enrollment
  FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.program IS DISTINCT FROM NEW.program)
  EXECUTE FUNCTION worklist_row();
INSERT INTO worklist_kept (practice_id, enrollment_id, active, live_on)
SELECT e.practice_id, e.id, e.state = 'active' AND e.program IN ('RPM', 'RTM'),
       (SELECT max(t.last_live_on) FROM timetracking_monthtotal t WHERE t.enrollment_id = e.id)
FROM enrollment_enrollment e;
"""
NO_ROWS = """
DROP TRIGGER worklist_row_made ON enrollment_enrollment;
DROP TRIGGER worklist_row_moved ON enrollment_enrollment;
DROP FUNCTION worklist_row();
"""
# The long columns go out of line, so that narrowing a panel reads the short ones only.
NARROW = "ALTER TABLE worklist_kept SET (toast_tuple_target = 256);"
# Room beside each row: a count that goes up is written there, and no index hears of it.
ROOM = "ALTER TABLE worklist_kept SET (fillfactor = 60);"
