"""Trend chart as SVG, drawn on the server from readings and limits. No database access."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from monitoring.readings.words import number_text
from rpm_portal.core.days import local_day, midnight

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
GAP = timedelta(hours=48)
MOST_POINTS = 700


@dataclass(frozen=True, slots=True)
class Point:
    """One value at one moment; `bound` is its comparator if the value is a bound, `flag` H or L outside its limit."""

    at: datetime
    value: Decimal
    bound: str = ""
    flag: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on the time axis: a call, a medication change, a review."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class LineLimits:
    """The limits of one line, in the unit of its points."""

    low: Decimal | None = None
    high: Decimal | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None

    @property
    def inner(self) -> list[Decimal]:
        """The limits that are not critical."""
        return [edge for edge in (self.low, self.high) if edge is not None]

    @property
    def critical(self) -> list[Decimal]:
        """The critical limits."""
        return [edge for edge in (self.critical_low, self.critical_high) if edge is not None]


@dataclass(slots=True)
class Chart:
    """Data for the template: paths, dots, each line's band inside its limits, critical limits, ticks on both axes."""

    title: str
    unit: str
    label: str
    series: list[dict[str, object]] = field(default_factory=list)
    # Values outside the device's range: position and text; drawn as arrows that point up or down.
    bounds: list[dict[str, object]] = field(default_factory=list)
    bands: list[dict[str, object]] = field(default_factory=list)
    critical: list[dict[str, object]] = field(default_factory=list)
    y_ticks: list[dict[str, object]] = field(default_factory=list)
    x_ticks: list[dict[str, object]] = field(default_factory=list)
    marks: list[dict[str, object]] = field(default_factory=list)
    # For the pointer and the arrow keys: x, the moment as text, the values as text, and their flag.
    points: list[tuple[float, str, str, str]] = field(default_factory=list)
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right_edge: int = WIDTH - RIGHT
    bottom_edge: int = HEIGHT - BOTTOM
    top: int = TOP


def decimate(points: Sequence[Point], columns: int) -> list[Point]:
    """At most two points a column, its lowest and highest, in time order, so that no peak is left out."""
    if len(points) <= columns * 2:
        return list(points)
    first, last = points[0].at.timestamp(), points[-1].at.timestamp()
    width = max(1.0, (last - first) / columns)
    extremes: dict[int, tuple[Point, Point]] = {}
    for point in points:
        column = int((point.at.timestamp() - first) / width)
        low, high = extremes.get(column, (point, point))
        extremes[column] = (point if point.value < low.value else low, point if point.value > high.value else high)
    selected: list[Point] = []
    for column in sorted(extremes):
        low, high = extremes[column]
        selected += [low] if low is high else sorted((low, high), key=lambda p: p.at)
    return selected


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
) -> Chart:
    """A chart of one metric between two moments, in the unit of the points. Points 48 hours apart are not connected.

    `limits` are those of each line, in the order of `series`; a critical limit is drawn if it lies on the axis. `count`
    is the number of values if the points are already thinned to the columns of the drawing.
    """
    named = [(name, decimate(points, MOST_POINTS // 2)) for name, points in series]
    values = [point.value for _, points in named for point in points]
    bottom, top = _range(values + [edge for edges in limits for edge in edges.inner])
    span = max(1.0, (end - start).total_seconds())

    def x(at: datetime) -> float:
        return round(LEFT + (at - start).total_seconds() / span * (WIDTH - LEFT - RIGHT), 1)

    def y(value: Decimal) -> float:
        return round(TOP + float(top - value) / float(top - bottom) * (HEIGHT - TOP - BOTTOM), 1)

    chart = Chart(title=title, unit=unit, label=_label(title, unit, named, count))
    for index, (name, points) in enumerate(named, start=1):
        exact = [p for p in points if not p.bound]
        dots = [{"x": x(p.at), "y": y(p.value)} for p in exact] if len(points) <= 150 else []
        chart.bounds += [
            {
                "x": x(p.at),
                "y": y(p.value),
                "up": p.bound.startswith(">"),
                "number": index,
                "text": number_text(p.value, p.bound),
            }
            for p in points
            if p.bound
        ]
        chart.series.append({"name": name, "path": _path(points, x, y), "dots": dots, "number": index})
    for number, edges in enumerate(limits, start=1):
        if edges.inner:
            upper = y(min(edges.high, top) if edges.high is not None else top)
            lower = y(max(edges.low, bottom) if edges.low is not None else bottom)
            chart.bands.append({"y": upper, "height": round(max(0.0, lower - upper), 1), "number": number})
        near = [edge for edge in edges.critical if bottom <= edge <= top]
        chart.critical += [{"y": y(edge), "number": number, "text": f"{edge.normalize():f}"} for edge in near]
    step = _step(top - bottom)
    tick = (bottom // step + (1 if bottom % step else 0)) * step
    while tick <= top:
        chart.y_ticks.append({"y": y(tick), "text": f"{tick.normalize():f}"})
        tick += step
    chart.x_ticks = _days(start, end, zone, x)
    chart.marks = [{"x": x(mark.at), "kind": mark.kind, "text": mark.text} for mark in marks if start <= mark.at <= end]
    chart.points = _point_texts(named, unit, zone, x)
    return chart


def _point_texts(
    named: list[tuple[str, list[Point]]],
    unit: str,
    zone: str,
    x: Callable[[datetime], float],
) -> list[tuple[float, str, str, str]]:
    """Each moment once, with the values of every series at it."""
    time_zone = ZoneInfo(zone)
    points_by_moment: dict[datetime, list[list[Point]]] = {}
    for number, (_, points) in enumerate(named):
        for point in points:
            points_by_moment.setdefault(point.at, [[] for _ in named])[number].append(point)
    rows = []
    for at in sorted(points_by_moment):
        first = points_by_moment[at][0]
        parts = ["-".join(number_text(p.value, p.bound) for p in points) for points in points_by_moment[at] if points]
        flag = min((p.flag for p in first if p.flag), default="")
        local = at.astimezone(time_zone)
        rows.append((x(at), f"{local.day} {local:%b %H:%M}", f"{'/'.join(parts)} {unit}", flag))
    return rows


def _range(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    if not values:
        return Decimal(0), Decimal(1)
    low, high = min(values), max(values)
    margin = max(Decimal(2), (high - low) / 10)
    return low - margin, high + margin


def _step(span: Decimal) -> Decimal:
    for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500):
        if span / step <= 6:
            return Decimal(step)
    return Decimal(1000)


def _path(points: Sequence[Point], x: Callable[[datetime], float], y: Callable[[Decimal], float]) -> str:
    parts: list[str] = []
    previous: datetime | None = None
    for point in points:
        move = previous is None or point.at - previous > GAP
        parts.append(f"{'M' if move else 'L'}{x(point.at)} {y(point.value)}")
        previous = point.at
    return "".join(parts)


def _days(start: datetime, end: datetime, zone: str, x: Callable[[datetime], float]) -> list[dict[str, object]]:
    first, last = local_day(start, zone), local_day(end, zone)
    every = max(1, (last - first).days // 6)
    ticks = []
    day = first
    while day <= last:
        at = midnight(day, zone)
        if start <= at <= end:
            ticks.append({"x": x(at), "text": f"{day.day} {day:%b}"})
        day += timedelta(days=every)
    return ticks


def _label(title: str, unit: str, named: list[tuple[str, list[Point]]], count: int | None) -> str:
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
