"""The table of a patient's readings, a page at a time, with flags for broken limits and marks for the origin."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q

from enrollment.models import Device, Enrollment
from monitoring.models import Reading, SourceKind, Threshold, TimeSource
from monitoring.queries import limits_of
from monitoring.readings.store import FUTURE_SLACK
from monitoring.readings.words import bound_of, number_text, value_text
from monitoring.rules.display_units import display_unit, unit_label
from monitoring.rules.thresholds import flag_of
from rpm_portal.accounts.models import User

ROWS_PER_PAGE = 60


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading as text, with H and L if a limit is broken and marks for its origin; empty strings are not shown."""

    pk: int
    at: datetime
    text: str
    name: str
    unit: str
    pulse: str
    flag: str
    late: bool
    received_at: datetime
    kind: str
    clock: str
    device: Device | None
    voided: bool
    why: str
    voided_by: User | None
    corrects: bool
    irregular: bool


def latest_of(
    row: Enrollment, *, moment: datetime, limits: dict[tuple[str, int], Threshold], units: str
) -> list[ReadingRow]:
    """The latest sixty readings that were received by a moment, flagged by the limits of that moment. One statement."""
    readings = Reading.objects.filter(
        enrollment=row.pk, measured_at__lte=moment + FUTURE_SLACK, received_at__lte=moment
    )
    rows = list(readings.select_related("device__model", "voided_by").order_by("-measured_at", "-pk")[:ROWS_PER_PAGE])
    for reading in rows:
        if reading.voided_at is not None and reading.voided_at > moment:
            reading.voided_at = None
    return [_row(reading, limits, units) for reading in rows]


def reading_page(
    row: Enrollment, *, before: int | None, units: str, up_to: date | None = None
) -> tuple[list[ReadingRow], int | None]:
    """Sixty readings, the latest first, voided versions included, and the id that the next page is `before`.

    `before`: the id of the last reading of the previous page; an id of another enrollment is ignored. `up_to`: the
    local day the page begins with. Three statements at most.
    """
    readings = Reading.objects.filter(practice=row.practice_id, enrollment=row)
    if up_to is not None and before is None:
        readings = readings.filter(local_day__lte=up_to)
    last = readings.filter(pk=before).values_list("measured_at", flat=True).first() if before else None
    if last is not None:
        readings = readings.filter(Q(measured_at__lt=last) | Q(measured_at=last, pk__lt=before))
    rows = list(
        readings.select_related("device__model", "voided_by").order_by("-measured_at", "-pk")[: ROWS_PER_PAGE + 1]
    )
    limits = limits_of(row.pk)
    page = [_row(reading, limits, units) for reading in rows[:ROWS_PER_PAGE]]
    return page, rows[ROWS_PER_PAGE - 1].pk if len(rows) > ROWS_PER_PAGE else None


def _row(reading: Reading, limits: dict[tuple[str, int], Threshold], units: str) -> ReadingRow:
    pulse = reading.value_3
    return ReadingRow(
        pk=reading.pk,
        at=reading.measured_at,
        text=value_text(reading.metric, reading.value, reading.value_2, reading.bounds, units=units),
        name=reading.get_metric_display(),
        unit=unit_label(reading.metric, display_unit(reading.metric, units)),
        pulse=number_text(pulse, bound_of(reading.bounds, 3)) if pulse else "",
        flag=flag_of(limits.get((reading.metric, 1)), reading.value, bound_of(reading.bounds))
        or flag_of(limits.get((reading.metric, 2)), reading.value_2, bound_of(reading.bounds, 2)),
        late=reading.received_at - reading.measured_at > timedelta(days=1),
        received_at=reading.received_at,
        kind="" if reading.source_kind == SourceKind.AUTOMATIC else reading.get_source_kind_display(),
        clock=_clock(reading),
        device=reading.device,
        voided=reading.voided_at is not None,
        why=reading.void_reason or "",
        voided_by=reading.voided_by,
        corrects=reading.corrects_id is not None,
        irregular=reading.irregular,
    )


def _clock(reading: Reading) -> str:
    """How the moment is known, if it is not the device's own clock."""
    if reading.time_source == TimeSource.PERSON:
        return "clock corrected by a person" if reading.source_kind == SourceKind.AUTOMATIC else ""
    return "" if reading.time_source == TimeSource.DEVICE else str(reading.get_time_source_display())
