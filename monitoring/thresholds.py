"""Reading and limits in, breaches out. Pure."""

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
class Breach:
    """A value beyond a limit."""

    part: int
    severity: str
    value: Decimal
    limit: Decimal
    above: bool


def breaches(metric: str, values: Sequence[Decimal], limits: Iterable[Limit]) -> Iterator[Breach]:
    """The worst breach of each part. A value on the limit is inside; one beyond it is not."""
    for limit in limits:
        if limit.metric != metric or limit.part > len(values):
            continue
        value = values[limit.part - 1]
        for severity, edge, above in (
            ("critical", limit.critical_high, True),
            ("critical", limit.critical_low, False),
            ("high", limit.high, True),
            ("high", limit.low, False),
        ):
            if edge is not None and (value > edge if above else value < edge):
                yield Breach(limit.part, severity, value, edge, above)
                break
