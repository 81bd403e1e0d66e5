"""The trend charts of a patient: one for each metric, with limits, calls, medication changes and the last review."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypedDict

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Count, DurationField, ExpressionWrapper, F, Max, Min, Q, Value
from django.db.models.functions import Extract, Floor

from enrollment.models import Enrollment
from monitoring.ingest import PART_NAMES
from monitoring.models import Conclusion, Metric, Reading, Review, Threshold
from monitoring.queries import limits_of, readings_between
from monitoring.readings.glucose_profile import GlucoseProfile, day_profile
from monitoring.readings.trend_means import figures_of
from monitoring.readings.trend_scale import NARROW
from monitoring.readings.trend_svg import MOST_POINTS, Chart, LineLimits, Mark, Point, draw
from monitoring.readings.words import bound_of
from monitoring.rules.bounds import BOUNDS
from monitoring.rules.display_units import display_unit, in_rule_unit, unit_label
from monitoring.rules.thresholds import flag_of
from timetracking.models import Call

Limits = dict[tuple[str, int], Threshold]
Series = dict[tuple[str, int], list[Point]]
SPANS = (7, 30, 90, 365)
NARROW_DAYS = 14  # of the drawing for a phone
# With this many glucose values the device measures continuously, and a daily profile shows more than a line.
PROFILE_FROM_VALUES = 300
COLUMNS = MOST_POINTS // 2


class TrendsContext(TypedDict, total=False):
    """Charts and profile of the last days, with the number of readings in them."""

    charts: list[Chart]
    profile: GlucoseProfile | None
    reading_count: int


@dataclass(frozen=True, slots=True)
class _Shown:
    """How values are drawn: in the practice's units, with a flag outside the limits."""

    limits: Limits
    units: str

    def point(self, metric: str, part: int, at: datetime, value: Decimal, bound: str) -> Point:
        """A stored value as a point of the drawing."""
        flag = flag_of(self.limits.get((metric, part)), value, bound)
        return Point(at, in_rule_unit(value, display_unit(metric, self.units)), bound, flag)

    def edges(self, metric: str, part: int) -> LineLimits:
        """The limits of a metric's value."""
        row, unit = self.limits.get((metric, part)), display_unit(metric, self.units)
        bounds = {name: getattr(row, name, None) for name in BOUNDS}
        return LineLimits(**{name: None if edge is None else in_rule_unit(edge, unit) for name, edge in bounds.items()})


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What the charts of a patient have in common. `exact`: the points are all values, not those of columns."""

    shown: _Shown
    zone: str
    marks: list[Mark]
    end: datetime
    days: int
    exact: bool

    def chart(self, metric: Metric, series: Series, count: int) -> Chart:
        """The chart of one metric, with its figures and a narrow drawing of its last days."""
        units = self.shown.units
        parts = [
            (part, name)
            for part, name in enumerate(PART_NAMES[metric], start=1)
            if series.get((metric, part)) and (metric != Metric.PEAK_FLOW or part == 1)
        ]
        points = [series[metric, part] for part, _ in parts]
        limits = [self.shown.edges(metric, part) for part, _ in parts]
        unit = unit_label(metric, display_unit(metric, units))

        def drawn(days: int, **more: Any) -> Chart:
            """The drawing of this many days."""
            return draw(
                title=metric.label,
                unit=unit,
                series=[(name, series[metric, part]) for part, name in parts],
                start=self.end - timedelta(days=days),
                end=self.end,
                zone=self.zone,
                limits=limits,
                marks=self.marks,
                **more,
            )

        chart = drawn(self.days, count=count)
        chart.narrow = drawn(min(self.days, NARROW_DAYS), size=NARROW)
        if self.exact:
            chart.figures = figures_of(points, limits, unit=unit, end=self.end, days=self.days)
        return chart


def trends_of(
    row: Enrollment,
    *,
    days: int,
    reviews: list[Review],
    calls: list[Call],
    now: datetime,
    units: str,
    limits: Limits | None = None,
    until: datetime | None = None,
) -> TrendsContext:
    """Charts and profile of the days before `until` (without it: before `now`), in the practice's `units`.

    Two statements for few values, four for many values with a profile. `now` may be in the past: readings received and
    corrections made after it are ignored. `limits` are those of then.
    """
    last = until or now
    start, end = last - timedelta(days=days), last + timedelta(minutes=5)
    span = {"start": start, "end": end, "known": now}
    shown = _Shown(limits_of(row.pk) if limits is None else limits, units)
    exact = _values(row.pk, shown, **span)
    counts, series = exact or _columns(row.pk, shown, **span)
    drawing = _Drawing(shown, row.patient.zone, _marks(reviews, calls, start=start), last, days, exact is not None)
    charts = [drawing.chart(metric, series, counts[metric]) for metric in Metric if counts.get(metric)]
    profile: GlucoseProfile | None = None
    if counts.get(Metric.GLUCOSE, 0) >= PROFILE_FROM_VALUES:
        profile = day_profile(row.pk, zone=row.patient.zone, **span)
    return {
        "charts": charts,
        "profile": profile,
        "reading_count": sum(counts.values()),
    }


def _values(
    enrollment_id: int, shown: _Shown, *, start: datetime, end: datetime, known: datetime
) -> tuple[dict[str, int], dict[tuple[str, int], list[Point]]] | None:
    """Every value as measured, and the number of each metric; None if there are too many to draw each one."""
    rows = readings_between(enrollment_id, start=start, end=end, known=known, most=MOST_POINTS + 1)
    if len(rows) > MOST_POINTS:
        return None
    counts: dict[str, int] = {}
    series: dict[tuple[str, int], list[Point]] = {}
    for metric, at, value, value_2, bounds in rows:
        counts[metric] = counts.get(metric, 0) + 1
        series.setdefault((metric, 1), []).append(shown.point(metric, 1, at, value, bound_of(bounds)))
        if len(PART_NAMES[metric]) > 1:
            second = shown.point(metric, 2, at, value_2, bound_of(bounds, 2))
            series.setdefault((metric, 2), []).append(second)
    return counts, series


def _columns(
    enrollment_id: int, shown: _Shown, *, start: datetime, end: datetime, known: datetime
) -> tuple[dict[str, int], dict[tuple[str, int], list[Point]]]:
    """The number of values of each metric, and the lowest and highest of each pixel column, so that no peak is lost."""
    counts: dict[str, int] = {}
    series: dict[tuple[str, int], list[Point]] = {}
    width = (end - start).total_seconds() / COLUMNS
    readings = Reading.objects.filter(enrollment=enrollment_id, measured_at__gte=start, measured_at__lt=end)
    readings = readings.filter(Q(voided_at__isnull=True) | Q(voided_at__gt=known), received_at__lte=known)
    since_start = ExpressionWrapper(F("measured_at") - Value(start), output_field=DurationField())
    columns = (
        readings.values("metric", column=Floor(Extract(since_start, "epoch") / Value(width)))
        .annotate(count=Count("pk"), at=Min("measured_at"))
        .annotate(low=Min("value"), high=Max("value"), low_2=Min("value_2"), high_2=Max("value_2"))
        .annotate(bounds_list=StringAgg("bounds", ";", distinct=True, filter=~Q(bounds="")))
        .order_by("metric", "at")
    )
    names = ("metric", "count", "at", "low", "high", "low_2", "high_2", "bounds_list")
    for metric, number, at, *edges, bounds_list in columns.values_list(*names):
        counts[metric] = counts.get(metric, 0) + number
        for part in range(1, len(PART_NAMES[metric]) + 1):
            low, high = edges[part * 2 - 2 : part * 2]
            # A bound is at the limit of the device's range, so it is the lowest or highest value of the column.
            signs = {bound_of(bounds, part)[:1] for bounds in bounds_list.split(";")} if bounds_list else set()
            below, above = "<" if "<" in signs else "", ">" if ">" in signs else ""
            marked = [(low, below or above)] if low == high else [(low, below), (high, above)]
            points = [shown.point(metric, part, at, value, bound) for value, bound in marked]
            series.setdefault((metric, part), []).extend(points)
    return counts, series


def _marks(reviews: list[Review], calls: list[Call], *, start: datetime) -> list[Mark]:
    """Marks for calls with the patient, medication changes, and the moment up to which readings were reviewed."""
    marks = [Mark(call.started_at, "call", "call") for call in calls if call.started_at >= start and call.is_live]
    for review in reviews:
        if review.reviewed_at >= start and review.conclusion == Conclusion.MEDICATION:
            marks.append(Mark(review.reviewed_at, "medication", "medication changed"))
    last_read = next((review for review in reviews if review.conclusion == Conclusion.READ), None)
    if last_read is not None and last_read.reviewed_to >= start:
        marks.append(Mark(last_read.reviewed_to, "looked", "reviewed to here"))
    return marks
