"""What a trend chart is drawn from: values, marks on the time axis, and the limits of each line."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """One value at one moment; `bound` is its comparator if the value is a bound.

    `flag` is HH, H, L or LL outside a limit, doubled outside a critical one.
    """

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

    @property
    def words(self) -> str:
        """The limits as text, like 95-150, at most 150, or at least 95."""
        low, high = (None if edge is None else f"{edge.normalize():f}" for edge in (self.low, self.high))
        if low and high:
            return f"{low}-{high}"
        return f"at most {high}" if high else f"at least {low}"
