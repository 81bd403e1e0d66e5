"""Breaches of limits by a reading. No database access."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from monitoring.rules.display_units import in_rule_unit


class Edges(Protocol):
    """The edges of a range in the metric's own unit, and the display unit in which they were written."""

    low: Decimal | None
    high: Decimal | None
    critical_low: Decimal | None
    critical_high: Decimal | None
    unit: str


@dataclass(slots=True)
class Limit:
    """The range for one part of a metric; None means no limit on that side."""

    metric: str
    part: int
    low: Decimal | None = None
    high: Decimal | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None
    unit: str = ""


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
        broken = broken_edge(limit, value, bound)
        if broken is not None:
            yield LimitBreach(limit.part, broken[0], value, broken[1], broken[2])


def broken_edge(limit: Edges, value: Decimal, bound: str = "") -> tuple[str, Decimal, bool] | None:
    """The severity of the worst edge that a value is beyond, the edge, and whether the value is above it.

    Both are compared in the unit in which the limit was written (`display_units`).
    """
    certain = in_rule_unit(nearest(value, bound), limit.unit)
    for severity, edge, above in (
        ("critical", limit.critical_high, True),
        ("critical", limit.critical_low, False),
        ("high", limit.high, True),
        ("high", limit.low, False),
    ):
        if edge is None or bound.startswith("<" if above else ">"):
            continue
        compared = in_rule_unit(edge, limit.unit)
        if certain > compared if above else certain < compared:
            return severity, edge, above
    return None


def flag_of(limit: Edges | None, value: Decimal, bound: str = "") -> str:
    """HH, H, L or LL for a value beyond a limit; empty inside it or without a limit."""
    broken = broken_edge(limit, value, bound) if limit is not None else None
    if broken is None:
        return ""
    severity, _, above = broken
    return ("H" if above else "L") * (2 if severity == "critical" else 1)
