"""The visits that make the patient established, with their documents."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine

COLUMNS = ("On", "Visit", "Seen by", "Document")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet: complete if one visit has its day and document."""
    rows = list(_rows(sources, lines))
    complete = any(row[0] and row[3] for row in rows)
    required = () if complete else ("On", "Document")
    return Part.of("visit", "Visits", "Established patient: visit and its document", COLUMNS, rows, required=required)


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    patients = {line.patient_id: line.claim.patient for line in lines}
    for pk, patient in patients.items():
        if patient.established_on is not None or patient.established_by:
            yield patient.established_on or "", "visit with this practice", "", patient.established_by
        for visit in sources.visits[pk]:
            document = visit.source
            if visit.pk in sources.visit_documents:
                document = "uploaded document"
            elif visit.linked_visit:
                document = "recorded in the portal"
            yield visit.visited_on, visit.get_kind_display(), visit.seen_by, document
