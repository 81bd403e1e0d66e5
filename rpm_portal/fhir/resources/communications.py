"""Communication resources: contacts with the patient or a caregiver, without the text of the conversation."""

from collections.abc import Sequence

from django.db.models import QuerySet

from rpm_portal.fhir.outcomes import JsonObject
from rpm_portal.fhir.parameters import Parameter, moment_in, reference_in
from rpm_portal.fhir.registry import ResourceType, narrow, public
from rpm_portal.fhir.tokens import Caller
from timetracking.models import Call

_MODES = {
    "phone": "PHONE",
    "autocall": "PHONE",
    "video": "VIDEOCONF",
    "sms": "SMSWRIT",
    "portal": "ELECTRONIC",
}
_MODE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode"
_DONE = {"patient", "caregiver", "sent", "received"}


def _rows(caller: Caller) -> QuerySet:
    return narrow(Call.objects.select_related("enrollment__patient"), caller, enrollment="enrollment")


def _resource(row: Call) -> JsonObject:
    status = "completed" if row.outcome in _DONE else "not-done"
    resource: JsonObject = {
        "resourceType": "Communication",
        "id": row.public_id,
        "status": "entered-in-error" if row.voided_at is not None else status,
        "medium": [{"coding": [{"system": _MODE_SYSTEM, "code": _MODES[row.channel]}]}],
        "subject": {"reference": f"Patient/{row.enrollment.patient.public_id}"},
        "topic": {"text": row.get_outcome_display()},
        "sent": row.started_at.isoformat(),
    }
    if status == "completed":
        resource["received"] = row.ended_at.isoformat()
    return resource


def _resources(rows: Sequence[Call]) -> list[JsonObject]:
    return [_resource(row) for row in rows]


COMMUNICATION = ResourceType(
    name="Communication",
    about="Calls and messages with the patient or a caregiver, without what was said.",
    rows=_rows,
    find=public,
    resources=_resources,  # type: ignore[arg-type]
    patient_of=lambda row: (row.enrollment.patient_id, row.enrollment.patient.public_id),  # type: ignore[attr-defined]
    parameters=(
        Parameter("patient", "reference", reference_in("enrollment__patient__public_id", "Patient")),
        Parameter("sent", "date", moment_in("started_at")),
    ),
)
