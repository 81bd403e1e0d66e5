"""Messages on the secure page, apart from calls, with the response times that were in force. None is a live contact."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine
from timetracking.models import PatientMessage
from timetracking.threads.promise import promise_words

COLUMNS = ("Written", "From", "About", "Text")
NOT_LIVE = "Messages are not live contacts and count for no code."


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("messages", "Messages", "", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    rows = [row for pk in enrollments_of(lines) for row in sources.messages[pk]]
    if rows:
        yield "", "the practice", "response times", f"{promise_words(sources.promise)} {NOT_LIVE}"
    for row in rows:
        yield sources.at(row.written_at), _author(sources, row), row.thread.get_subject_display(), row.text


def _author(sources: Sources, row: PatientMessage) -> str:
    if row.written_by is not None:
        return sources.who(row.written_by, row.get_role_display())
    return f"{row.caregiver_name} (caregiver)" if row.caregiver_name else f"patient, {row.get_via_display()}"
