"""DocumentReference and Binary resources: the documents of signed orders."""

import base64
from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q, QuerySet

from enrollment.documents import order_pdf, order_title
from enrollment.fhir import NPI
from enrollment.models import Order
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, choice, moment_in, reference_in
from rpm_portal.fhir.registry import ANY, ResourceType, narrow
from rpm_portal.fhir.tokens import Caller

PDF = "application/pdf"
_TYPE, _PREFIX = "order", "order-"


def _rows(caller: Caller) -> QuerySet:
    joined = ("practice", "enrollment__patient", "ordered_by__user", "signed_by", "supersedes")
    return narrow(Order.objects.select_related(*joined).order_by(), caller, enrollment="enrollment")


def _find(own: str) -> Q | None:
    number = own.removeprefix(_PREFIX)
    return Q(public_id=number) if number != own and number.isalnum() and len(number) <= 12 else None


def _reference(row: Order) -> JsonObject:
    attachment = {"contentType": PDF, "url": f"Binary/{_PREFIX}{row.public_id}", "title": order_title(row)}
    return {
        "resourceType": "DocumentReference",
        "id": f"{_PREFIX}{row.public_id}",
        "status": "current",
        "type": {"coding": [{"system": f"{settings.FHIR_SYSTEM}/document", "code": _TYPE}], "text": "Signed order"},
        "subject": {"reference": f"Patient/{row.enrollment.patient.public_id}"},
        "date": row.signed_at.isoformat(),
        "author": [{"identifier": {"system": NPI, "value": row.signed_npi}, "display": str(row.signed_by)}],
        "content": [{"attachment": attachment | {"creation": row.signed_at.isoformat()}}],
        "context": {"related": [{"reference": f"ServiceRequest/{row.public_id}"}]},
    }


def _references(rows: Sequence[Order]) -> list[JsonObject]:
    return [_reference(row) for row in rows]


def _binaries(rows: Sequence[Order]) -> list[JsonObject]:
    return [
        {
            "resourceType": "Binary",
            "id": f"{_PREFIX}{row.public_id}",
            "contentType": PDF,
            "data": base64.b64encode(order_pdf(row)).decode(),
        }
        for row in rows
    ]


def _patient_of(row: Order) -> tuple[int, str]:
    return row.enrollment.patient_id, row.enrollment.patient.public_id


DOCUMENT_REFERENCE = ResourceType(
    name="DocumentReference",
    about="The documents of signed orders; their body is Binary/<id>.",
    rows=_rows,
    find=_find,
    resources=_references,  # type: ignore[arg-type]
    patient_of=_patient_of,  # type: ignore[arg-type]
    parameters=(
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter("type", "token", choice({_TYPE: ANY})),
        Parameter("date", "date", moment_in("signed_at")),
        Parameter("status", "token", choice({"current": ANY})),
    ),
)
BINARY = ResourceType(
    name="Binary",
    about="The PDF of a DocumentReference, with its scope: as a resource, or as it is for Accept: application/pdf.",
    rows=_rows,
    find=_find,
    resources=_binaries,  # type: ignore[arg-type]
    patient_of=_patient_of,  # type: ignore[arg-type]
    parameters=(),
    is_searched=False,
    scope_of="DocumentReference",
)
