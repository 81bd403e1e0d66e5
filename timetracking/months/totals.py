"""The kept sums of a month, set anew from its rows whenever one of them changes, in one statement."""

from datetime import date, datetime
from typing import Any

from django.db import connection

from enrollment.models import Enrollment
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, local_day
from timetracking.models import NON_BILLABLE, Call, TimeEntry

PROVIDERS = {Role.PHYSICIAN, Role.QHP, Role.THERAPIST}
STAFF = {Role.CLINICAL_STAFF, Role.THERAPIST_ASSISTANT}

# Two people at the same moment count once: what staff add is the union of all less the union of the providers'.
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


def hold_totals(enrollment_id: int) -> None:
    """Let one recount of an enrollment wait for the other. In a transaction, before the statement that recounts."""
    Enrollment.objects.select_for_update(no_key=True).filter(pk=enrollment_id).values_list("pk").first()


def refresh_totals(row: TimeEntry | Call) -> None:
    """Recount the months a row touches, in the transaction of the row. Two statements."""
    hold_totals(row.enrollment_id)
    end = row.ended_at if isinstance(row, Call) else (row.stopped_at or row.started_at)
    _recount(_RECOUNT.format(stopped="", with_stopped=""), row, row.started_at, end, {})


def stop_and_recount(entry: TimeEntry, *, at: datetime) -> dict[date, int]:
    """Set a running interval's end and recount its months in one statement; the caller holds the totals.

    Answers with the seconds of each month, by its first day.
    """
    words = _RECOUNT.format(stopped=_STOPPED, with_stopped=_WITH_STOPPED)
    sums = _recount(words, entry, entry.started_at, at, {"stop": at, "entry": entry.pk})
    entry.stopped_at = at
    return sums


def _recount(
    words: str, row: TimeEntry | Call, start: datetime, end: datetime, further: dict[str, Any]
) -> dict[date, int]:
    zone = row.practice.zone
    months = [Month.of(local_day(start, zone))]
    while months[-1] < Month.of(local_day(end, zone)):
        months.append(months[-1].plus(1))
    said: dict[str, Any] = {
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
        cursor.execute(words, said | further)
        return dict(cursor.fetchall())
