"""The figures above a trend chart: latest value, means, share inside the limits, lowest and highest. Pure.

A value that is a bound (outside the range of its device) counts as inside or outside, and is in no mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from monitoring.readings.trend_data import LineLimits, Point
from monitoring.readings.words import number_text

MEAN_SPAN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: its label, its value as text, whether it is outside a limit, and the key of its definition."""

    label: str
    text: str
    flag: str = ""
    key: str = ""


def running_means(points: Sequence[Point]) -> list[Point]:
    """At each exact value the mean of the seven days up to it."""
    exact = [point for point in points if not point.bound]
    means, first, total = [], 0, Decimal(0)
    for number, point in enumerate(exact):
        total += point.value
        while point.at - exact[first].at >= MEAN_SPAN:
            total -= exact[first].value
            first += 1
        means.append(Point(point.at, total / (number - first + 1)))
    return means


def _mean(points: Sequence[Point], *, since: datetime) -> str:
    values = [point.value for point in points if point.at > since and not point.bound]
    if not values:
        return ""
    mean = sum(values) / len(values)
    has_fractions = any(value % 1 for value in values)
    return f"{mean:.1f}" if has_fractions else f"{mean:.0f}"


def _means(series: Sequence[Sequence[Point]], *, since: datetime) -> str:
    means = [_mean(points, since=since) for points in series]
    return "/".join(means) if all(means) else ""


def share_inside(series: Sequence[Sequence[Point]], limits: Sequence[LineLimits]) -> str:
    """The share of the moments at which no value was outside its limits, like 81%; empty without limits or values."""
    if not series or not any(edges.inner or edges.critical for edges in limits):
        return ""
    outside = {point.at for points in series for point in points if point.flag}
    moments = {point.at for points in series for point in points}
    return f"{round(100 * (len(moments) - len(outside)) / len(moments))}%" if moments else ""


def _edge(series: Sequence[Sequence[Point]], *, highest: bool) -> str:
    """The lowest or the highest value of each series."""
    ordered = [sorted(points, key=lambda point: point.value) for points in series]
    return "/".join(number_text(row[-1 if highest else 0].value, row[-1 if highest else 0].bound) for row in ordered)


def figures_of(
    series: Sequence[Sequence[Point]], limits: Sequence[LineLimits], *, unit: str, end: datetime, days: int
) -> list[Figure]:
    """The figures of the values of one measure, each series with all its values. Empty without values."""
    if not series or not all(series):
        return []
    last = [points[-1] for points in series]
    latest = "/".join(number_text(point.value, point.bound) for point in last)
    rows = [
        Figure("Latest", f"{latest} {unit}", max((point.flag for point in last), key=len), "last_reading"),
        Figure("7-day mean", _means(series, since=end - MEAN_SPAN), key="seven_day_mean"),
        Figure(f"{days}-day mean", _means(series, since=end - timedelta(days=days)) if days != MEAN_SPAN.days else ""),
        Figure("Inside limits", share_inside(series, limits), key="inside_limits"),
        Figure("Lowest", _edge(series, highest=False)),
        Figure("Highest", _edge(series, highest=True)),
    ]
    return [row for row in rows if row.text]
