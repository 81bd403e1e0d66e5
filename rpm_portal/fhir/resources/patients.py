"""Patient resources."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery

from enrollment.fhir import patient
from enrollment.models import Patient
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, Zone, day_in, split_token, text_in
from rpm_portal.fhir.registry import ResourceType, narrow, public
from rpm_portal.fhir.tokens import Caller


def _rows(caller: Caller) -> QuerySet:
    changes = Patient.history.model.objects.filter(id=OuterRef("pk")).order_by()
    updated = Subquery(changes.values("id").annotate(at=Max("history_date")).values("at"))
    rows = Patient.objects.select_related("merged_into").annotate(updated=updated)
    return narrow(rows, caller, patient="pk")


def _resources(rows: Sequence[Patient]) -> list[JsonObject]:
    return [_resource(row, getattr(row, "updated", None)) for row in rows]


def _resource(row: Patient, updated: datetime | None) -> JsonObject:
    """The Patient with the moment of its latest change, the annotation of `_rows`."""
    resource: JsonObject = patient(row)
    return resource | {"meta": {"lastUpdated": updated.isoformat()}} if updated else resource


def _identifier(value: str, zone: Zone) -> Q:
    system, code = split_token(value)
    if system is not None and system != f"{settings.FHIR_SYSTEM}/mrn":
        return Q(pk__in=[])
    return Q(mrn=code)


PATIENT = ResourceType(
    name="Patient",
    about="Patients of the practice. One that was merged is not active and names the patient who replaces it.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.pk, row.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("identifier", "token", _identifier),
        Parameter("family", "string", text_in("family_name")),
        Parameter("given", "string", text_in("given_name")),
        Parameter("birthdate", "date", day_in("born_on")),
    ),
    updated="updated",
    sorts={"_lastUpdated": "updated"},
)
