"""The consents, with what the patient was informed of."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("Given on", "How", "Script", "Topics explained", "Taken by", "Recorded at")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("consent", "Consent", "Consent at the time", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.consents[pk]):
        topics = {"cost": row.cost_told, "one provider": row.one_provider_told, "may stop": row.right_to_stop_told}
        topics_told = [word for word, is_told in topics.items() if is_told]
        yield (
            row.given_on,
            row.get_mode_display(),
            f"script {row.script_version}",
            ", ".join(topics_told),
            row.taken_by,
            sources.at(row.recorded_at),
        )
