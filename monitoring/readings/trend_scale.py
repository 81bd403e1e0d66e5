"""The scale of a trend chart: the range of values, ticks of both axes, thinning to the drawing's width. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from monitoring.readings.trend_data import Point
from rpm_portal.core.days import local_day, midnight

LEFT, TOP, BOTTOM = 34, 14, 64
WIDE = (836, 380, 124)  # width, height, and the space for labels at the right
NARROW = (366, 320, 52)


@dataclass(frozen=True, slots=True)
class Scale:
    """The place of a moment and a value in a drawing of this size."""

    start: datetime
    end: datetime
    low: Decimal
    high: Decimal
    size: tuple[int, int, int] = WIDE

    @property
    def right_edge(self) -> int:
        """The right edge of the plot."""
        return self.size[0] - self.size[2]

    @property
    def bottom_edge(self) -> int:
        """The bottom edge of the plot."""
        return self.size[1] - BOTTOM

    def x(self, at: datetime) -> float:
        """The horizontal place of a moment."""
        span = max(1.0, (self.end - self.start).total_seconds())
        return round(LEFT + (at - self.start).total_seconds() / span * (self.right_edge - LEFT), 1)

    def y(self, value: Decimal) -> float:
        """The vertical place of a value."""
        return round(TOP + float(self.high - value) / float(self.high - self.low) * (self.bottom_edge - TOP), 1)

    def holds(self, value: Decimal) -> bool:
        """Whether a value lies on the axis."""
        return self.low <= value <= self.high


def value_range(values: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The lowest and the highest value of the axis, with a margin."""
    if not values:
        return Decimal(0), Decimal(1)
    low, high = min(values), max(values)
    margin = max(Decimal(2), (high - low) / 10)
    return low - margin, high + margin


def value_ticks(scale: Scale) -> list[dict[str, object]]:
    """The place and the text of each tick of the vertical axis."""
    step = _step(scale.high - scale.low)
    tick = (scale.low // step + (1 if scale.low % step else 0)) * step
    ticks: list[dict[str, object]] = []
    while tick <= scale.high:
        ticks.append({"y": scale.y(tick), "text": f"{tick.normalize():f}"})
        tick += step
    return ticks


def _step(span: Decimal) -> Decimal:
    for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500):
        if span / step <= 8:
            return Decimal(step)
    return Decimal(1000)


def days_of(scale: Scale, zone: str) -> list[date]:
    """The local days of the drawing."""
    first, last = local_day(scale.start, zone), local_day(scale.end, zone)
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]


def day_ticks(scale: Scale, zone: str) -> list[dict[str, object]]:
    """The place and the text of each tick of the time axis, at midnight."""
    days = days_of(scale, zone)
    every = max(1, len(days) // (scale.size[0] // 120))
    ticks: list[dict[str, object]] = []
    for day in days[::every]:
        at = midnight(day, zone)
        if scale.start <= at <= scale.end:
            ticks.append({"x": scale.x(at), "text": f"{day:%b} {day.day}"})
    return ticks


def day_cells(scale: Scale, zone: str, moments: Iterable[datetime]) -> list[dict[str, object]]:
    """A cell for each day: its place, and whether there is a value on it."""
    with_values = {local_day(at, zone) for at in moments}
    cells: list[dict[str, object]] = []
    for day in days_of(scale, zone):
        left = max(float(LEFT), scale.x(midnight(day, zone)))
        right = min(float(scale.right_edge), scale.x(midnight(day + timedelta(days=1), zone)))
        if right - left > 1:
            cells.append({"x": left, "width": round(right - left - 1, 1), "has": day in with_values})
    return cells


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
