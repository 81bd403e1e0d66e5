"""The claim: patient, member ID, payer, charge, place of service, providers, and the numbers of each version."""

from collections.abc import Iterator

from billing.evidence.packet import ITEM_COLUMNS, Part
from billing.evidence.sources import ClaimData, Sources

Item = tuple[str, object]


def part(sources: Sources, data: ClaimData) -> Part:
    """The first part of a claim's packet."""
    rows = [*_patient(data), *_content(data), *_supervision(sources, data), *_versions(data)]
    need = "Claim, patient and payer numbers"
    return Part.of("claim_data", "Claim", need, ITEM_COLUMNS, rows, required=("Value",))


def _patient(data: ClaimData) -> Iterator[Item]:
    patient = data.claim.patient
    if data.reference:
        yield "Reference of the request", data.reference
    yield "Patient", f"{patient}, born {patient.born_on:%Y-%m-%d}"
    yield "MRN", patient.mrn


def _content(data: ClaimData) -> Iterator[Item]:
    content = data.content
    if content is None:
        return
    yield "Payer", content.payer
    yield "Payer ID", content.payer_id
    yield "Member ID", content.member_id
    yield "Billed charge", f"${content.total}"
    yield "Place of service", content.place
    yield "Diagnoses", ", ".join(f"{number} {code}" for number, code in enumerate(content.diagnoses, start=1))
    yield "Billing provider", f"{content.practice}, NPI {content.practice_npi}, tax ID {content.tax_id}"
    yield "Rendering provider", f"{content.rendering.given} {content.rendering.family}, NPI {content.rendering.npi}"
    if content.referring is not None:
        person = content.referring
        yield "Certifier of the therapy plan", f"{person.given} {person.family}, NPI {person.npi}"


def _supervision(sources: Sources, data: ClaimData) -> Iterator[Item]:
    """The supervisor of each enrollment; a claim of clinical staff's work depends on one."""
    lines = sources.lines[data.claim.pk]
    for enrollment in {line.enrollment_id: line.enrollment for line in lines}.values():
        supervisor = enrollment.supervised_by
        if supervisor is not None:
            yield f"Supervising practitioner ({enrollment.program})", f"{supervisor.signature}, NPI {supervisor.npi}"
        elif not enrollment.therapy_plan:
            yield f"Supervising practitioner ({enrollment.program})", ""


def _versions(data: ClaimData) -> Iterator[Item]:
    for version in data.versions:
        number = data.payer_numbers.get(version.pk, "none received")
        words = f"submission {version.submission.number} of {version.submission.made_at:%Y-%m-%d}"
        kind = version.get_frequency_display()
        yield f"Version {version.number}", f"claim number {version.control}, {kind}, {words}; payer's number {number}"
    if not data.versions:
        yield "Versions", "not submitted"
