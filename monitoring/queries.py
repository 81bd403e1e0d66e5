"""Questions about readings, days and alerts. Set-based."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Q

from monitoring.models import (
    Alert,
    AlertState,
    Reading,
    ReadingDay,
    Review,
    Severity,
    Source,
    UnmatchedReading,
)


def open_alerts_by_severity(enrollment_ids: Any) -> dict[int, tuple[int, int]]:
    """Open critical and other alerts of enrollments, counted from the alerts. One statement."""
    rows = (
        Alert.objects.filter(enrollment__in=list(enrollment_ids))
        .exclude(state=AlertState.CLOSED)
        .values_list("enrollment_id")
        .annotate(critical=Count("pk", filter=Q(severity=Severity.CRITICAL)), every=Count("pk"))
    )
    return {pk: (critical, every - critical) for pk, critical, every in rows}


@dataclass(frozen=True, slots=True)
class DayCount:
    """One local day of an enrollment over all its devices that are medical devices as FDA defines them."""

    local_day: date
    automatic: int
    reported: int
    ids: tuple[int, ...]
    first_received_at: datetime


def first_reading_days(served_from: dict[int, date], *, reported_counts: set[int]) -> dict[int, date]:
    """The first qualifying day of each enrollment from its start of service on. One statement.

    `reported_counts` are enrollments (RTM) for which a day told by the patient qualifies too.
    """
    ids = sorted(served_from)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT w.id, min(r.local_day)
            FROM unnest(%s::bigint[], %s::date[], %s::boolean[]) AS w(id, served_from, reported)
            JOIN monitoring_readingday r ON r.enrollment_id = w.id AND r.local_day >= w.served_from
                 AND (r.automatic > 0 OR (w.reported AND r.reported > 0))
            JOIN enrollment_device d ON d.id = r.device_id
            JOIN enrollment_devicemodel m ON m.id = d.model_id AND m.fda_defined
            GROUP BY w.id
            """,
            [ids, [served_from[pk] for pk in ids], [pk in reported_counts for pk in ids]],
        )
        return dict(cursor.fetchall())


def reading_days(enrollment_ids: Iterable[int], *, start: date, to: date) -> dict[int, list[DayCount]]:
    """The reading days of enrollments in a span, oldest first. One statement; never touches raw readings."""
    found: dict[int, list[DayCount]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT r.enrollment_id, r.local_day, sum(r.automatic), sum(r.reported), array_agg(r.id ORDER BY r.id),
                   min(r.first_received_at)
            FROM monitoring_readingday r
            JOIN enrollment_device d ON d.id = r.device_id
            JOIN enrollment_devicemodel m ON m.id = d.model_id AND m.fda_defined
            WHERE r.enrollment_id = ANY(%s) AND r.local_day BETWEEN %s AND %s
            GROUP BY r.enrollment_id, r.local_day
            ORDER BY r.enrollment_id, r.local_day
            """,
            [list(enrollment_ids), start, to],
        )
        for enrollment_id, day, automatic, reported, ids, first in cursor:
            found[enrollment_id].append(DayCount(day, int(automatic), int(reported), tuple(ids), first))
    return found


def days_changed_after(practice_id: int, *, first_day: date, last_day: date, moment: datetime) -> list[ReadingDay]:
    """Reading days inside a span whose counts changed after a moment of the database's clock. One statement."""
    return list(
        ReadingDay.objects.filter(practice=practice_id, local_day__range=(first_day, last_day), changed_at__gt=moment)
        .select_related("enrollment__patient")
        .order_by("enrollment_id", "local_day")
    )


def source_by_digest(digest: str) -> Source | None:
    """The sender with this key, unless its key was revoked. One statement."""
    return Source.objects.select_related("practice").filter(key_digest=digest, revoked_at__isnull=True).first()


def open_alerts(enrollment_id: int) -> list[Alert]:
    """Alerts that wait for a person, the worst and oldest first. One statement."""
    found = Alert.objects.filter(enrollment=enrollment_id).exclude(state=AlertState.CLOSED)
    return list(found.select_related("reading").order_by("severity", "opened_at")[:50])


def reviews(enrollment_id: int, *, limit: int = 10) -> list[Review]:
    """The latest looks. One statement."""
    found = Review.objects.filter(enrollment=enrollment_id).select_related("reviewed_by", "alert")
    return list(found.order_by("-reviewed_at")[:limit])


def readings_between(enrollment_id: int, *, start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    """(metric, measured_at, value, value_2, value_3, received_at, source_kind) oldest first. One statement."""
    found = Reading.objects.filter(enrollment=enrollment_id, measured_at__gte=start, measured_at__lt=end)
    return list(
        found.order_by("measured_at", "pk").values_list(
            "metric", "measured_at", "value", "value_2", "value_3", "received_at", "source_kind"
        )
    )


def unmatched(practice_id: int) -> dict[str, int]:
    """How many readings wait for a person, by reason. One statement."""
    rows = UnmatchedReading.objects.filter(practice=practice_id, resolved_at__isnull=True)
    return dict(rows.values_list("reason").annotate(n=Count("pk")))


def kept_days_that_differ(practice_id: int) -> list[int]:
    """Enrollments whose kept days differ from a recount of the raw readings. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH raw AS (
              SELECT enrollment_id, device_id, local_day,
                     count(*) FILTER (WHERE source_kind = 'automatic') AS automatic,
                     count(*) FILTER (WHERE source_kind = 'patient') AS reported,
                     count(*) FILTER (WHERE source_kind = 'staff') AS typed
              FROM monitoring_reading WHERE practice_id = %s GROUP BY 1, 2, 3)
            SELECT DISTINCT coalesce(raw.enrollment_id, kept.enrollment_id)
            FROM raw FULL JOIN (SELECT * FROM monitoring_readingday WHERE practice_id = %s) kept
              USING (enrollment_id, device_id, local_day)
            WHERE (raw.automatic, raw.reported, raw.typed)
                  IS DISTINCT FROM (kept.automatic::bigint, kept.reported::bigint, kept.typed::bigint)
            """,
            [practice_id, practice_id],
        )
        return [row[0] for row in cursor.fetchall()]
