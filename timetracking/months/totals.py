"""Stored totals of a month, recomputed from the time entries and calls whenever one of them changes."""

from datetime import date, datetime
from typing import Any

from django.db import connection

from enrollment.models import Enrollment
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, local_day
from timetracking.models import NON_BILLABLE, Call, TimeEntry

PROVIDERS = {Role.PHYSICIAN, Role.QHP, Role.THERAPIST}
STAFF = {Role.CLINICAL_STAFF, Role.THERAPIST_ASSISTANT}

# Time of two people at the same moment counts once: staff seconds are the union of all intervals minus the union of
# the providers' intervals. Raw: the ORM cannot unite ranges.
_RECOUNT = """
WITH {stopped} span AS (
  SELECT * FROM unnest(%(months)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) s(month, a, b)
), row AS (
  SELECT role, activity, started_at, stopped_at FROM timetracking_timeentry
  WHERE enrollment_id = %(enrollment)s AND voided_at IS NULL AND stopped_at IS NOT NULL {with_stopped}
), piece AS (
  SELECT span.month, row.role = ANY(%(providers)s) AS own,
         tstzrange(greatest(row.started_at, span.a), least(row.stopped_at, span.b)) AS worked
  FROM span JOIN row ON row.stopped_at > span.a AND row.started_at < span.b
  WHERE row.activity <> ALL(%(uncounted)s) AND row.role = ANY(%(everybody)s)
), united AS (
  SELECT month, range_agg(worked) FILTER (WHERE own) AS own, range_agg(worked) AS everybody FROM piece GROUP BY month
), sums AS (
  SELECT span.month, span.a, span.b,
    (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)::int FROM unnest(united.own) r) AS own,
    (SELECT coalesce(sum(extract(epoch FROM upper(r) - lower(r))), 0)::int FROM unnest(united.everybody) r) AS everybody
  FROM span LEFT JOIN united USING (month)
)
INSERT INTO timetracking_monthtotal AS t
  (practice_id, enrollment_id, month, provider_seconds, staff_seconds, live_contacts, last_live_on)
SELECT %(practice)s, %(enrollment)s, sums.month, sums.own, sums.everybody - sums.own, live.n,
       (live.latest AT TIME ZONE %(zone)s)::date
FROM sums CROSS JOIN LATERAL (
  SELECT count(*) AS n, max(started_at) AS latest FROM timetracking_call c
  WHERE c.enrollment_id = %(enrollment)s AND c.is_live AND c.voided_at IS NULL
    AND c.started_at >= sums.a AND c.started_at < sums.b
) live
ORDER BY sums.month
ON CONFLICT (enrollment_id, month) DO UPDATE SET provider_seconds = excluded.provider_seconds,
  staff_seconds = excluded.staff_seconds, live_contacts = excluded.live_contacts, last_live_on = excluded.last_live_on
RETURNING month, provider_seconds + staff_seconds
"""
_STOPPED = """stopped AS (
  UPDATE timetracking_timeentry SET stopped_at = %(stop)s WHERE id = %(entry)s
  RETURNING role, activity, started_at, stopped_at
),"""
_WITH_STOPPED = "AND id <> %(entry)s UNION ALL SELECT * FROM stopped"


def _lock_enrollment(enrollment_id: int) -> None:
    """Lock an enrollment so that recounts run one after the other. Call it in a transaction, before the recount."""
    Enrollment.objects.select_for_update(no_key=True).filter(pk=enrollment_id).values_list("pk").first()


def refresh_totals(row: TimeEntry | Call) -> None:
    """Recompute the totals of the months a row overlaps, in the row's transaction. Two statements."""
    _lock_enrollment(row.enrollment_id)
    end = row.ended_at if isinstance(row, Call) else (row.stopped_at or row.started_at)
    _recount(_RECOUNT.format(stopped="", with_stopped=""), row, row.started_at, end, {})


def stop_and_recount(entry: TimeEntry, *, at: datetime) -> dict[date, int]:
    """Set the end of a running entry and recompute its months in one statement. The caller has locked the enrollment.

    Returns the seconds of each month, by its first day.
    """
    sql = _RECOUNT.format(stopped=_STOPPED, with_stopped=_WITH_STOPPED)
    sums = _recount(sql, entry, entry.started_at, at, {"stop": at, "entry": entry.pk})
    entry.stopped_at = at
    return sums


def _recount(
    sql: str, row: TimeEntry | Call, start: datetime, end: datetime, more_parameters: dict[str, object]
) -> dict[date, int]:
    zone = row.practice.zone
    months = [Month.of(local_day(start, zone))]
    while months[-1] < Month.of(local_day(end, zone)):
        months.append(months[-1].plus(1))
    parameters: dict[str, Any] = {
        "practice": row.practice_id,
        "enrollment": row.enrollment_id,
        "zone": zone,
        "months": [month.first_day for month in months],
        "starts": [month.starts_at(zone) for month in months],
        "ends": [month.ends_at(zone) for month in months],
        "providers": sorted(PROVIDERS),
        "everybody": sorted(PROVIDERS | STAFF),
        "uncounted": sorted(NON_BILLABLE),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters | more_parameters)
        return dict(cursor.fetchall())
