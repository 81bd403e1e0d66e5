"""The time entries of the month, voided ones too."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine
from rpm_portal.core.days import clock
from timetracking.intervals.spans import seconds

NO_NOTE = "no note written"
COLUMNS = ("From", "To", "Length", "Activity", "By", "Time source", "Note")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("time", "Time log", "Time for the code level", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.time[pk]):
        length = "running" if row.is_running else clock(seconds(row.started_at, row.stopped_at or row.started_at))
        note = f"VOIDED: {row.void_reason}" if row.voided_at else row.reason or NO_NOTE
        who = sources.who(row.staff, row.get_role_display())
        yield (
            sources.at(row.started_at),
            sources.at(row.stopped_at),
            length,
            row.get_activity_display(),
            who,
            row.get_proof_display(),
            note,
        )
