"""The notes, voided ones too."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("At", "By", "Note")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("notes", "Notes", "Progress notes", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.notes[pk]):
        struck = f"\nVOIDED {sources.at(row.voided_at)}: {row.void_reason}" if row.voided_at else ""
        yield sources.at(row.written_at), sources.who(row.written_by, row.get_role_display()), f"{row.text}{struck}"
