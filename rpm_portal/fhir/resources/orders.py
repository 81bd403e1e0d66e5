"""ServiceRequest resources: signed orders."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from enrollment import fhir
from enrollment.models import Order
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, Zone, choice, moment_in, reference_in, split_token
from rpm_portal.fhir.registry import ANY, ResourceType, narrow, public
from rpm_portal.fhir.tokens import Caller


def _rows(caller: Caller) -> QuerySet:
    rows = Order.objects.select_related("enrollment__patient", "signed_by", "supersedes")
    return narrow(rows, caller, enrollment="enrollment")


def _resources(rows: Sequence[Order]) -> list[JsonObject]:
    return [fhir.service_request(row) for row in rows]


def _requester(value: str, zone: Zone) -> Q:
    """The NPI of the signature: a requester is named by its identifier."""
    return Q(signed_npi=split_token(value)[1])


SERVICE_REQUEST = ResourceType(
    name="ServiceRequest",
    about="Signed orders. A new order replaces the one before (replaces). The requester is searched by NPI.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.enrollment.patient_id, row.enrollment.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter("status", "token", choice({"active": ANY})),
        Parameter("authored", "date", moment_in("signed_at")),
        Parameter("requester", "reference", _requester),
    ),
)
