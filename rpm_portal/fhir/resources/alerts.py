"""Task resources: alerts that need a person."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from monitoring.models import Alert, AlertState
from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, choice, reference_in
from rpm_portal.fhir.registry import ResourceType, narrow, public
from rpm_portal.fhir.tokens import Caller

_STATUS = {
    AlertState.OPEN: "requested",
    AlertState.ESCALATED: "requested",
    AlertState.ACKNOWLEDGED: "accepted",
    AlertState.CLOSED: "completed",
}
_PRIORITY = {"critical": "stat", "high": "urgent"}


def _rows(caller: Caller) -> QuerySet:
    rows = Alert.objects.select_related("enrollment__patient", "owner__user", "reading")
    return narrow(rows, caller, enrollment="enrollment")


def _resource(row: Alert) -> JsonObject:
    resource: JsonObject = {
        "resourceType": "Task",
        "id": row.public_id,
        "status": _STATUS[AlertState(row.state)],
        "intent": "order",
        "priority": _PRIORITY.get(row.severity, "routine"),
        "code": {"text": f"{row.get_kind_display()} alert, {row.get_severity_display()}"},
        "for": {"reference": f"Patient/{row.enrollment.patient.public_id}"},
        "authoredOn": row.opened_at.isoformat(),
    }
    if row.reading is not None:
        first = row.reading.version_of_id or row.reading.pk
        resource["focus"] = {"reference": f"Observation/reading-{first}"}
    if row.owner is not None:
        owner = {"display": str(row.owner.user)}
        resource["owner"] = owner | ({"reference": f"Practitioner/{row.owner.public_id}"} if row.owner.npi else {})
    return resource


def _resources(rows: Sequence[Alert]) -> list[JsonObject]:
    return [_resource(row) for row in rows]


TASK = ResourceType(
    name="Task",
    about="Alerts: requested until acknowledged, accepted, completed.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.enrollment.patient_id, row.enrollment.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter(
            "status",
            "token",
            choice({code: Q(state__in=[s for s, c in _STATUS.items() if c == code]) for code in _STATUS.values()}),
        ),
        Parameter("owner", "reference", reference_in("owner__public_id", "Practitioner")),
    ),
)
