"""The place of a row on the worklist: its live columns, section, band, rank, and when time alone changes them.

A open clinical alerts, B1 no reading for three days, B2 no live call this month, B3 a device period about to close; C
is the rest. No amount of money is read here, so money never lifts a patient.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from rpm_portal.accounts.models import Practice
from rpm_portal.core.db.any_of import array_literal

SILENT_DAYS = 3
CLOSING = 3  # days that may still be missed before a device period is lost
# Ranks of a section begin at these numbers. Within A: critical alerts, then high alerts, then the last reading.
_RANKS = "(99 - least(open_critical, 99)) * 1e12 + (99 - least(open_high, 99)) * 1e10"
_B1, _B2, _B3, _C = (f"{number}e15" for number in (2, 3, 4, 5))
_COLUMNS = (
    "open_critical",
    "open_high",
    "last_reading_at",
    "last_metric",
    "last_value",
    "last_value_2",
    "last_bounds",
    "live_on",
    "seconds",
    "snoozed_until",
    "alert",
    "section",
    "band",
    "rank",
    "place_until",
)

# `{moment}` is the time of the place, `{where}` the condition on the rows.
_PLACED = f"""
WITH at_moment AS (
  SELECT r.id, r.enrollment_id, r.place_version, r.slack, r.now, p.zone, (r.now AT TIME ZONE p.zone)::date AS today,
         date_trunc('month', r.now AT TIME ZONE p.zone) AS month
  FROM (SELECT *, {{moment}} AS now FROM worklist_row) r JOIN accounts_practice p ON p.id = r.practice_id
  WHERE {{where}}),
live AS (
  SELECT m.*, s.open_critical, s.open_high, s.last_reading_at, s.last_metric, s.last_value, s.last_value_2,
         s.last_bounds, t.live_on, coalesce(t.seconds, 0) AS seconds, z.until_on AS snoozed_until,
         s.open_critical > 0 OR s.open_high > 0 AS alerted,
         s.last_reading_at IS NULL OR s.last_reading_at < m.now - interval '{SILENT_DAYS} days' AS silent
  FROM at_moment m JOIN monitoring_standing s ON s.enrollment_id = m.enrollment_id
  CROSS JOIN LATERAL (
    SELECT max(last_live_on) AS live_on,
           sum(provider_seconds + staff_seconds) FILTER (WHERE month = m.month::date) AS seconds
    FROM timetracking_monthtotal WHERE enrollment_id = m.enrollment_id) t
  -- The latest snooze, unless its day has come, a person ended it, or an alert opened or became critical after it.
  LEFT JOIN LATERAL (
    SELECT * FROM worklist_snooze WHERE enrollment_id = m.enrollment_id ORDER BY at DESC, id DESC LIMIT 1) z
    ON z.until_on > m.today AND z.ended_at IS NULL AND NOT EXISTS (
      SELECT FROM monitoring_alert a JOIN monitoring_alertstep step ON step.alert_id = a.id
      WHERE a.enrollment_id = m.enrollment_id AND a.kind = 'clinical' AND a.state <> 'closed'
        AND step.kind IN ('opened', 'worsened') AND step.at > z.at)),
sectioned AS (
  SELECT *, CASE WHEN alerted THEN 'A' WHEN silent THEN 'B1' WHEN live_on IS NULL OR live_on < month THEN 'B2'
                 WHEN slack BETWEEN 0 AND {CLOSING} THEN 'B3' ELSE 'C' END AS section FROM live)
SELECT id, place_version, open_critical, open_high, last_reading_at, last_metric, last_value, last_value_2, last_bounds,
  live_on, seconds, snoozed_until, section,
  CASE WHEN alerted THEN (
    SELECT jsonb_build_object(
      'metric', reading.metric, 'value', reading.value::text, 'value_2', reading.value_2::text,
      'bounds', reading.bounds, 'description', a.description, 'count', a.count, 'part', a.part, 'limit', a.limit::text,
      'opened_at', a.opened_at)
    FROM monitoring_alert a LEFT JOIN monitoring_reading reading ON reading.id = a.reading_id
    WHERE a.enrollment_id = sectioned.enrollment_id AND a.kind = 'clinical' AND a.state <> 'closed'
    ORDER BY CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, a.last_at DESC, a.id
    LIMIT 1) END AS alert,
  CASE WHEN snoozed_until IS NOT NULL THEN 0 WHEN section = 'A' THEN 1 WHEN section = 'C' THEN 3 ELSE 2 END AS band,
  CASE section
    WHEN 'A' THEN {_RANKS} + coalesce(extract(epoch FROM date_trunc('second', last_reading_at)), 0)
    WHEN 'B1' THEN {_B1} + coalesce(extract(epoch FROM date_trunc('second', last_reading_at)), 0)
    WHEN 'B2' THEN {_B2} + coalesce(live_on - date '1970-01-01', 0)
    WHEN 'B3' THEN {_B3} + slack
    ELSE {_C} END::bigint AS rank,
  least(
    -- The first moment at which the patient has been silent for too long.
    CASE WHEN NOT silent THEN last_reading_at + interval '{SILENT_DAYS} days 1 microsecond' END,
    (month + interval '1 month') AT TIME ZONE zone,
    snoozed_until::timestamp AT TIME ZONE zone) AS place_until
FROM sectioned"""  # noqa: S608 - texts of our own

# Rows that another transaction is writing are not waited for, and rows that were marked after this statement began are
# not written: they stay due, and the next reader places them.
_PLACE = f"""
WITH due AS MATERIALIZED (
  SELECT id FROM worklist_row WHERE {{due}} ORDER BY id FOR NO KEY UPDATE SKIP LOCKED),
placed AS ({_PLACED.format(moment="%(now)s::timestamptz", where="r.id IN (SELECT id FROM due)")})
UPDATE worklist_row SET {", ".join(f"{name} = placed.{name}" for name in _COLUMNS)}
FROM placed WHERE worklist_row.id = placed.id AND worklist_row.place_version = placed.place_version"""  # noqa: S608 - texts of our own

# Until `place_until` the place does not change, so the last moment before it must give the same one.
_MISPLACED = f"""
WITH placed AS ({
    _PLACED.format(
        moment="place_until - interval '1 microsecond'",
        where="r.practice_id = %(practice)s AND r.active AND r.place_until > 'epoch'",
    )
})
SELECT r.enrollment_id FROM worklist_row r JOIN placed USING (id)
WHERE ({", ".join(f"r.{name}" for name in _COLUMNS)})
   IS DISTINCT FROM ({", ".join(f"placed.{name}" for name in _COLUMNS)}) ORDER BY 1"""  # noqa: S608


def place(enrollment_ids: Iterable[int], *, now: datetime) -> None:
    """Place the rows of some enrollments, in the caller's transaction. One statement."""
    _execute("enrollment_id = ANY(%(ids)s::bigint[])", now=now, ids=array_literal(enrollment_ids))


def place_due(practice: Practice, *, now: datetime) -> None:
    """Place the active rows of a practice whose place has changed by an event or by time. One statement."""
    due = "practice_id = %(practice)s AND active AND place_until <= %(now)s::timestamptz"
    _execute(due, now=now, practice=practice.pk)


def _execute(due: str, **values: datetime | int | str) -> None:
    """Place the rows that `due` selects, in one statement. Raw: an UPDATE from a join of six tables."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE.format(due=due), values)


def misplaced(practice: Practice) -> list[int]:
    """The enrollments whose row claims to be placed and is placed wrongly: a missing trigger. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_MISPLACED, {"practice": practice.pk})
        return [pk for (pk,) in cursor.fetchall()]
