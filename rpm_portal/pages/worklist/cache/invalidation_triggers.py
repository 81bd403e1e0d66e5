"""The triggers that say which kept rows no longer hold, in the transaction that changes a fact.

Every table the month's facts are read from is here, so no writer can forget: ORM, bulk, admin, task or raw SQL.
`tests/test_worklist.py` reads the tables out of the statements `facts_of` sends and finds a trigger on each.
"""

from rpm_portal.core.db.triggers import DatabaseObject, trigger, trigger_function

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
    "billing_deviceanchor": _BY_ENROLLMENT,
    "enrollment_device": _BY_DEVICE,
    "enrollment_devicemodel": _BY_MODEL,
    "enrollment_payer": f"{_BY_PRACTICE}practice_id",
    "billing_payerpolicy": f"{_BY_PRACTICE}practice_id",
    "accounts_practice": f"{_BY_PRACTICE}id",
}
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


def count_changes(table: str, leads: str, column: str = "facts_moved") -> tuple[DatabaseObject, ...]:
    """Statement triggers on a table that count up the kept rows its changed rows lead to."""
    made: list[DatabaseObject] = []
    for event, (seen, moved) in _EVENTS.items():
        name = f"worklist_{table}_{event}"
        body = (
            LINES_THAT_COUNT
            if name == "worklist_billing_claimline_update"
            else f"""
  UPDATE worklist_kept SET {column} = {column} + 1
  WHERE enrollment_id IN (WITH moved AS ({moved}) {leads});
  RETURN NULL;
"""
        )
        made.append(trigger_function(name, body))
        made.append(trigger(table, name, f"AFTER {event.upper()}", each="STATEMENT", referencing=seen))
    return tuple(made)


# A claim line is a fact of other months by what it bills and whether it stands; approving it moves nothing.
_BILLS = (
    "({0}.patient_id, {0}.enrollment_id, {0}.episode_id, {0}.component, {0}.code, {0}.dos, {0}.period_start, "
    "{0}.state NOT IN ('dropped', 'void', 'reversed'))"
)
LINES_THAT_COUNT = f"""
  UPDATE worklist_kept SET facts_moved = facts_moved + 1
  WHERE enrollment_id IN (
    WITH both_images AS (
      SELECT f.patient_id AS now, g.patient_id AS before FROM fresh f JOIN gone g USING (id)
      WHERE {_BILLS.format("f")} IS DISTINCT FROM {_BILLS.format("g")}
    )
    SELECT e.id FROM enrollment_enrollment e WHERE e.patient_id IN (SELECT now FROM both_images)
       OR e.patient_id IN (SELECT before FROM both_images));
  RETURN NULL;
"""

_TURNED = "max(((f.automatic > 0) <> (g.automatic > 0) OR (f.reported > 0) <> (g.reported > 0))::int)"


def _reading_days() -> tuple[DatabaseObject, ...]:
    """Count a kept row's changes where its reading days change, and copy the last reading with the counts.

    A further value on a day that counts already changes what is drawn, not the facts.
    """
    table = "monitoring_readingday"
    insert = """
  UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + 1,
         last_reading_at = s.last_reading_at
  FROM monitoring_standing s
  WHERE k.enrollment_id IN (SELECT enrollment_id FROM fresh) AND s.enrollment_id = k.enrollment_id;
  RETURN NULL;
"""
    update = f"""
  UPDATE worklist_kept k SET values_moved = k.values_moved + 1, facts_moved = k.facts_moved + m.turned,
         last_reading_at = s.last_reading_at
  FROM (SELECT f.enrollment_id, {_TURNED} AS turned FROM fresh f JOIN gone g USING (id) GROUP BY f.enrollment_id) m,
       monitoring_standing s
  WHERE k.enrollment_id = m.enrollment_id AND s.enrollment_id = k.enrollment_id;
  RETURN NULL;
"""
    delete = """
  UPDATE worklist_kept SET values_moved = values_moved + 1, facts_moved = facts_moved + 1
  WHERE enrollment_id IN (SELECT enrollment_id FROM gone);
  RETURN NULL;
"""
    made: list[DatabaseObject] = []
    for event, body in (("insert", insert), ("update", update), ("delete", delete)):
        name = f"worklist_monitoring_readingday_{event}"
        made.append(trigger_function(name, body))
        made.append(trigger(table, name, f"AFTER {event.upper()}", each="STATEMENT", referencing=_EVENTS[event][0]))
    return tuple(made)


# The last live call, from the kept sums of the months.
_LIVE_CALLS = (
    trigger_function(
        "worklist_live_on",
        """
  UPDATE worklist_kept k SET live_on = t.latest
  FROM (SELECT enrollment_id, max(last_live_on) AS latest FROM timetracking_monthtotal
        WHERE enrollment_id IN (SELECT enrollment_id FROM fresh) GROUP BY enrollment_id) t
  WHERE k.enrollment_id = t.enrollment_id AND k.live_on IS DISTINCT FROM t.latest;
  RETURN NULL;
""",
    ),
    *(
        trigger(
            "timetracking_monthtotal",
            f"worklist_live_on_{event.lower()}",
            f"AFTER {event}",
            function="worklist_live_on",
            each="STATEMENT",
            referencing="NEW TABLE AS fresh",
        )
        for event in ("INSERT", "UPDATE")
    ),
)

# Every enrollment has its row from the first moment: a count can only be kept where there is a row to keep it on.
_ROWS = (
    trigger_function(
        "worklist_row",
        """
  IF TG_OP = 'INSERT' THEN
    INSERT INTO worklist_kept (practice_id, enrollment_id, active)
    VALUES (NEW.practice_id, NEW.id, NEW.state = 'active' AND NEW.program IN ('RPM', 'RTM'));
  ELSE
    UPDATE worklist_kept SET active = NEW.state = 'active' AND NEW.program IN ('RPM', 'RTM')
    WHERE enrollment_id = NEW.id;
  END IF;
  RETURN NULL;
""",
    ),
    trigger("enrollment_enrollment", "worklist_row_made", "AFTER INSERT", function="worklist_row"),
    trigger(
        "enrollment_enrollment",
        "worklist_row_moved",
        "AFTER UPDATE",
        function="worklist_row",
        when="OLD.state IS DISTINCT FROM NEW.state OR OLD.program IS DISTINCT FROM NEW.program",
    ),
)

TRIGGERS = (
    *(item for table, leads in FACTS.items() for item in count_changes(table, leads)),
    *(item for table, leads in VALUES.items() for item in count_changes(table, leads, "values_moved")),
    *_reading_days(),
    *_LIVE_CALLS,
    *_ROWS,
)
