"""Adherence alerts for patients without data: opened by a scheduled task and closed by the next reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction

from monitoring.alerts.evaluate import escalation_delay, note_steps, owners_of, recount_alerts
from monitoring.models import Alert, AlertKind, AlertState, Severity, StepKind
from monitoring.readings.store import lock_standings
from rpm_portal.core.db.history import create_in_bulk, update_in_bulk

SILENCE = "absence"


def end_silence(ids: Iterable[int], *, now: datetime) -> None:
    """Close the adherence alerts of enrollments for which a reading arrived, with a step."""
    rows = Alert.objects.filter(enrollment__in=ids, cause=SILENCE).exclude(state=AlertState.CLOSED)
    alerts = list(rows.select_for_update().order_by("pk"))
    for alert in alerts:
        alert.state, alert.closed_at, alert.due_at = AlertState.CLOSED, now, None
    update_in_bulk(Alert, alerts, fields=["state", "closed_at", "due_at"], reason="A reading arrived", by=None)
    note_steps(alerts, StepKind.ARRIVED, now=now)
    recount_alerts(alert.enrollment_id for alert in alerts)


def silent(practice_id: int, *, now: datetime) -> list[tuple[int, int, int]]:
    """(enrollment, days without data, days allowed) of active patients with a device but without data. One statement.

    The days are counted from the last reading, or from the day the device was given if no reading has arrived.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT e.id, floor(extract(epoch FROM %(now)s - greatest(s.last_reading_at, c.since)) / 86400)::int, d.days
            FROM enrollment_enrollment e
            JOIN LATERAL (SELECT min(a.starts_at) AS since FROM enrollment_deviceassignment a
                          WHERE a.enrollment_id = e.id AND a.starts_at <= %(now)s
                            AND (a.ends_at IS NULL OR a.ends_at > %(now)s)) c ON c.since IS NOT NULL
            LEFT JOIN monitoring_standing s ON s.enrollment_id = e.id
            CROSS JOIN LATERAL (SELECT coalesce(
                (SELECT min((r.spec ->> 'days')::int) FROM monitoring_alertrule r
                 WHERE r.enrollment_id = e.id AND r.ended_at IS NULL AND r.spec ->> 'kind' = 'absence'),
                (SELECT w.silent_days FROM monitoring_watch w WHERE w.practice_id = e.practice_id), 3) AS days) d
            WHERE e.practice_id = %(practice)s AND e.state = 'active' AND e.program IN ('RPM', 'RTM')
              AND greatest(s.last_reading_at, c.since) <= %(now)s - d.days * interval '1 day'
              AND NOT EXISTS (SELECT 1 FROM monitoring_alert a WHERE a.enrollment_id = e.id AND a.cause = 'absence'
                              AND (a.state <> 'closed' OR a.opened_at > greatest(s.last_reading_at, c.since)))
            ORDER BY e.id
            """,
            {"now": now, "practice": practice_id},
        )
        return [(int(a), int(b), int(c)) for a, b, c in cursor.fetchall()]


def raise_silence(practice_id: int, rows: Sequence[tuple[int, int, int]], *, now: datetime) -> int:
    """Open an adherence alert for each row; the caller has locked the standings. Returns how many."""
    if not rows:
        return 0
    owners = owners_of(practice_id, [row[0] for row in rows], now=now)
    alerts = [
        Alert(
            practice_id=practice_id,
            enrollment_id=pk,
            kind=AlertKind.ADHERENCE,
            cause=SILENCE,
            severity=Severity.LOW,
            value=Decimal(days),
            limit=Decimal(allowed),
            above=True,
            description=f"No data for {days} days",
            opened_at=now,
            last_at=now,
            owner_id=owners[pk][0],
            due_at=now + escalation_delay(owners[pk][1], Severity.LOW),
        )
        for pk, days, allowed in rows
    ]
    create_in_bulk(Alert, alerts, reason="No data", by=None)
    note_steps(alerts, StepKind.OPENED, now=now)
    recount_alerts(row[0] for row in rows)
    return len(alerts)


def find_silence(practice_id: int, *, now: datetime) -> int:
    """Open adherence alerts for patients without data; returns how many. Safe to run twice and concurrently."""
    with transaction.atomic():
        ids = [row[0] for row in silent(practice_id, now=now)]
        if not ids:
            return 0
        lock_standings(practice_id, ids)
        # Query again under the lock: a reading or another run may have been first.
        return raise_silence(practice_id, silent(practice_id, now=now), now=now)
