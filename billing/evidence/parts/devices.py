"""The devices that the patient had in the period."""

from collections.abc import Iterator, Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources, enrollments_of
from billing.models import ClaimLine

COLUMNS = ("Device", "Serial", "FDA-defined", "Connection", "Assigned from", "to", "Configured for daily use")


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    return Part.of("device", "Devices", "Device as FDA defines it, connected", COLUMNS, _rows(sources, lines))


def _rows(sources: Sources, lines: Sequence[ClaimLine]) -> Iterator[tuple[object, ...]]:
    for row in (row for pk in enrollments_of(lines) for row in sources.devices[pk]):
        model = row.device.model
        defined = "yes" if model.fda_defined else "NO"
        yield (
            model.name,
            row.device.serial,
            defined,
            model.get_connection_display(),
            sources.at(row.starts_at),
            sources.at(row.ends_at) or "still assigned",
            "yes" if row.configured else "not recorded",
        )
