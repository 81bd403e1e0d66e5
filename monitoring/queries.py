"""Queries for readings, days and alerts. Set-based."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    BooleanField,
    Case,
    Count,
    ExpressionWrapper,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable

from monitoring.ingest.registry import shapes_by_people
from monitoring.models import (
    Alert,
    AlertRule,
    AlertState,
    Conclusion,
    Delivery,
    DeliveryState,
    Note,
    Reading,
    ReadingDay,
    Review,
    Severity,
    Source,
    SourceKind,
    Threshold,
    UnmatchedReading,
)
from rpm_portal.core.db.compiled_querysets import Prepared
from rpm_portal.core.db.prepared_statements import prepared_rows

MAX_REVIEWS = 10
MAX_NOTES = 30

# The gravest first; the words do not sort in that order.
GRAVITY_ORDER = Case(
    When(severity=Severity.CRITICAL, then=Value(0)),
    When(severity=Severity.HIGH, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class DayCount:
    """One local day of an enrollment over all its devices that are medical devices as defined by the FDA."""

    local_day: date
    automatic: int
    reported: int
    ids: tuple[int, ...]
    first_received_at: datetime


# The index scan stops at the first day of each enrollment. Whether the device counts is a subquery for each scanned
# day: with a join and outdated statistics the planner expects no rows, and reads and sorts all days.
FIRST_DAYS = """
SELECT w.id, first.local_day
FROM unnest(%s::bigint[], %s::date[], %s::boolean[]) AS w(id, served_from, reported)
CROSS JOIN LATERAL (
  SELECT r.local_day FROM monitoring_readingday r
  WHERE r.enrollment_id = w.id AND r.local_day >= w.served_from
    AND (r.automatic > 0 OR (w.reported AND r.reported > 0))
    AND (SELECT m.fda_defined FROM enrollment_device d JOIN enrollment_devicemodel m ON m.id = d.model_id
         WHERE d.id = r.device_id)
  ORDER BY r.local_day LIMIT 1) first
"""


def first_reading_days(served_from: dict[int, date], *, reported_counts: set[int]) -> dict[int, date]:
    """The first qualifying day of each enrollment from its start of service on. One statement, for any number of days.

    `reported_counts` are enrollments (RTM) for which a day reported by the patient qualifies too.
    """
    ids = sorted(served_from)
    values = [ids, [served_from[pk] for pk in ids], [pk in reported_counts for pk in ids]]
    return dict(prepared_rows(FIRST_DAYS, values))


class DaysRead(NamedTuple):
    """An enrollment's reading days, one item a day and device, in the order of days and ids; four parallel lists."""

    days: list[date]
    automatic: list[bool]
    reported: list[bool]
    ids: list[int]


def reading_days(enrollment_ids: Iterable[int], *, start: date, to: date) -> dict[int, DaysRead]:
    """The reading days of enrollments in a period, over devices that are medical devices as defined by the FDA.

    One statement; does not read raw readings.
    """
    rows = _READING_DAYS(ids=list(enrollment_ids), start=start, to=to)
    return {row[0]: DaysRead._make(row[1:]) for row in rows}


_Days = tuple[int, list[date], list[bool], list[bool], list[int]]


def _reading_days(ids: list[int], start: date, to: date) -> QuerySet[ReadingDay, _Days]:
    days = ReadingDay.objects.filter(enrollment__any_of=ids, local_day__range=(start, to))
    order = ("local_day", "pk")
    rows: QuerySet[ReadingDay, _Days] = (
        days.filter(device__model__fda_defined=True)
        .values_list("enrollment_id")
        .annotate(
            days=ArrayAgg("local_day", order_by=order),
            has_automatic=ArrayAgg(_is_positive("automatic"), order_by=order),
            has_reported=ArrayAgg(_is_positive("reported"), order_by=order),
            day_ids=ArrayAgg("pk", order_by=order),
        )
    )
    return rows


def _is_positive(count: str) -> Combinable:
    return ExpressionWrapper(Q(**{f"{count}__gt": 0}), output_field=BooleanField())


_READING_DAYS = Prepared(_reading_days, ids=list, start=date, to=date)


def days_changed_after(practice_id: int, *, first_day: date, last_day: date, moment: datetime) -> list[ReadingDay]:
    """Reading days inside a period whose counts changed after a moment of the database's clock. One statement."""
    return list(
        ReadingDay.objects.filter(practice=practice_id, local_day__range=(first_day, last_day), changed_at__gt=moment)
        .select_related("enrollment__patient")
        .order_by("enrollment_id", "local_day")
    )


def source_by_digest(digest: str) -> Source | None:
    """The source with this key's digest, unless it was revoked. One statement."""
    return next(iter(_SOURCE_BY_DIGEST(digest=digest)), None)


_SOURCE_BY_DIGEST = Prepared(
    lambda digest: Source.objects.filter(key_digest=digest, revoked_at__isnull=True), digest=str
)


def signing_source(public_id: str) -> Source | None:
    """The source with this public ID if it signs its bodies and was not revoked. One statement."""
    return Source.objects.filter(public_id=public_id, revoked_at__isnull=True).exclude(signature_algorithm="").first()


def open_alerts(enrollment_id: int) -> list[Alert]:
    """Open alerts, the gravest and oldest first, with reading and owner. One statement."""
    alerts = Alert.objects.filter(enrollment=enrollment_id).exclude(state=AlertState.CLOSED)
    alerts = alerts.select_related("reading", "owner__user", "enrollment").annotate(gravity=GRAVITY_ORDER)
    return list(alerts.order_by("kind", "gravity", "opened_at")[:50])


def rules_of(enrollment_id: int) -> list[AlertRule]:
    """The rules over more than one value that are in force. One statement."""
    rules = AlertRule.objects.filter(enrollment=enrollment_id, ended_at__isnull=True)
    return list(rules.select_related("set_by").order_by("pk"))


def reviews(enrollment_id: int) -> list[Review]:
    """The latest reviews, ten at most. One statement."""
    return _REVIEWS(enrollment=enrollment_id)


def _reviews(enrollment: int) -> QuerySet[Review]:
    rows = Review.objects.filter(enrollment=enrollment).select_related("reviewed_by", "alert")
    return rows.order_by("-reviewed_at")[:MAX_REVIEWS]


_REVIEWS = Prepared(_reviews, enrollment=int)


def notes(enrollment_ids: Iterable[int], *, known: datetime) -> list[Note]:
    """The latest notes of enrollments that were written by a moment, thirty at most. One statement.

    A note that was voided later is shown as not voided.
    """
    written = Note.objects.filter(enrollment__in=list(enrollment_ids), written_at__lte=known)
    rows = list(written.select_related("written_by", "enrollment").order_by("-written_at", "-pk")[:MAX_NOTES])
    for note in rows:
        if note.voided_at is not None and note.voided_at > known:
            note.voided_at = note.void_reason = None
    return rows


def readings_between(
    enrollment_id: int, *, start: datetime, end: datetime, known: datetime, most: int
) -> list[tuple[str, datetime, Decimal, Decimal, str]]:
    """The first `most` readings known at a moment: (metric, measured_at, value, value_2, bounds), oldest first.

    Readings that were received after `known` are left out; those voided after it are included. One statement.
    """
    rows = Reading.objects.filter(enrollment=enrollment_id, measured_at__gte=start, measured_at__lt=end)
    rows = rows.filter(Q(voided_at__isnull=True) | Q(voided_at__gt=known), received_at__lte=known)
    columns = rows.order_by("measured_at", "pk").values_list("metric", "measured_at", "value", "value_2", "bounds")
    return list(columns[:most])


def limits_of(enrollment_id: int) -> dict[tuple[str, int], Threshold]:
    """A patient's single limits by metric and part. One statement."""
    return {(row.metric, row.part): row for row in _LIMITS(enrollment=enrollment_id)}


def _limits(enrollment: int) -> QuerySet[Threshold]:
    return Threshold.objects.filter(enrollment=enrollment)


_LIMITS = Prepared(_limits, enrollment=int)


def waiting_deliveries(*, now: datetime, limit: int = 1000) -> list[int]:
    """Stored deliveries that are due, the oldest first. One statement."""
    due = Delivery.objects.filter(state=DeliveryState.WAITING, due_at__lte=now)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def last_look(rows: Iterable[Review]) -> Review | None:
    """The latest review with the moment up to which the readings were reviewed."""
    return next((review for review in rows if review.conclusion == Conclusion.READ), None)


def sources(practice_id: int) -> list[Source]:
    """The senders with keys, active ones first, each with its last delivery and failed deliveries. One statement."""
    senders = Source.objects.filter(practice=practice_id).exclude(shape__in=shapes_by_people())
    last = Delivery.objects.filter(source=OuterRef("pk")).order_by("-received_at").values("received_at")[:1]
    dead = Delivery.objects.filter(source=OuterRef("pk"), state__in=["refused", "failed"]).values("source")
    senders = senders.select_related("made_by", "revoked_by").annotate(
        last_at=Subquery(last), dead=Subquery(dead.annotate(n=Count("pk")).values("n"))
    )
    return list(senders.order_by(F("revoked_at").asc(nulls_first=True), "name", "pk"))


def unmatched(practice_id: int) -> dict[str, int]:
    """How many readings wait for a person, by reason. One statement."""
    rows = UnmatchedReading.objects.filter(practice=practice_id, resolved_at__isnull=True)
    return dict(rows.values_list("reason").annotate(n=Count("pk")))


# Readings by what they count as; `typed` are those that make no reading day.
COUNTED_KINDS = {
    "automatic": [SourceKind.AUTOMATIC],
    "reported": [SourceKind.PATIENT],
    "typed": [SourceKind.STAFF, SourceKind.FILE],
}


def counts_by_kind() -> dict[str, Count]:
    """The aggregates that count readings as a reading day does."""
    return {name: Count("pk", filter=Q(source_kind__in=kinds)) for name, kinds in COUNTED_KINDS.items()}


def kept_days_that_differ(practice_id: int) -> list[int]:
    """Enrollments whose stored day counts differ from a recount of the readings. Two statements."""
    key = ("enrollment_id", "device_id", "local_day")
    readings = Reading.objects.filter(practice=practice_id, voided_at__isnull=True)
    counted = readings.values_list(*key).annotate(**counts_by_kind())
    with_readings = ReadingDay.objects.filter(practice=practice_id).exclude(automatic=0, reported=0, typed=0)
    stored = with_readings.values_list(*key, *COUNTED_KINDS)
    return sorted({row[0] for row in stored.difference(counted)} | {row[0] for row in counted.difference(stored)})
