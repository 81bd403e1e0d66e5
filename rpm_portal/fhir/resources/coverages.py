"""Coverage resources."""

from collections.abc import Sequence

from django.db.models import QuerySet

from enrollment import fhir
from enrollment.models import Coverage
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, choice, reference_in
from rpm_portal.fhir.registry import ANY, ResourceType, narrow, numbered
from rpm_portal.fhir.tokens import Caller


def _rows(caller: Caller) -> QuerySet:
    return narrow(Coverage.objects.select_related("patient", "payer"), caller, patient="patient")


def _resources(rows: Sequence[Coverage]) -> list[JsonObject]:
    return [fhir.coverage(row) for row in rows]


_patient = reference_in("patient__public_id", "Patient")
COVERAGE = ResourceType(
    name="Coverage",
    about="The payer of a patient in a span of days (period). A coverage that ended keeps the status active.",
    rows=_rows,
    find=numbered("coverage"),
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.patient_id, row.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", _patient),
        Parameter("beneficiary", "reference", _patient),
        Parameter("status", "token", choice({"active": ANY})),
    ),
)
