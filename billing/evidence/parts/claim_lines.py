"""The claim lines as they are billed, with their digests."""

from collections.abc import Sequence

from billing.claims.formats.content import Content, Service
from billing.evidence.packet import Part
from billing.evidence.sources import Sources
from billing.models import ClaimLine

COLUMNS = (
    "Code",
    "Modifiers",
    "Units",
    "Charge",
    "Place",
    "Diagnoses",
    "Date of service",
    "Period from",
    "Authorization",
    "State",
    "Digest",
)


def part(sources: Sources, lines: Sequence[ClaimLine], content: Content | None) -> Part:
    """The part of a claim's packet; charge, place and diagnoses are those of the claim's content."""
    services = {service.control: service for service in content.services} if content else {}
    rows = []
    for line in lines:
        state, period = line.get_state_display(), line.period_start or ""
        modifiers, digest = " ".join(line.modifiers), line.digest[:16]
        of_claim = _of_claim(services.get(line.public_id), content)
        rows.append((line.code, modifiers, line.units, *of_claim, line.dos, period, line.authorization, state, digest))
    return Part.of("claim", "Claim lines", "Codes and modifiers", COLUMNS, rows)


def _of_claim(service: Service | None, content: Content | None) -> tuple[str, str, str]:
    """Charge, place and diagnoses by their numbers; empty for a line that is not on the claim any more."""
    if service is None or content is None:
        return "", "", ""
    pointed = ", ".join(f"{number} {content.diagnoses[number - 1]}" for number in service.pointers)
    return f"${service.charge}", service.place or content.place, pointed
