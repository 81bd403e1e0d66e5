"""A work day as a drawing: the hours of its axis, its time entries and gaps, and its calls. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from rpm_portal.core.days import hour_words
from timetracking.models import Call

WIDTH = 720
FIRST_HOUR, LAST_HOUR = 8, 17  # shown at least
LEAST_WIDTH = 2.0  # of a short entry


@dataclass(frozen=True, slots=True)
class DrawnPart:
    """A time entry or a gap: its classes, its first hour and length in hours from midnight, and its words."""

    kind: str
    from_hour: float
    hours: float
    words: str


@dataclass(frozen=True, slots=True)
class DayDrawing:
    """The parts of a day between two whole hours."""

    parts: Sequence[DrawnPart]
    ticks: Sequence[tuple[float, Call]]
    first_hour: int
    last_hour: int

    @classmethod
    def of(cls, parts: Sequence[DrawnPart], ticks: Sequence[tuple[float, Call]]) -> "DayDrawing":
        """From the first work of the day to the last, at least from 8 AM to 5 PM."""
        starts = [part.from_hour for part in parts] + [hour for hour, _ in ticks]
        ends = [part.from_hour + part.hours for part in parts] + [hour for hour, _ in ticks]
        last = max([LAST_HOUR, *(-int(-hour // 1) for hour in ends)])
        return cls(parts, ticks, int(min([FIRST_HOUR, *starts])), min(24, last))

    @property
    def hours(self) -> list[tuple[float, str]]:
        """The position and the words of the hours of the axis, at most thirteen."""
        step = 2 if self.last_hour - self.first_hour > 12 else 1
        return [(self._x(hour), hour_words(hour)) for hour in range(self.first_hour, self.last_hour + 1, step)]

    @property
    def boxes(self) -> list[tuple[str, float, float, str]]:
        """Classes, position, width and words of each part."""
        return [
            (part.kind, self._x(part.from_hour), max(LEAST_WIDTH, round(part.hours * self._scale, 1)), part.words)
            for part in self.parts
        ]

    @property
    def calls(self) -> list[tuple[float, Call]]:
        """The position of each call."""
        return [(self._x(hour), call) for hour, call in self.ticks]

    @property
    def _scale(self) -> float:
        return WIDTH / (self.last_hour - self.first_hour)

    def _x(self, hour: float) -> float:
        return round((hour - self.first_hour) * self._scale, 1)
