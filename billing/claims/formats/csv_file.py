"""Claims as CSV: one row a service, columns in a documented order, for an EHR's charge import or a clearinghouse."""

from collections.abc import Iterable

from billing.claims.formats.content import Content, Service
from rpm_portal.core.tables import csv_text

COLUMNS = [
    "claim_control",
    "frequency",
    "original_claim",
    "line_control",
    "payer",
    "payer_id",
    "member_id",
    "family_name",
    "given_name",
    "born_on",
    "sex",
    "street",
    "city",
    "state",
    "postal_code",
    "code",
    "modifiers",
    "units",
    "charge",
    "date_of_service",
    "place_of_service",
    "diagnoses",
    "pointers",
    "rendering_name",
    "rendering_npi",
    "billing_npi",
    "tax_id",
    "ordering_npi",
    "referring_npi",
    "rendering_taxonomy",
    "billing_name",
    "billing_taxonomy",
    "supervising_npi",
    "location_npi",
    "clearinghouse",
]


def write(claims: Iterable[Content]) -> str:
    """The table with its header; cells are escaped so that a spreadsheet runs no formula."""
    return csv_text(COLUMNS, [row for claim in claims for row in _rows(claim)])


def _rows(claim: Content) -> list[list[str | int]]:
    claim_cells = [claim.control, claim.frequency, claim.original]
    patient_cells = [
        claim.payer,
        claim.payer_id,
        claim.member_id,
        claim.family,
        claim.given,
        claim.born,
        claim.sex,
        claim.address.street,
        claim.address.city,
        claim.address.state,
        claim.address.postal,
    ]
    provider_cells = [
        f"{claim.rendering.given} {claim.rendering.family}",
        claim.rendering.npi,
        claim.practice_npi,
        claim.tax_id,
    ]
    other_cells = [
        claim.rendering.taxonomy,
        claim.practice,
        claim.taxonomy,
        claim.supervising.npi if claim.supervising else "",
        claim.location.npi if claim.location else "",
        claim.channel,
    ]
    return [
        [
            *claim_cells,
            line.control,
            *patient_cells,
            line.code,
            " ".join(line.modifiers),
            line.units,
            line.charge,
            line.dos,
            line.place or claim.place,
            " ".join(claim.diagnoses),
            " ".join(map(str, line.pointers)),
            *provider_cells,
            line.ordering.npi if line.ordering else "",
            _referring_npi(claim, line),
            *other_cells,
        ]
        for line in claim.services
    ]


def _referring_npi(claim: Content, line: Service) -> str:
    """The NPI of who certified the therapy plan of a line: its own, else the claim's."""
    named = line.referring or claim.referring
    return named.npi if named is not None and line.is_therapy else ""
