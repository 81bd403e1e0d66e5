"""Alert cards: one for each reading, with every limit it broke, the days before it, and how to reach the patient."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from monitoring.ingest import PART_NAMES
from monitoring.models import Alert, AlertState, Metric, Note, Reading, Threshold
from monitoring.queries import GRAVITY_ORDER
from monitoring.readings.trend_svg import Chart, LineLimits, Point, draw
from monitoring.readings.words import broken_words, value_text, value_words
from monitoring.rules.bounds import BOUNDS
from monitoring.rules.display_units import display_unit, in_rule_unit, unit_label
from rpm_portal.accounts.models import Practice
from rpm_portal.core.days import local_day, short_day_words, time_words
from rpm_portal.core.phone_links import tel

DAYS, MEAN_DAYS, LAST_VALUES, LAST_VALUE_DAYS = 14, 7, 3, 90
WHOLE_FROM = 20  # a mean below it has one decimal
_NOON = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class LastValue:
    """One of the last readings of the alert's measure."""

    at: datetime
    text: str


@dataclass(slots=True)
class AlertCard:
    """The gravest alert of a reading, with what a nurse needs to decide what to do."""

    alert: Alert
    limits: list[str] = field(default_factory=list)  # every limit the reading broke, in words
    values: list[LastValue] = field(default_factory=list)
    mean: str = ""
    chart: Chart | None = None
    note: Note | None = None
    phone: str = ""  # as a tel: link needs it


def cards_of(practice: Practice, alerts: Sequence[Alert], *, now: datetime) -> list[AlertCard]:
    """A card for each alert, in the same order. Five statements for any number of alerts."""
    cards = [AlertCard(alert, phone=tel(alert.enrollment.patient.phone)) for alert in alerts]
    measured = [(card, card.alert.reading) for card in cards if card.alert.reading is not None]
    keys = {(card.alert.enrollment_id, reading.metric) for card, reading in measured}
    broken = _alerts_by_reading(measured)
    means, last, limits = _day_sums(keys, now=now), _last_values(keys, now=now), _limits(keys)
    notes = {note.enrollment_id: note for note in _last_notes({card.alert.enrollment_id for card in cards})}
    for card in cards:
        card.note = notes.get(card.alert.enrollment_id)
    for card, reading in measured:
        key = (card.alert.enrollment_id, reading.metric)
        card.limits = [_limit_words(one, reading.metric, practice.units) for one in broken[reading.pk]]
        texts = [(at, value_text(reading.metric, *rest, units=practice.units)) for at, *rest in last[key]]
        card.values = [LastValue(at, text) for at, text in texts]
        card.mean = _mean_words(reading.metric, means[key], practice, now=now)
        zone = card.alert.enrollment.patient.zone
        card.chart = _chart(reading, means[key], limits[key], units=practice.units, zone=zone, now=now)
    return cards


def brief_cards(alerts: Iterable[Alert], *, units: str) -> list[AlertCard]:
    """A card for each reading of one patient's open alerts, gravest first, without the days before. No statement."""
    by_reading: dict[tuple[str, int], AlertCard] = {}
    for alert in alerts:
        key = ("reading", alert.reading_id) if alert.reading_id is not None else ("alert", alert.pk)
        card = by_reading.setdefault(key, AlertCard(alert))
        if alert.reading is not None:
            card.limits.append(_limit_words(alert, alert.reading.metric, units))
    return list(by_reading.values())


def reading_words(alert: Alert, *, units: str) -> str:
    """The reading of an alert with its time and every limit it broke; empty for an alert without a reading."""
    reading = alert.reading
    if reading is None:
        return alert.description
    zone = ZoneInfo(alert.enrollment.patient.zone)
    words = value_words(reading.metric, reading.value, reading.value_2, reading.bounds, units=units)
    rows = Alert.objects.filter(reading=reading).exclude(state=AlertState.CLOSED).annotate(gravity=GRAVITY_ORDER)
    limits = [_limit_words(one, reading.metric, units) for one in rows.order_by("gravity", "pk")]
    measured = reading.measured_at.astimezone(zone)
    text = f"{reading.get_metric_display()} {words} on {short_day_words(measured)}, {time_words(measured)}"
    return ", ".join([text, *limits])


def _limit_words(alert: Alert, metric: str, units: str) -> str:
    return alert.description or broken_words(metric, alert.part, alert.limit, units=units)


def _alerts_by_reading(cards: Iterable[tuple[AlertCard, Reading]]) -> dict[int, list[Alert]]:
    """The open alerts of each reading, gravest first; a closed alert alone is shown once more, with its conclusion."""
    by_reading: dict[int, list[Alert]] = {reading.pk: [] for _, reading in cards}
    rows = Alert.objects.filter(reading__in=list(by_reading)).exclude(state=AlertState.CLOSED)
    for alert in rows.annotate(gravity=GRAVITY_ORDER).order_by("gravity", "pk"):
        by_reading[alert.reading_id or 0].append(alert)
    for card, reading in cards:
        by_reading[reading.pk] = by_reading[reading.pk] or [card.alert]
    return by_reading


Key = tuple[int, str]  # enrollment, metric


class DaySum(NamedTuple):
    """The sums of a day's first and second values, and how many there were."""

    day: date
    first: Decimal
    second: Decimal
    number: int


def _readings_of(keys: Iterable[Key], *, now: datetime, days: int) -> QuerySet[Reading]:
    """The valid readings of these measures in the days before `now`."""
    which = Q(pk__in=[])
    for enrollment_id, metric in keys:
        which |= Q(enrollment=enrollment_id, metric=metric)
    since = now - timedelta(days=days)
    return Reading.objects.filter(which, voided_at__isnull=True, measured_at__gt=since, measured_at__lte=now)


def _day_sums(keys: Iterable[Key], *, now: datetime) -> dict[Key, list[DaySum]]:
    rows = _readings_of(keys, now=now, days=DAYS).values("enrollment", "metric", "local_day")
    sums = rows.annotate(first=Sum("value"), second=Sum("value_2"), number=Count("pk")).order_by("local_day")
    by_key: dict[Key, list[DaySum]] = defaultdict(list)
    for row in sums:
        day_sum = DaySum(row["local_day"], row["first"], row["second"], row["number"])
        by_key[row["enrollment"], row["metric"]].append(day_sum)
    return by_key


def _last_values(keys: Iterable[Key], *, now: datetime) -> dict[Key, list[tuple[Any, ...]]]:
    newest = Window(
        RowNumber(), partition_by=[F("enrollment"), F("metric")], order_by=[F("measured_at").desc(), F("pk").desc()]
    )
    rows = _readings_of(keys, now=now, days=LAST_VALUE_DAYS).annotate(place=newest).filter(place__lte=LAST_VALUES)
    columns = ("enrollment", "metric", "measured_at", "value", "value_2", "bounds")
    by_key: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for enrollment, metric, *value in rows.order_by("place").values_list(*columns):
        by_key[enrollment, metric].append(tuple(value))
    return by_key


def _limits(keys: Iterable[Key]) -> dict[Key, dict[int, Threshold]]:
    by_key: dict[Key, dict[int, Threshold]] = defaultdict(dict)
    for row in Threshold.objects.filter(enrollment__in={enrollment_id for enrollment_id, _ in keys}):
        by_key[row.enrollment_id, row.metric][row.part] = row
    return by_key


def _last_notes(enrollment_ids: set[int]) -> Iterable[Note]:
    rows = Note.objects.filter(enrollment__in=enrollment_ids, voided_at__isnull=True).select_related("written_by")
    return rows.order_by("enrollment", "-written_at", "-pk").distinct("enrollment")


def _mean_words(metric: str, sums: Iterable[DaySum], practice: Practice, *, now: datetime) -> str:
    """The mean of the readings of the last seven days: 146/84."""
    since = local_day(now, practice.zone) - timedelta(days=MEAN_DAYS - 1)
    rows = [row for row in sums if row.day >= since]
    count = sum(row.number for row in rows)
    if not count:
        return ""
    first = sum((row.first for row in rows), Decimal()) / count
    second = sum((row.second for row in rows), Decimal()) / count
    places = Decimal(1) if first >= WHOLE_FROM else Decimal("0.1")
    rounded = first.quantize(places, ROUND_HALF_UP), second.quantize(places, ROUND_HALF_UP)
    return value_text(metric, *rounded, units=practice.units)


def _chart(
    reading: Reading, sums: Sequence[DaySum], limits: dict[int, Threshold], *, units: str, zone: str, now: datetime
) -> Chart:
    """Fourteen days of day means and the alert's own reading, with the limits of each value."""
    metric, start = reading.metric, now - timedelta(days=DAYS)
    unit = display_unit(metric, units)
    noons = [(datetime.combine(row.day, time(12), ZoneInfo(zone)), row) for row in sums]
    before = [(at, row) for at, row in noons if start <= at < reading.measured_at - _NOON]
    own = [(reading.value, reading.value_2)] if start <= reading.measured_at <= now else []
    parts = list(enumerate(PART_NAMES[metric]))[: 1 if metric == Metric.PEAK_FLOW else None]
    series = []
    for part, name in parts:
        values = [(at, (row.first, row.second)[part] / row.number) for at, row in before]
        values += [(reading.measured_at, value[part]) for value in own]
        series.append((name, [Point(at, in_rule_unit(value, unit)) for at, value in values]))
    return draw(
        title=reading.get_metric_display(),
        unit=unit_label(metric, unit),
        series=series,
        start=start,
        end=now,
        zone=zone,
        limits=[_edges(limits.get(part + 1), unit) for part, _ in parts],
    )


def _edges(row: Threshold | None, unit: str) -> LineLimits:
    bounds = {name: getattr(row, name, None) for name in BOUNDS}
    return LineLimits(**{name: None if edge is None else in_rule_unit(edge, unit) for name, edge in bounds.items()})
