"""Trend chart as SVG, drawn on the server from readings and limits. No database access."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from monitoring.readings.trend_data import LineLimits, Mark, Point
from monitoring.readings.trend_means import Figure, running_means
from monitoring.readings.trend_scale import (
    BOTTOM,
    LEFT,
    TOP,
    WIDE,
    Scale,
    day_cells,
    day_ticks,
    decimate,
    value_range,
    value_ticks,
)
from monitoring.readings.words import number_text

__all__ = ["BOTTOM", "HEIGHT", "MOST_POINTS", "Chart", "LineLimits", "Mark", "Point", "draw"]

WIDTH, HEIGHT, RIGHT = WIDE
GAP = timedelta(hours=48)
MOST_POINTS = 700
MOST_DOTS = 150  # more values are drawn as a line without dots
LABEL_STEP = 14
FLAG_WORDS = {"HH": "critical high", "H": "high", "L": "low", "LL": "critical low"}

Named = list[tuple[str, list[Point]]]


@dataclass(slots=True)
class Chart:
    """Data for the template: lines, dots, each line's band inside its limits, critical limits, ticks on both axes."""

    title: str
    unit: str
    label: str
    series: list[dict[str, object]] = field(default_factory=list)
    # Thin lines between the two values of a moment.
    stems: list[dict[str, object]] = field(default_factory=list)
    # Values outside the device's range: position and text; drawn as arrows that point up or down.
    bounds: list[dict[str, object]] = field(default_factory=list)
    bands: list[dict[str, object]] = field(default_factory=list)
    critical: list[dict[str, object]] = field(default_factory=list)
    # At the right: the names of the lines with their limits, and the critical limits.
    labels: list[dict[str, object]] = field(default_factory=list)
    y_ticks: list[dict[str, object]] = field(default_factory=list)
    x_ticks: list[dict[str, object]] = field(default_factory=list)
    marks: list[dict[str, object]] = field(default_factory=list)
    # Days with a value of this measure.
    cells: list[dict[str, object]] = field(default_factory=list)
    # For the pointer and the arrow keys: x, the moment as text, the values as text, and what is outside a limit.
    points: list[tuple[float, str, str, str]] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    narrow: "Chart | None" = None  # the same measure for a phone
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT
    bottom_edge: int = HEIGHT - BOTTOM
    top: int = TOP


def draw(
    *,
    title: str,
    unit: str,
    series: Iterable[tuple[str, Sequence[Point]]],
    start: datetime,
    end: datetime,
    zone: str,
    limits: Sequence[LineLimits] = (),
    marks: Sequence[Mark] = (),
    count: int | None = None,
    size: tuple[int, int, int] = WIDE,
) -> Chart:
    """A chart of one metric between two moments, in the unit of the points. Points 48 hours apart are not connected.

    Few values are dots with a line of their 7-day mean, many values are a line. `limits` are those of each line, in the
    order of `series`; a critical limit is drawn if it lies on the axis. `count` is the number of values if the points
    are already thinned to the columns of the drawing.
    """
    named = [(name, decimate([p for p in points if p.at >= start], MOST_POINTS // 2)) for name, points in series]
    values = [point.value for _, points in named for point in points]
    low, high = value_range(values + [edge for edges in limits for edge in edges.inner])
    scale = Scale(start, end, low, high, size)
    chart = Chart(title=title, unit=unit, label=_label(title, unit, named, count))
    chart.width, chart.height, chart.right_edge, chart.bottom_edge = *size[:2], scale.right_edge, scale.bottom_edge
    _add_values(chart, named, scale)
    _add_limits(chart, named, limits, scale)
    chart.y_ticks, chart.x_ticks = value_ticks(scale), day_ticks(scale, zone)
    chart.cells = day_cells(scale, zone, (point.at for _, points in named for point in points))
    marked = [mark for mark in marks if start <= mark.at <= end]
    chart.marks = [{"x": scale.x(mark.at), "kind": mark.kind, "text": mark.text} for mark in marked]
    chart.points = _point_texts(named, unit, zone, scale)
    return chart


def _add_values(chart: Chart, named: Named, scale: Scale) -> None:
    """The line, the dots and the bounds of each series, and the stems between two series."""
    has_dots = all(len(points) <= MOST_DOTS for _, points in named)
    for number, (name, points) in enumerate(named, start=1):
        exact = [point for point in points if not point.bound]
        dots = [{"x": scale.x(p.at), "y": scale.y(p.value), "flag": p.flag} for p in exact] if has_dots else []
        path = _path(running_means(points) if has_dots else points, scale)
        chart.series.append({"name": name, "path": path, "dots": dots, "number": number})
        chart.bounds += [_bound(point, number, scale) for point in points if point.bound]
    if has_dots and len(named) > 1:
        second = {point.at: point for point in named[1][1]}
        pairs = [(point, second[point.at]) for point in named[0][1] if point.at in second]
        chart.stems = [{"x": scale.x(a.at), "y1": scale.y(a.value), "y2": scale.y(b.value)} for a, b in pairs]


def _bound(point: Point, number: int, scale: Scale) -> dict[str, object]:
    """A value outside the range of the device."""
    place = {"x": scale.x(point.at), "y": scale.y(point.value), "number": number}
    return place | {"up": point.bound.startswith(">"), "text": number_text(point.value, point.bound)}


def _add_limits(chart: Chart, named: Named, limits: Sequence[LineLimits], scale: Scale) -> None:
    """The band inside each line's limits, its critical limits, and their labels."""
    labels: list[dict[str, object]] = []
    for number, edges in enumerate(limits, start=1):
        if edges.inner:
            upper = scale.y(min(edges.high, scale.high) if edges.high is not None else scale.high)
            lower = scale.y(max(edges.low, scale.low) if edges.low is not None else scale.low)
            band: dict[str, object] = {"y": upper, "height": round(max(0.0, lower - upper), 1), "number": number}
            chart.bands.append(band)
            name = named[number - 1][0] if len(named) >= number else ""
            labels += [{"y": upper + 14, "text": name.capitalize(), "kind": f"t{number}"}]
            labels += [{"y": upper + 28, "text": f"limit {edges.words}", "kind": ""}]
        near = [edge for edge in edges.critical if scale.holds(edge)]
        chart.critical += [{"y": scale.y(edge), "number": number, "text": f"{edge.normalize():f}"} for edge in near]
        labels += [{"y": scale.y(e) + 4, "text": f"critical {e.normalize():f}", "kind": "tc"} for e in near]
    chart.labels = _apart(labels)


def _apart(labels: list[dict[str, object]]) -> list[dict[str, object]]:
    """Labels from top to bottom, each far enough below the one before."""
    previous = float("-inf")
    rows = []
    for label in sorted(labels, key=lambda row: float(str(row["y"]))):
        previous = max(float(str(label["y"])), previous + LABEL_STEP)
        rows.append(label | {"y": round(previous, 1)})
    return rows


def _point_texts(named: Named, unit: str, zone: str, scale: Scale) -> list[tuple[float, str, str, str]]:
    """Each moment once, with the values of every series at it, and which of them are outside a limit."""
    by_moment: dict[datetime, list[list[Point]]] = {}
    for number, (_, points) in enumerate(named):
        for point in points:
            by_moment.setdefault(point.at, [[] for _ in named])[number].append(point)
    rows = []
    for at in sorted(by_moment):
        parts = ["-".join(number_text(p.value, p.bound) for p in points) for points in by_moment[at] if points]
        outside = [
            f"{name} {FLAG_WORDS[point.flag]}" if len(named) > 1 else FLAG_WORDS[point.flag]
            for (name, _), points in zip(named, by_moment[at], strict=True)
            for point in points
            if point.flag
        ]
        local = at.astimezone(ZoneInfo(zone))
        when = f"{local:%a, %b} {local.day}, {local:%I:%M %p}".replace(", 0", ", ")
        rows.append((scale.x(at), when, f"{'/'.join(parts)} {unit}", ", ".join(dict.fromkeys(outside))))
    return rows


def _path(points: Sequence[Point], scale: Scale) -> str:
    parts: list[str] = []
    previous: datetime | None = None
    for point in points:
        move = previous is None or point.at - previous > GAP
        parts.append(f"{'M' if move else 'L'}{scale.x(point.at)} {scale.y(point.value)}")
        previous = point.at
    return "".join(parts)


def _label(title: str, unit: str, named: Named, count: int | None) -> str:
    main = named[0][1] if named else []
    if not main:
        return f"{title}, no readings in this span"
    outside = sum(1 for p in main if p.flag)
    latest = number_text(main[-1].value, main[-1].bound)
    if count is not None and count > len(main):
        # Only the lowest and highest of each column were drawn, so the number outside limits is not known.
        outside_words = "some outside limits" if outside else "none outside limits"
        return f"{title}, {count} values, latest {latest} {unit}, {outside_words}"
    return f"{title}, {len(main)} values, latest {latest} {unit}, {outside} outside limits"
