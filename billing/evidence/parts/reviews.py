"""The reviews of readings, with their conclusions."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("At", "By", "Conclusion", "Reviewed to", "Note")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("reviews", "Data reviewed", "Data reviewed and decisions", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.reviews[pk]):
        yield (
            sources.at(row.reviewed_at),
            row.reviewed_by,
            row.get_conclusion_display(),
            sources.at(row.reviewed_to),
            row.note,
        )
