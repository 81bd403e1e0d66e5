"""The evidence of claims, gathered from every app for any number of claims in a constant number of statements."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from billing.evidence.packet import Packet, Part
from billing.evidence.packet_keys import public_keys
from billing.evidence.parts import (
    calls,
    changes,
    claim_lines,
    condition,
    consents,
    devices,
    education,
    messages,
    notes,
    orders,
    readings,
    reasons,
    reviews,
    signatures,
    time_ledger,
    visits,
)
from billing.evidence.parts.claim_data import part as claim_data_part
from billing.evidence.source_documents import documents_of
from billing.evidence.sources import ClaimData, Sources, claim_data
from billing.models import Claim, ClaimLine, MonthClose

# In the order of an auditor's checklist, after the claim and its lines.
PARTS: tuple[Callable[[Sources, Sequence[ClaimLine]], Part], ...] = (
    reasons.part,
    reasons.sources_part,
    condition.part,
    visits.part,
    orders.part,
    consents.part,
    devices.part,
    education.part,
    readings.part,
    reviews.part,
    notes.part,
    calls.part,
    messages.part,
    time_ledger.part,
    signatures.part,
    changes.part,
)


def packets_of(
    close: MonthClose, claims: Iterable[Claim], *, reference: str = "", with_documents: bool = True
) -> list[Packet]:
    """A packet for each claim of a month, in the same order. About forty statements for any number.

    `reference` is that of whoever asks for the records. The files of orders and consents take time to draw.
    """
    ordered = list(claims)
    sources, data = Sources(close, ordered), claim_data(close, ordered, reference)
    return [_packet(sources, data[claim.pk], with_documents=with_documents) for claim in ordered]


def previews_of(claims: Iterable[Claim]) -> list[tuple[Claim, Packet]]:
    """Claims of any months with their packets, without documents, month by month. About forty statements a month."""
    by_month: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        by_month[claim.close_id].append(claim)
    return [
        pair
        for batch in by_month.values()
        for pair in zip(batch, packets_of(batch[0].close, batch, with_documents=False), strict=True)
    ]


def _packet(sources: Sources, data: ClaimData, *, with_documents: bool) -> Packet:
    claim = data.claim
    lines, month = sources.lines[claim.pk], sources.month
    patient, provider = claim.patient, claim.billing_provider
    parts = [claim_data_part(sources, data), claim_lines.part(sources, lines, data.content)]
    return Packet(
        name=f"{month}-{claim.public_id}",
        patient=f"{patient}, born {patient.born_on:%Y-%m-%d}, record {patient.mrn}",
        period=f"{month.first_day} to {month.last_day} ({sources.close.zone})",
        provider=f"{provider.signature}, NPI {provider.npi}",
        practice=claim.practice.name,
        parts=(*parts, *(part(sources, lines) for part in PARTS)),
        documents=tuple(documents_of(sources, lines)) if with_documents else (),
        public_key=public_keys()[0],
    )
