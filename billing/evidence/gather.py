"""The evidence of claims, gathered from every app for any number of claims in a constant number of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from billing.evidence.packet import Packet, Part
from billing.evidence.parts import (
    calls,
    changes,
    claim_lines,
    condition,
    consents,
    devices,
    education,
    notes,
    orders,
    readings,
    reasons,
    reviews,
    signatures,
    time_ledger,
)
from billing.evidence.sources import Sources
from billing.models import Claim, ClaimLine, MonthClose

# In the order of an auditor's checklist.
PARTS: tuple[Callable[[Sources, Sequence[ClaimLine]], Part], ...] = (
    claim_lines.part,
    reasons.part,
    reasons.sources_part,
    condition.part,
    orders.part,
    consents.part,
    devices.part,
    education.part,
    readings.part,
    reviews.part,
    notes.part,
    calls.part,
    time_ledger.part,
    signatures.part,
    changes.part,
)


def packets_of(close: MonthClose, claims: Iterable[Claim]) -> list[Packet]:
    """A packet for each claim of a month, in the same order. About twenty statements for any number."""
    ordered = list(claims)
    sources = Sources(close, ordered)
    return [_packet(sources, claim) for claim in ordered]


def previews_of(claims: Iterable[Claim]) -> list[tuple[Claim, Packet]]:
    """Claims of any months with their packets, month by month. About twenty statements a month."""
    by_month: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_month[claim.close_id].append(claim)
    return [pair for batch in by_month.values() for pair in zip(batch, packets_of(batch[0].close, batch), strict=True)]


def _packet(sources: Sources, claim: Claim) -> Packet:
    lines, month = sources.lines[claim.pk], sources.month
    patient, provider = claim.patient, claim.billing_provider
    return Packet(
        name=f"{month}-{claim.public_id}",
        patient=f"{patient}, born {patient.born_on:%Y-%m-%d}, record {patient.mrn}",
        period=f"{month.first_day} to {month.last_day} ({sources.close.zone})",
        provider=f"{provider.signature}, NPI {provider.npi}",
        practice=claim.practice.name,
        parts=tuple(part(sources, lines) for part in PARTS),
    )
