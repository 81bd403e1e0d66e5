"""Consent resources."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from enrollment import fhir
from enrollment.models import Consent
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, choice, day_in, reference_in
from rpm_portal.fhir.registry import ResourceType, narrow, numbered
from rpm_portal.fhir.tokens import Caller


def _rows(caller: Caller) -> QuerySet:
    rows = Consent.objects.select_related("enrollment__patient").order_by()
    return narrow(rows, caller, enrollment="enrollment")


def _resources(rows: Sequence[Consent]) -> list[JsonObject]:
    return [fhir.consent(row) for row in rows]


CONSENT = ResourceType(
    name="Consent",
    about="Patients' consents to the service. Inactive once withdrawn.",
    rows=_rows,
    find=numbered("consent"),
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.enrollment.patient_id, row.enrollment.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter(
            "status", "token", choice({"active": Q(withdrawn_on=None), "inactive": Q(withdrawn_on__isnull=False)})
        ),
        Parameter("date", "date", day_in("given_on")),
    ),
)
