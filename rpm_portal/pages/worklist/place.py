"""The place of a row on the worklist: its live columns, section, band, rank, and when time alone changes them.

A open clinical alerts, A3 other open alerts, B1 no reading for three days, B2 no live call this month, B3 a device
period about to close, B4 documents that block, B5 a document or the month ends within days, B6 a discharged patient has
a device; C is the rest. No amount of money is read here, so money never lifts a patient.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from rpm_portal.accounts.models import Practice
from rpm_portal.core.db.any_of import array_literal

SILENT_DAYS = 3
CLOSING = 3  # days that may still be missed before a device period is lost
ENDING_DAYS = 7  # days before the end of a document or of the month
# Ranks of a section begin at these numbers. Within A: critical alerts, then high alerts, then the last reading.
_RANKS = "(99 - least(open_critical, 99)) * 1e12 + (99 - least(open_high, 99)) * 1e10"
_B1, _A3, _B2, _B3, _B4, _B5, _B6, _C = (f"{number}e15" for number in (20, 25, 30, 40, 42, 44, 46, 50))
_COLUMNS = (
    "open_critical",
    "open_high",
    "open_other",
    "alert_owners",
    "last_reading_at",
    "last_metric",
    "last_value",
    "last_value_2",
    "last_bounds",
    "live_on",
    "seconds",
    "reviewed_on",
    "unsigned_on",
    "devices_out",
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
  SELECT r.id, r.practice_id, r.enrollment_id, r.place_version, r.slack, r.state, r.blocked, r.ends_on, r.now, p.zone,
         (r.now AT TIME ZONE p.zone)::date AS today, date_trunc('month', r.now AT TIME ZONE p.zone) AS month
  FROM (SELECT *, {{moment}} AS now FROM worklist_row) r JOIN accounts_practice p ON p.id = r.practice_id
  WHERE {{where}}),
live AS (
  SELECT m.*, s.open_critical, s.open_high, s.open_low + s.open_adherence AS open_other, owners.alert_owners,
         s.last_reading_at, s.last_metric, s.last_value, s.last_value_2,
         s.last_bounds, t.live_on, coalesce(t.seconds, 0) AS seconds,
         (s.reviewed_to AT TIME ZONE m.zone)::date AS reviewed_on,
         unsigned.unsigned_on, devices.devices_out, z.until_on AS snoozed_until,
         s.open_critical > 0 OR s.open_high > 0 AS alerted,
         m.state = 'active' AND (
           s.last_reading_at IS NULL OR s.last_reading_at < m.now - interval '{SILENT_DAYS} days') AS silent
  FROM at_moment m JOIN monitoring_standing s ON s.enrollment_id = m.enrollment_id
  CROSS JOIN LATERAL (
    SELECT max(last_live_on) AS live_on,
           sum(provider_seconds + staff_seconds) FILTER (WHERE month = m.month::date) AS seconds
    FROM timetracking_monthtotal WHERE enrollment_id = m.enrollment_id) t
  CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT owner_id ORDER BY owner_id), array[]::bigint[]) AS alert_owners
    FROM monitoring_alert a
    WHERE a.enrollment_id = m.enrollment_id AND a.state <> 'closed' AND a.owner_id IS NOT NULL) owners
  -- Time of the month that its person has not signed, or that was entered after the signature.
  CROSS JOIN LATERAL (
    SELECT min((e.started_at AT TIME ZONE m.zone)::date) AS unsigned_on FROM timetracking_timeentry e
    WHERE e.enrollment_id = m.enrollment_id AND e.voided_at IS NULL AND e.stopped_at IS NOT NULL
      AND e.started_at >= m.month AT TIME ZONE m.zone
      AND e.started_at < (m.month + interval '1 month') AT TIME ZONE m.zone
      AND NOT EXISTS (
        SELECT FROM timetracking_daysignature d
        WHERE d.practice_id = m.practice_id AND d.staff_id = e.staff_id
          AND d.day = (e.started_at AT TIME ZONE m.zone)::date AND d.signed_at >= e.entered_at)) unsigned
  CROSS JOIN LATERAL (
    SELECT count(*)::smallint AS devices_out FROM enrollment_deviceassignment d
    WHERE m.state = 'discharged' AND d.enrollment_id = m.enrollment_id AND d.ends_at IS NULL) devices
  -- The latest snooze, unless its day has come, a person ended it, or an alert opened or became critical after it.
  LEFT JOIN LATERAL (
    SELECT * FROM worklist_snooze WHERE enrollment_id = m.enrollment_id ORDER BY at DESC, id DESC LIMIT 1) z
    ON z.until_on > m.today AND z.ended_at IS NULL AND NOT EXISTS (
      SELECT FROM monitoring_alert a JOIN monitoring_alertstep step ON step.alert_id = a.id
      WHERE a.enrollment_id = m.enrollment_id AND a.kind = 'clinical' AND a.state <> 'closed'
        AND step.kind IN ('opened', 'worsened') AND step.at > z.at)),
sectioned AS (
  SELECT *, CASE WHEN alerted THEN 'A' WHEN silent THEN 'B1' WHEN open_other > 0 THEN 'A3'
                 WHEN devices_out > 0 THEN 'B6' WHEN state <> 'active' THEN 'C'
                 WHEN live_on IS NULL OR live_on < month THEN 'B2'
                 WHEN slack BETWEEN 0 AND {CLOSING} THEN 'B3' WHEN blocked THEN 'B4'
                 WHEN ends_on - today BETWEEN 0 AND {ENDING_DAYS} THEN 'B5' ELSE 'C' END AS section FROM live)
SELECT id, place_version, open_critical, open_high, open_other, alert_owners, last_reading_at, last_metric, last_value,
  last_value_2, last_bounds, live_on, seconds, reviewed_on, unsigned_on, devices_out, snoozed_until, section,
  CASE WHEN alerted OR open_other > 0 THEN (
    SELECT jsonb_build_object(
      'metric', reading.metric, 'value', reading.value::text, 'value_2', reading.value_2::text,
      'bounds', reading.bounds, 'description', a.description, 'count', a.count, 'part', a.part, 'limit', a.limit::text,
      'opened_at', a.opened_at)
    FROM monitoring_alert a LEFT JOIN monitoring_reading reading ON reading.id = a.reading_id
    WHERE a.enrollment_id = sectioned.enrollment_id AND a.state <> 'closed'
    ORDER BY a.kind <> 'clinical', CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END,
      a.last_at DESC, a.id
    LIMIT 1) END AS alert,
  CASE WHEN snoozed_until IS NOT NULL THEN 0 WHEN section = 'A' THEN 1 WHEN section = 'C' THEN 3 ELSE 2 END AS band,
  CASE section
    WHEN 'A' THEN {_RANKS} + coalesce(extract(epoch FROM date_trunc('second', last_reading_at)), 0)
    WHEN 'B1' THEN {_B1} + coalesce(extract(epoch FROM date_trunc('second', last_reading_at)), 0)
    WHEN 'A3' THEN {_A3} + coalesce(extract(epoch FROM date_trunc('second', last_reading_at)), 0)
    WHEN 'B2' THEN {_B2} + coalesce(live_on - date '1970-01-01', 0)
    WHEN 'B3' THEN {_B3} + slack
    WHEN 'B4' THEN {_B4}
    WHEN 'B5' THEN {_B5} + (ends_on - date '1970-01-01')
    WHEN 'B6' THEN {_B6}
    ELSE {_C} END::bigint AS rank,
  least(
    -- The first moment at which the patient has been silent for too long.
    CASE WHEN state = 'active' AND NOT silent
         THEN last_reading_at + interval '{SILENT_DAYS} days 1 microsecond' END,
    -- The first day of the last days of a document, and the day after it, where nothing else decides the place.
    CASE WHEN section NOT IN ('B5', 'C') THEN NULL
         WHEN ends_on - today > {ENDING_DAYS} THEN (ends_on - {ENDING_DAYS})::timestamp AT TIME ZONE zone
         WHEN ends_on >= today THEN (ends_on + 1)::timestamp AT TIME ZONE zone END,
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
        where="r.practice_id = %(practice)s AND r.listed AND r.place_until > 'epoch'",
    )
})
SELECT r.enrollment_id FROM worklist_row r JOIN placed USING (id)
WHERE ({", ".join(f"r.{name}" for name in _COLUMNS)})
   IS DISTINCT FROM ({", ".join(f"placed.{name}" for name in _COLUMNS)}) ORDER BY 1"""  # noqa: S608


def place(enrollment_ids: Iterable[int], *, now: datetime) -> None:
    """Place the rows of some enrollments, in the caller's transaction. One statement."""
    _execute("enrollment_id = ANY(%(ids)s::bigint[])", now=now, ids=array_literal(enrollment_ids))


def place_due(practice: Practice, *, now: datetime) -> None:
    """Place the listed rows of a practice whose place has changed by an event or by time. One statement."""
    due = "practice_id = %(practice)s AND listed AND place_until <= %(now)s::timestamptz"
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
