"""Readings, alerts and limits as they were known at a moment."""

from datetime import date, datetime

from django.db import connection

from monitoring.models import Alert, AlertState, Threshold
from monitoring.queries import DayCount
from rpm_portal.core.as_of import versions


def days_as_of(enrollment_id: int, *, start: date, to: date, moment: datetime) -> list[DayCount]:
    """Reading days counted from the readings that were received by a moment, oldest first. One statement.

    The stored day counts are current only; counting three months of one patient's readings is fast enough.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.local_day, count(*) FILTER (WHERE r.source_kind = 'automatic'),
                   count(*) FILTER (WHERE r.source_kind = 'patient'), array_agg(r.id ORDER BY r.id), min(r.received_at)
            FROM monitoring_reading r
            JOIN enrollment_device d ON d.id = r.device_id
            JOIN enrollment_devicemodel m ON m.id = d.model_id AND m.fda_defined
            WHERE r.enrollment_id = %(e)s AND r.local_day BETWEEN %(start)s AND %(to)s AND r.received_at <= %(moment)s
              AND (r.voided_at IS NULL OR r.voided_at > %(moment)s)
            GROUP BY r.local_day ORDER BY r.local_day
            """,
            {"e": enrollment_id, "start": start, "to": to, "moment": moment},
        )
        return [
            DayCount(day, automatic, reported, tuple(ids), first)
            for day, automatic, reported, ids, first in cursor.fetchall()
        ]


def alerts_as_of(enrollment_id: int, *, moment: datetime) -> list[Alert]:
    """The alerts that were open, the latest first. One statement."""
    rows = [row for row in versions(Alert, moment, enrollment_id=enrollment_id) if row.state != AlertState.CLOSED]
    return sorted(rows, key=lambda row: row.opened_at, reverse=True)


def limits_as_of(enrollment_id: int, *, moment: datetime) -> dict[tuple[str, int], Threshold]:
    """The single limits by metric and part. One statement."""
    return {(row.metric, row.part): row for row in versions(Threshold, moment, enrollment_id=enrollment_id)}
