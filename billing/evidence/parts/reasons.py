"""The findings that support each code."""

from collections.abc import Sequence

from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine


def part(sources: Sources, lines: Sequence[ClaimLine]) -> Part:
    """The part of a claim's packet."""
    rows = [
        (line.code, reason["gravity"], reason["says"], reason.get("source", ""))
        for line in lines
        for reason in line.because
    ]
    return Part.of("reasons", "Why each code", "Support of each code", ("Code", "Finding", "Says", "Source"), rows)
