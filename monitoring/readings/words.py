"""Readings and limits as text, and the facts of a call's note: latest three, average of the week, reading days."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from monitoring.ingest import PART_NAMES
from monitoring.models import Metric, Reading, Threshold
from monitoring.rules.display_units import RULE_UNITS, display_unit, in_rule_unit, unit_label
from rpm_portal.core.days import short_day_words, time_words
from rpm_portal.core.unit_systems import UnitSystem

WEEK = timedelta(days=7)


_SIGNS = {"<=": "\u2264", ">=": "\u2265"}


def bound_of(bounds: str, part: int = 1) -> str:
    """The comparator of a value by its position; empty if it is a number."""
    parts = bounds.split(",")
    return parts[part - 1] if part <= len(parts) else ""


def number_text(value: Decimal, bound: str = "") -> str:
    """A value as text: 71.4, >600, \u2265500."""
    return f"{_SIGNS.get(bound, bound)}{value.normalize():f}"


def value_text(metric: str, value: Decimal, value_2: Decimal | None, bounds: str = "", *, units: str) -> str:
    """A reading as text without its unit, in the practice's `units`: 148/92, 157.4, >600."""
    first = number_text(in_rule_unit(value, display_unit(metric, units)), bound_of(bounds))
    if metric == Metric.BLOOD_PRESSURE and value_2 is not None:
        first += f"/{number_text(value_2, bound_of(bounds, 2))}"
    return first


def value_words(metric: str, value: Decimal, value_2: Decimal | None, bounds: str = "", *, units: str) -> str:
    """A reading as text with its unit, in the practice's `units`: 148/92 mmHg, 157.4 lb, >600 mg/dL."""
    label = unit_label(metric, display_unit(metric, units))
    return f"{value_text(metric, value, value_2, bounds, units=units)} {label}"


def packet_words(metric: str, value: Decimal, value_2: Decimal | None, bounds: str = "") -> str:
    """A reading as a packet contains it, in US units and as stored: 182.4 lb (82.74 kg).

    It does not depend on the practice's units: a packet that is made again has the same content.
    """
    shown = value_words(metric, value, value_2, bounds, units=UnitSystem.US)
    stored = value_words(metric, value, value_2, bounds, units=UnitSystem.METRIC)
    return shown if shown == stored else f"{shown} ({stored})"


def mean_bound(bounds: Iterable[str]) -> str:
    """The comparator of a mean of values with bounds: at least, at most, or (with both) roughly its figure."""
    sides = {bound[0] for bound in bounds if bound}
    return {frozenset(): "", frozenset(">"): ">=", frozenset("<"): "<="}.get(frozenset(sides), "~")


def limit_words(limit: Threshold, *, units: str) -> str:
    """A limit as text: Blood pressure, systolic: from 95, to 150, critical below 80, critical above 180.

    A weight or temperature is in the practice's `units`, with its unit: Weight: to 182.4 lb.
    """
    unit = display_unit(limit.metric, units)
    label = f" {unit_label(limit.metric, unit)}" if limit.metric in RULE_UNITS else ""
    edges = [
        ("from", limit.low),
        ("to", limit.high),
        ("critical below", limit.critical_low),
        ("critical above", limit.critical_high),
    ]
    texts = ", ".join(
        f"{word} {number_text(in_rule_unit(edge, unit))}{label}" for word, edge in edges if edge is not None
    )
    parts = PART_NAMES[limit.metric]
    part = f", {parts[limit.part - 1]}" if len(parts) > 1 else ""
    return f"{limit.get_metric_display()}{part}: {texts or 'no limit'}"


def broken_words(metric: str, part: int, limit: Decimal, *, units: str) -> str:
    """The limit that a reading broke: limit 180; diastolic limit 95 if it is not the first value's."""
    part_of = f"{PART_NAMES[metric][part - 1]} " if part > 1 else ""
    return f"{part_of}limit {number_text(in_rule_unit(limit, display_unit(metric, units)))}"


def note_facts(enrollment_id: int, *, zone: str, now: datetime, units: str) -> dict[str, str]:
    """`latest`, `three`, `average` and `days` of the last seven days as text; empty if there are no readings.

    Values are in the practice's `units`. One statement, over a week's readings.
    """
    rows = list(
        Reading.objects.filter(
            enrollment=enrollment_id, measured_at__gt=now - WEEK, measured_at__lte=now, voided_at__isnull=True
        )
        .order_by("-measured_at", "-pk")
        .values_list("metric", "measured_at", "value", "value_2", "bounds")
    )
    if not rows:
        return {"latest": "", "three": "", "average": "", "days": "0"}
    time_zone = ZoneInfo(zone)
    texts = [
        f"{_at(at.astimezone(time_zone))} {value_words(metric, value, value_2, bounds, units=units)}"
        for metric, at, value, value_2, bounds in rows[:3]
    ]
    metric = rows[0][0]
    same = [(value, value_2, bounds) for kind, _, value, value_2, bounds in rows if kind == metric]
    average = _average_words(metric, same, units)
    days = {at.astimezone(time_zone).date() for _, at, *_ in rows}
    return {"latest": texts[0], "three": "; ".join(texts), "average": average, "days": str(len(days))}


def _average_words(metric: str, values: Sequence[tuple[Decimal, Decimal | None, str]], units: str) -> str:
    """The mean of readings of one metric: 148/92 mmHg, 157 lb."""
    unit = display_unit(metric, units)
    pairs = [second for _, second, _ in values if second is not None]
    # A bound counts with its figure; the mean is then marked as at least (or at most) that value.
    marks = [mean_bound(bound_of(bounds, part) for *_, bounds in values) for part in (1, 2)]
    text = number_text(_mean([in_rule_unit(value, unit) for value, _, _ in values]), marks[0])
    if metric == Metric.BLOOD_PRESSURE and pairs:
        text += f"/{number_text(_mean(pairs), marks[1])}"
    return f"{text} {unit_label(metric, unit)}"


def _mean(values: list[Decimal]) -> Decimal:
    places = Decimal(1) if max(values) >= 20 else Decimal("0.1")
    return (sum(values, Decimal()) / len(values)).quantize(places, ROUND_HALF_UP)


def _at(local: datetime) -> str:
    """Mon, Nov 30, 2:17 PM."""
    return f"{local:%a}, {short_day_words(local)}, {time_words(local)}"
