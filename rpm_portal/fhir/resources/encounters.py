"""Encounter resources: visits that the practice recorded."""

from collections.abc import Sequence

from django.db.models import QuerySet

from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, moment_in, reference_in
from rpm_portal.fhir.registry import ResourceType, narrow, public
from rpm_portal.fhir.tokens import Caller
from timetracking.models import Visit

_AMBULATORY = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB", "display": "ambulatory"}


def _rows(caller: Caller) -> QuerySet:
    return narrow(Visit.objects.select_related("patient", "provider"), caller, patient="patient")


def _resource(row: Visit) -> JsonObject:
    return {
        "resourceType": "Encounter",
        "id": row.public_id,
        "status": "finished" if row.voided_at is None else "entered-in-error",
        "class": _AMBULATORY,
        "subject": {"reference": f"Patient/{row.patient.public_id}"},
        "participant": [{"individual": {"display": str(row.provider)}}],
        "period": {"start": row.started_at.isoformat(), "end": row.ended_at.isoformat()},
    }


def _resources(rows: Sequence[Visit]) -> list[JsonObject]:
    return [_resource(row) for row in rows]


ENCOUNTER = ResourceType(
    name="Encounter",
    about="Visits billed as evaluation and management, which the practice recorded.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.patient_id, row.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", reference_in("patient__public_id", "Patient")),
        Parameter("date", "date", moment_in("started_at")),
    ),
)
