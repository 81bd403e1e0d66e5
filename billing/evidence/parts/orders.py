"""The orders of the enrollments, by first day."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("No.", "Measurements", "Frequency", "From", "To", "Signed by", "Signed at")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("order", "Orders", "Order, signed before the service", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for order in (order for pk in enrollments_of(lines) for order in sources.orders[pk]):
        until = order.ends_on or "open"
        who = f"{order.signed_by}, NPI {order.signed_npi}"
        yield order.number, order.measures, order.frequency, order.starts_on, until, who, sources.at(order.signed_at)
