"""Months, local days in a time zone, and the format of durations. Pure functions: the current time is an argument."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

_WRITTEN = re.compile(r"(\d{4})-(\d{2})\Z")


def clock(seconds: int) -> str:
    """Whole seconds as minutes and seconds, never rounded (1199: 19:59). The rules engine has its own copy."""
    return f"{seconds // 60}:{seconds % 60:02d}"


def day_words(day: date) -> str:
    """A day as US readers write it: Nov 30, 2026. Files for machines have ISO dates."""
    return f"{day:%b} {day.day}, {day.year}"


def short_day_words(day: date) -> str:
    """A day without its year: Nov 30."""
    return f"{day:%b} {day.day}"


def time_words(local: datetime) -> str:
    """The time of a moment in its own zone: 2:17 PM. Midnight is 12:00 AM."""
    return f"{local:%I:%M %p}".lstrip("0")


def hour_words(hour: int) -> str:
    """A full hour of the day, 0 to 24: 12 AM, 8 AM, 12 PM, 12 AM."""
    return f"{hour % 12 or 12} {'AM' if hour % 24 < 12 else 'PM'}"


def local_day(moment: datetime, zone: str) -> date:
    """The calendar day of an aware moment in an IANA zone."""
    return moment.astimezone(_zone(zone)).date()


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a local day, in UTC. If the zone skips midnight, the first moment that exists."""
    return datetime.combine(day, time(), _zone(zone)).astimezone(UTC)


@lru_cache(maxsize=600)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=600)
def is_zone(name: str) -> bool:
    """Whether the name is an IANA time zone known to this machine."""
    return name in available_timezones()


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month. Raises ValueError for an impossible month."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not (1 <= self.number <= 12 and 1900 <= self.year <= 2200):
            raise ValueError(f"{self.year:04d}-{self.number:02d} is not a month")

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month a day falls in."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Parse a month like 2026-11. Raises ValueError with the reason."""
        match = _WRITTEN.match(text)
        if not match:
            raise ValueError(f"{text!r} is not a month; write it as 2026-11")
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def current(cls, now: datetime, zone: str) -> "Month":
        """The current month in a zone."""
        return cls.of(local_day(now, zone))

    @property
    def first_day(self) -> date:
        """The first day."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """The last day."""
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])

    def plus(self, months: int) -> "Month":
        """The month that many months later (earlier if negative)."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def to(self, last: "Month") -> list["Month"]:
        """The months from this one to `last`, both included; none if `last` is earlier."""
        count = (last.year - self.year) * 12 + last.number - self.number + 1
        return [self.plus(step) for step in range(count)]

    def starts_at(self, zone: str) -> datetime:
        """The first moment of the month in a zone, in UTC."""
        return midnight(self.first_day, zone)

    def ends_at(self, zone: str) -> datetime:
        """The first moment after the month in a zone, in UTC; intervals are half-open."""
        return midnight(self.last_day + timedelta(days=1), zone)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def words(self) -> str:
        """The month in words, like November 2026."""
        return f"{calendar.month_name[self.number]} {self.year}"
