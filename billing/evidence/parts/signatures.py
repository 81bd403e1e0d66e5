"""Signed days, attestations and the seal."""

from collections.abc import Iterator, Sequence
from datetime import date

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("What", "By", "At")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("signatures", "Signatures", "Signatures", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    worked: set[tuple[int, date]] = set()
    for pk in enrollments_of(lines):
        worked |= {(row.staff_id, row.started_at.astimezone(sources.zone).date()) for row in sources.time[pk]}
        worked |= {(row.called_by_id, row.started_at.astimezone(sources.zone).date()) for row in sources.calls[pk]}
    for key in sorted(worked, key=lambda pair: (pair[1], pair[0])):
        for row in sources.signed.get(key, []):
            yield f"Day {row.day}", row.signed_as, sources.at(row.signed_at)
    line_ids = {line.pk for line in lines}
    for attested in sources.attested:
        if line_ids & set(attested.line_ids):
            yield "Attestation of the month", attested.signed_as, sources.at(attested.signed_at)
    close = sources.close
    if close.sealed_at:
        yield "Submitted for lock", close.prepared_by or "", sources.at(close.prepared_at)
        yield "Locked", close.sealed_by or "", sources.at(close.sealed_at)
