"""The claim lines as they are billed, with their digests."""

from collections.abc import Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    rows = []
    for line in lines:
        state, period = line.get_state_display(), line.period_start or ""
        modifiers, digest = " ".join(line.modifiers), line.digest[:16]
        rows.append((line.code, modifiers, line.units, line.dos, period, line.authorization, state, digest))
    columns = ("Code", "Modifiers", "Units", "Date of service", "Period from", "Authorization", "State", "Digest")
    return Part.of("claim", "Claim lines", "Codes and modifiers", columns, rows)
