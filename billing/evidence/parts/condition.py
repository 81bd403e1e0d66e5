"""The condition, the medical necessity and the goals of each order."""

from collections.abc import Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    rows = [
        (order.diagnosis, sources.conditions[order.enrollment_id], order.necessity, order.goals)
        for pk in enrollments_of(lines)
        for order in sources.orders[pk]
    ]
    columns = ("Diagnosis", "Condition", "Medical necessity", "Goals")
    need, required = "Condition and medical necessity", ("Diagnosis", "Medical necessity")
    return Part.of("condition", "Condition and necessity", need, columns, rows, required=required)
