"""Readings, alerts and limits as they were known at a moment."""

from datetime import date, datetime

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Min, Q

from monitoring.models import Alert, AlertState, Reading, SourceKind, Threshold
from monitoring.queries import DayCount
from rpm_portal.core.as_of import versions


def days_as_of(enrollment_id: int, *, start: date, to: date, moment: datetime) -> list[DayCount]:
    """Reading days counted from the readings that were received by a moment, oldest first. One statement.

    The stored day counts are current only; counting three months of one patient's readings is fast enough.
    """
    readings = Reading.objects.filter(Q(voided_at__isnull=True) | Q(voided_at__gt=moment), received_at__lte=moment)
    readings = readings.filter(enrollment=enrollment_id, local_day__range=(start, to), device__model__fda_defined=True)
    days = readings.values_list("local_day").annotate(
        automatic=Count("pk", filter=Q(source_kind=SourceKind.AUTOMATIC)),
        reported=Count("pk", filter=Q(source_kind=SourceKind.PATIENT)),
        ids=ArrayAgg("pk", order_by="pk"),
        first_received_at=Min("received_at"),
    )
    return [
        DayCount(day, automatic, reported, tuple(ids), first)
        for day, automatic, reported, ids, first in days.order_by("local_day")
    ]


def alerts_as_of(enrollment_id: int, *, moment: datetime) -> list[Alert]:
    """The alerts that were open, the latest first. One statement."""
    rows = [row for row in versions(Alert, moment, enrollment_id=enrollment_id) if row.state != AlertState.CLOSED]
    return sorted(rows, key=lambda row: row.opened_at, reverse=True)


def limits_as_of(enrollment_id: int, *, moment: datetime) -> dict[tuple[str, int], Threshold]:
    """The single limits by metric and part. One statement."""
    return {(row.metric, row.part): row for row in versions(Threshold, moment, enrollment_id=enrollment_id)}
