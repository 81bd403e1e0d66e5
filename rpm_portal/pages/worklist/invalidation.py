"""The triggers that mark a worklist row as out of date, in the transaction that changes a fact.

One row trigger for each table: a change raises `version` (the row must be decided again), or `place_version` together
with a `place_until` in the past (the row must be placed again). No writer can forget it: ORM, bulk, admin, task or raw
SQL. The tests read the tables out of the statements that `facts_of` sends, and find a trigger on each.
"""

from rpm_portal.core.db.triggers import DatabaseObject, table_settings, trigger, trigger_function

# Two years of readings of a patient come in one statement. A row trigger would write the patient's row 730 times, and
# its dead versions would stay in the table: 50 MB after two months of 5,000 patients, with one live row on each page
# that a filter reads. So an insert into this table marks each row once.
_IN_BULK = "monitoring_readingday"
# OLD is null in an INSERT and NEW in a DELETE; an UPDATE may change the owner, so both owners are marked.
_OF_PATIENTS = "enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id IN ({}))"
# A claim line is a fact of other months by what it bills and whether it is still billed; approving it changes nothing.
GONE_STATES = "('dropped', 'void', 'reversed')"
# An active RPM or RTM enrollment is listed; another one while an alert is open or a discharged patient has a device.
_IS_LISTED = """{0}.program IN ('RPM', 'RTM') AND ({0}.state = 'active'
    OR EXISTS (SELECT FROM monitoring_alert a WHERE a.enrollment_id = {0}.id AND a.state <> 'closed')
    OR {0}.state = 'discharged' AND EXISTS (
      SELECT FROM enrollment_deviceassignment d WHERE d.enrollment_id = {0}.id AND d.ends_at IS NULL))"""
_PLACE_DUE = "place_version = place_version + 1, place_until = 'epoch'"
_BILLED = (
    "({0}.patient_id, {0}.enrollment_id, {0}.episode_id, {0}.component, {0}.code, {0}.units, {0}.dos, "
    f"{{0}}.period_start, {{0}}.state NOT IN {GONE_STATES})"
)


def _on_change(name: str, body: str) -> DatabaseObject:
    """A trigger function that does nothing for an UPDATE that changes nothing."""
    return trigger_function(
        name,
        f"""
  IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
    RETURN NULL;
  END IF;
{body.strip(chr(10))}
  RETURN NULL;
""",
    )


def _raise_version(where: str) -> str:
    return f"  UPDATE worklist_row SET version = version + 1 WHERE {where};"


def _list_again(more: str = "") -> str:
    """Decide whether an enrollment is listed, and place its row; `more` are other assignments."""
    return f"""
  UPDATE worklist_row SET {more}{_PLACE_DUE}, listed = {_IS_LISTED.format("e")}
  FROM enrollment_enrollment e
  WHERE e.id = worklist_row.enrollment_id AND e.id IN (OLD.enrollment_id, NEW.enrollment_id);"""


# The path from a changed row to the enrollments whose facts it belongs to.
_FUNCTIONS = {
    "worklist_by_enrollment": _raise_version("enrollment_id IN (OLD.enrollment_id, NEW.enrollment_id)"),
    # Time, documents and episodes of an enrollment are facts of the patient's other enrollments in the program too.
    "worklist_by_enrollments_patient": _raise_version(
        _OF_PATIENTS.format(
            "SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)"
        )
    ),
    "worklist_by_patient": _raise_version(_OF_PATIENTS.format("OLD.patient_id, NEW.patient_id")),
    "worklist_by_device": _raise_version(
        "enrollment_id IN (SELECT enrollment_id FROM enrollment_deviceassignment WHERE device_id IN (OLD.id, NEW.id))"
    ),
    "worklist_by_device_model": _raise_version(
        "enrollment_id IN (SELECT a.enrollment_id FROM enrollment_deviceassignment a "
        "JOIN enrollment_device d ON d.id = a.device_id WHERE d.model_id IN (OLD.id, NEW.id))"
    ),
    # The role and the last day of the billing provider and the supervisor. One with an enrollment is never deleted.
    "worklist_membership": """
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (OLD.role, OLD.ends_on) IS NOT DISTINCT FROM (NEW.role, NEW.ends_on) THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1
  WHERE billing_provider_id IN (OLD.id, NEW.id) OR supervised_by_id IN (OLD.id, NEW.id);""",
    "worklist_by_practice": _raise_version("practice_id IN (OLD.practice_id, NEW.practice_id)"),
    # The practice's zone decides when a day and a month begin, so its rows are also placed again.
    "worklist_practice": """
  UPDATE worklist_row SET version = version + 1, place_version = place_version + 1, place_until = 'epoch'
  WHERE practice_id IN (OLD.id, NEW.id);""",
    # A device of a discharged patient is to be got back, and no longer when it is returned.
    "worklist_device_assignment": _list_again("version = version + 1, "),
    # An open alert is listed whatever the state of the enrollment.
    "worklist_alert": _list_again(),
    # Time is signed for a person and a day; the day is in the practice's zone.
    "worklist_day_signature": f"""
  UPDATE worklist_row SET {_PLACE_DUE}
  WHERE enrollment_id IN (
    SELECT t.enrollment_id FROM timetracking_timeentry t JOIN accounts_practice p ON p.id = t.practice_id
    WHERE t.practice_id IN (OLD.practice_id, NEW.practice_id) AND t.staff_id IN (OLD.staff_id, NEW.staff_id)
      AND t.started_at BETWEEN least(OLD.day, NEW.day) - 1 AND greatest(OLD.day, NEW.day) + 2
      AND (t.started_at AT TIME ZONE p.zone)::date IN (OLD.day, NEW.day));""",
    # The names and the language of a patient are copied, so that filters and orders need no join.
    "worklist_patient": """
  UPDATE worklist_row SET version = version + 1, language = NEW.language,
         sort_name = left(lower(NEW.family_name || ' ' || NEW.given_name), 170)
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.id);""",
    # A running entry is not a fact yet, so its heartbeat changes nothing. Care management of the same patient may not
    # bill the same minutes, so every enrollment of the patient is marked. Its day may have to be signed again.
    "worklist_time_entry": f"""
  IF OLD.stopped_at IS NULL AND NEW.stopped_at IS NULL THEN
    RETURN NULL;
  END IF;
  UPDATE worklist_row SET version = version + 1, {_PLACE_DUE}
  WHERE {
        _OF_PATIENTS.format(
            "SELECT patient_id FROM enrollment_enrollment WHERE id IN (OLD.enrollment_id, NEW.enrollment_id)"
        )
    };""",
    "worklist_claim_line": f"""
  IF TG_OP = 'UPDATE' AND {_BILLED.format("OLD")} IS NOT DISTINCT FROM {_BILLED.format("NEW")} THEN
    RETURN NULL;
  END IF;
{_raise_version(_OF_PATIENTS.format("OLD.patient_id, NEW.patient_id"))}""",
    # Every enrollment has its row from the first moment: a version needs a row to be stored in.
    "worklist_enrollment": f"""
  IF TG_OP = 'DELETE' THEN
    RETURN NULL;
  END IF;
  INSERT INTO worklist_row AS r (practice_id, enrollment_id, listed, state, started_on, discharged_on, program,
                                 condition, clinic_id, looked_after_by_id, billing_provider_id, supervised_by_id,
                                 language, sort_name)
  SELECT NEW.practice_id, NEW.id, {_IS_LISTED.format("NEW")},
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
  WHERE enrollment_id IN (SELECT id FROM enrollment_enrollment WHERE patient_id = NEW.patient_id AND id <> NEW.id);""",
    # A row that is due already is marked again: place() may be reading the values of before at this moment.
    "worklist_place_due": f"""
  UPDATE worklist_row SET {_PLACE_DUE}
  WHERE enrollment_id IN (OLD.enrollment_id, NEW.enrollment_id);""",
}
# Tables that the decision or the display reads.
FACTS = {
    "enrollment_enrollment": "worklist_enrollment",
    "enrollment_patient": "worklist_patient",
    "enrollment_order": "worklist_by_enrollments_patient",
    "enrollment_consent": "worklist_by_enrollments_patient",
    "enrollment_episode": "worklist_by_enrollments_patient",
    "enrollment_pause": "worklist_by_enrollment",
    "enrollment_coverage": "worklist_by_patient",
    "enrollment_priorauthorization": "worklist_by_patient",
    "enrollment_otherbillinganswer": "worklist_by_patient",
    "enrollment_outsideclaim": "worklist_by_patient",
    "enrollment_carestatus": "worklist_by_patient",
    "enrollment_qualifyingvisit": "worklist_by_patient",
    "enrollment_planofcare": "worklist_by_patient",
    "enrollment_accessalignment": "worklist_by_patient",
    "enrollment_accessupdate": "worklist_by_patient",
    "enrollment_careplan": "worklist_by_patient",
    "enrollment_earlierprovider": "worklist_by_patient",
    "enrollment_payer": "worklist_by_practice",
    "enrollment_deviceassignment": "worklist_device_assignment",
    "enrollment_device": "worklist_by_device",
    "enrollment_devicemodel": "worklist_by_device_model",
    "accounts_practice": "worklist_practice",
    "accounts_membership": "worklist_membership",
    "monitoring_readingday": "worklist_by_enrollment",
    "monitoring_threshold": "worklist_by_enrollment",
    "timetracking_timeentry": "worklist_time_entry",
    "timetracking_call": "worklist_by_enrollments_patient",
    "timetracking_visit": "worklist_by_patient",
    "billing_claimline": "worklist_claim_line",
    "billing_deviceanchor": "worklist_by_enrollment",
    "billing_payerpolicy": "worklist_by_practice",
    "billing_ruleyearfile": "worklist_by_practice",
}
# Tables that the place is computed from. They are no facts of a month.
PLACES = {
    "monitoring_standing": "worklist_place_due",
    "monitoring_alert": "worklist_alert",
    "timetracking_monthtotal": "worklist_place_due",
    "timetracking_daysignature": "worklist_day_signature",
    "worklist_snooze": "worklist_place_due",
}

TRIGGERS = (
    *(_on_change(name, body) for name, body in _FUNCTIONS.items()),
    trigger_function(
        "worklist_inserted",
        _raise_version("enrollment_id IN (SELECT enrollment_id FROM inserted)") + "\n  RETURN NULL;",
    ),
    *(
        trigger(
            table,
            f"worklist_{table}",
            "AFTER UPDATE OR DELETE" if table == _IN_BULK else "AFTER INSERT OR UPDATE OR DELETE",
            function=function,
        )
        for table, function in (FACTS | PLACES).items()
    ),
    trigger(
        _IN_BULK,
        f"worklist_{_IN_BULK}_insert",
        "AFTER INSERT",
        function="worklist_inserted",
        each="STATEMENT",
        referencing="NEW TABLE AS inserted",
    ),
    # Room in each page: a raised version is written there and changes no index.
    table_settings("worklist_row", "SET (fillfactor = 70)"),
)
