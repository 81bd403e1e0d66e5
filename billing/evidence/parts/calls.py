"""Calls and messages with their texts and addenda."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine
from rpm_portal.core.days import clock
from timetracking.intervals.spans import seconds

NO_NOTE = "no note written"
COLUMNS = ("Began", "Length", "What", "By", "Text")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("calls", "Calls and messages", "Live interactive communication", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.calls[pk]):
        texts = [f"Showed: {row.showed}"] if row.showed else []
        texts += [f"Decided: {row.decided}"] if row.decided else []
        texts += [
            f"Added {sources.at(addendum.written_at)} by {addendum.written_by}: {addendum.text}"
            for addendum in row.addenda.all()
        ]
        texts += [f"VOIDED: {row.void_reason}"] if row.voided_at else []
        live = "live" if row.is_live and not row.voided_at else "not live"
        what = f"{row.get_outcome_display()} by {row.get_channel_display()}, {live}"
        yield (
            sources.at(row.started_at),
            clock(seconds(row.started_at, row.ended_at)),
            what,
            sources.who(row.called_by, row.get_role_display()),
            "\n".join(texts) or NO_NOTE,
        )
