"""Each change of the lines, with who and why."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine

COLUMNS = ("Code", "At", "Became", "By", "Why")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("changes", "Changes of the lines", "", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for line in lines:
        for row in sources.past[line.pk]:
            yield (
                line.code,
                sources.at(row.history_date),
                row.state,
                row.history_user or "the portal",
                row.history_change_reason or "",
            )
