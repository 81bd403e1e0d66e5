"""Lines that a seal waits for: their days are unsigned, or their time has no approval."""

from datetime import date, datetime

from django.db import connection

from billing.models import MonthClose
from enrollment.documents_in_force import LOOK_BACK
from rpm_portal.core.days import Month
from timetracking.timers import MAX_ENTRY_LENGTH

# Starts from the unsigned days and the entries without approval, which are few, and joins the lines: reading every row
# of evidence costs far more. An entry that waits for approval is a row without a person and a day.
_WAITING = """
WITH unsigned AS MATERIALIZED (
  SELECT w.enrollment_id, w.id, w.staff, w.day FROM (
    SELECT t.enrollment_id, 'time:' || t.public_id AS id, t.staff_id AS staff, t.entered_at AS filed_at,
           (t.started_at AT TIME ZONE %(zone)s)::date AS day
    FROM timetracking_timeentry t
    WHERE t.practice_id = %(practice)s AND t.started_at >= %(since)s AND t.started_at < %(until)s
    UNION ALL
    SELECT c.enrollment_id, 'call:' || c.public_id, c.called_by_id, c.logged_at,
           (c.started_at AT TIME ZONE %(zone)s)::date
    FROM timetracking_call c
    WHERE c.practice_id = %(practice)s AND c.started_at >= %(since)s AND c.started_at < %(until)s) w
  WHERE %(days_signed)s AND NOT EXISTS (SELECT 1 FROM timetracking_daysignature s
                    WHERE s.practice_id = %(practice)s AND s.staff_id = w.staff AND s.day = w.day
                      AND s.signed_at >= w.filed_at)
), unapproved AS MATERIALIZED (
  SELECT t.enrollment_id, 'time:' || t.public_id AS id FROM timetracking_timeentry t
  WHERE t.practice_id = %(practice)s AND t.started_at >= %(since)s AND t.started_at < %(until)s AND t.voided_at IS NULL
    AND EXISTS (SELECT 1 FROM timetracking_timepolicy p WHERE p.practice_id = %(practice)s AND p.time_approved)
    AND NOT EXISTS (SELECT 1 FROM timetracking_timeapproval a WHERE a.entry_id = t.id)
), waiting AS (
  SELECT enrollment_id, id, staff, day FROM unsigned UNION ALL
  SELECT enrollment_id, id, NULL::bigint, NULL::date FROM unapproved
)
SELECT DISTINCT l.id, w.staff, w.day FROM waiting w
JOIN enrollment_enrollment e ON e.id = w.enrollment_id JOIN billing_claimline l ON l.patient_id = e.patient_id
  AND l.close_id = %(close)s AND l.state IN ('proposed', 'approved') AND w.id = ANY(l.evidence)
ORDER BY w.day, w.staff, l.id
"""


def lines_that_wait(close: MonthClose) -> list[tuple[int, int | None, date | None]]:
    """Proposed and approved lines that depend on unsigned days, or on time without approval.

    A (line, person, day) for each unsigned day, if the practice asks for signed days; (line, None, None) for a line
    with time that no second person has approved, if its time policy asks for that. One statement.
    """
    month = Month.of(close.month)
    parameters: dict[str, int | str | bool | datetime] = {
        "close": close.pk,
        "zone": close.zone,
        "practice": close.practice_id,
        "days_signed": close.practice.days_signed,
        # As far back as the facts of a month are read: no line has earlier evidence.
        "since": month.starts_at(close.zone) - LOOK_BACK - MAX_ENTRY_LENGTH,
        "until": month.ends_at(close.zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, parameters)
        rows: list[tuple[int, int | None, date | None]] = cursor.fetchall()
    return rows
