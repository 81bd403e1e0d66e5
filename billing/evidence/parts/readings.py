"""Every reading of the billed period, voided ones too."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine
from monitoring.readings.words import packet_words

COLUMNS = ("Day", "Measured at", "Received at", "Value", "Device", "Source")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("readings", "Transmission log", "Data of the days billed", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.readings[pk]):
        value = packet_words(row.metric, row.value, row.value_2, row.bounds)
        yield (
            row.local_day,
            sources.at(row.measured_at),
            sources.at(row.received_at),
            value,
            row.device.serial,
            row.get_source_kind_display(),
        )
