"""A ruler with the calendar month above and the 30-day device periods below. Pure functions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict

from rpm_portal.core.days import short_day_words

WIDTH, HEIGHT = 720, 44


class RulerBar(TypedDict):
    """A bar of the ruler: its start, width and middle in units of the drawing, and its text."""

    x: float
    width: float
    kind: str
    text: str
    middle: float


@dataclass(frozen=True, slots=True)
class Ruler:
    """Bars with their labels, between the first and the last day shown."""

    bars: list[RulerBar]
    today: float | None
    label: str
    width: int = WIDTH
    height: int = HEIGHT


def ruler_of(month_first: date, month_last: date, windows: Iterable[tuple[date, date]], *, today: date) -> Ruler:
    """The month and the windows (first day, last day) that overlap it, on one scale."""
    shown = [(a, b) for a, b in windows if b >= month_first and a <= max(month_last, today)]
    first = min([month_first, *(a for a, _ in shown)])
    last = max([month_last, *(b for _, b in shown)])
    days = (last - first).days + 1

    def x(day: date) -> float:
        return round((day - first).days / days * WIDTH, 1)

    def _bar(a: date, b: date, kind: str, text: str) -> RulerBar:
        at = x(a)
        return {"x": at, "width": round(x(b + timedelta(days=1)) - at, 1), "kind": kind, "text": text, "middle": at + 4}

    bars = [_bar(month_first, month_last, "month", f"{month_first:%B %Y}")]
    bars += [_bar(a, b, "window", f"{short_day_words(a)} to {short_day_words(b)}") for a, b in shown]
    words = ", ".join(b["text"] for b in bars[1:]) or "none yet"
    return Ruler(bars, x(today) if first <= today <= last else None, f"Month {bars[0]['text']}; device periods {words}")
