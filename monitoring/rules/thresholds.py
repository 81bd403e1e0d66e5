"""Breaches of limits by a reading. No database access."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Limit:
    """The range for one part of a metric; None means no limit on that side."""

    metric: str
    part: int
    low: Decimal | None = None
    high: Decimal | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LimitBreach:
    """A value beyond a limit."""

    part: int
    severity: str
    value: Decimal
    limit: Decimal
    above: bool


HUNDREDTH = Decimal("0.01")


def nearest(value: Decimal, bound: str) -> Decimal:
    """The value nearest to a bound that it can have, to hundredths: more than 600 is at least 600.01."""
    return value + HUNDREDTH if bound == ">" else value - HUNDREDTH if bound == "<" else value


def breaches(
    metric: str, values: Sequence[Decimal], limits: Iterable[Limit], bounds: Sequence[str] = ()
) -> Iterator[LimitBreach]:
    """The worst breach of each part. A value on the limit is inside; one beyond it is not.

    A bound breaks a limit if every value it can mean breaks it: more than 600 breaks a high limit of 600 and any below
    it, and never a low one.
    """
    for limit in limits:
        if limit.metric != metric or limit.part > len(values):
            continue
        value = values[limit.part - 1]
        bound = bounds[limit.part - 1] if limit.part <= len(bounds) else ""
        certain = nearest(value, bound)
        for severity, edge, above in (
            ("critical", limit.critical_high, True),
            ("critical", limit.critical_low, False),
            ("high", limit.high, True),
            ("high", limit.low, False),
        ):
            if edge is None or bound.startswith("<" if above else ">"):
                continue
            if certain > edge if above else certain < edge:
                yield LimitBreach(limit.part, severity, value, edge, above)
                break
