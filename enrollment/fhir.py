"""FHIR R4 (4.0.1) resources of patients, coverage, orders, consents and devices, as dictionaries."""

from typing import Any

from django.conf import settings

from enrollment.models import Consent, Coverage, DeviceAssignment, Order, Patient

MBI = "http://hl7.org/fhir/sid/us-mbi"
NPI = "http://hl7.org/fhir/sid/us-npi"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
_MRN_TYPE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}], "text": "MR"}
_GENDER = {"F": "female", "M": "male", "U": "unknown"}


def _reference(kind: str, key: str) -> dict[str, str]:
    return {"reference": f"{kind}/{key}"}


def patient(row: Patient) -> dict[str, Any]:
    """The Patient resource."""
    resource: dict[str, object] = {
        "resourceType": "Patient",
        "id": row.public_id,
        "identifier": [{"type": _MRN_TYPE, "system": f"{settings.FHIR_SYSTEM}/mrn", "value": row.mrn}],
        "active": row.merged_into_id is None,
        "name": [{"use": "official", "family": row.family_name, "given": [row.given_name]}],
        "gender": _GENDER[row.sex],
        "birthDate": row.born_on.isoformat(),
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": row.language}]}}],
    }
    if row.phone:
        resource["telecom"] = [{"system": "phone", "value": row.phone}]
    if row.street:
        parts = {"city": row.city, "state": row.state, "postalCode": row.postal_code, "country": "US"}
        # R4 has no empty texts.
        resource["address"] = [{"line": [row.street]} | {name: text for name, text in parts.items() if text}]
    if row.died_on is not None:
        resource["deceasedDateTime"] = row.died_on.isoformat()
    if row.merged_into is not None:
        resource["link"] = [{"other": _reference("Patient", row.merged_into.public_id), "type": "replaced-by"}]
    return resource


def _period(first: Any, last: Any) -> dict[str, str]:
    period = {"start": first.isoformat()}
    if last is not None:
        period["end"] = last.isoformat()
    return period


def coverage(row: Coverage) -> dict[str, object]:
    """The Coverage resource."""
    resource: dict[str, object] = {
        "resourceType": "Coverage",
        "id": f"coverage-{row.pk}",
        "status": "active",
        "beneficiary": _reference("Patient", row.patient.public_id),
        "subscriberId": row.member_id,
        "period": _period(row.starts_on, row.ends_on),
        "payor": [{"display": row.payer.name}],
    }
    if row.payer.is_medicare:
        resource["identifier"] = [{"system": MBI, "value": row.member_id}]
    return resource


def service_request(row: Order) -> dict[str, Any]:
    """The ServiceRequest of a signed order."""
    resource: dict[str, object] = {
        "resourceType": "ServiceRequest",
        "id": row.public_id,
        "identifier": [{"value": str(row.number)}],
        "status": "active",
        "intent": "order",
        "code": {"text": f"{row.enrollment.get_program_display()}: {row.measures}, {row.frequency}"},
        "subject": _reference("Patient", row.enrollment.patient.public_id),
        "occurrencePeriod": _period(row.starts_on, row.ends_on),
        "authoredOn": row.signed_at.isoformat(),
        "requester": {"identifier": {"system": NPI, "value": row.signed_npi}, "display": str(row.signed_by)},
        "reasonCode": [{"coding": [{"system": ICD10, "code": row.diagnosis}]}],
    }
    if row.goals:
        resource["note"] = [{"text": row.goals}]
    if row.supersedes is not None:
        resource["replaces"] = [_reference("ServiceRequest", row.supersedes.public_id)]
    return resource


def consent(row: Consent) -> dict[str, Any]:
    """The Consent resource; inactive once it is withdrawn."""
    return {
        "resourceType": "Consent",
        "id": f"consent-{row.pk}",
        "status": "inactive" if row.withdrawn_on else "active",
        "scope": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "treatment"}],
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": _reference("Patient", row.enrollment.patient.public_id),
        "dateTime": row.given_on.isoformat(),
        "performer": [{"display": row.given_by_name or row.get_given_by_display()}],
        "policyRule": {"text": f"script {row.script_version}, {row.language}, {row.get_mode_display()}"},
    }


def device_id(row: DeviceAssignment) -> str:
    """The id of the Device resource of one assignment, whose device is loaded."""
    return f"device-{row.device.public_id}-{row.pk}"


def device(row: DeviceAssignment) -> dict[str, object]:
    """The Device resource of one assignment to the patient."""
    model = row.device.model
    return {
        "resourceType": "Device",
        "id": device_id(row),
        "identifier": [{"value": row.device.serial}],
        "status": "active" if row.ends_at is None else "inactive",
        "manufacturer": model.maker or model.name,
        "serialNumber": row.device.serial,
        "deviceName": [{"name": model.name, "type": "model-name"}],
        "patient": _reference("Patient", row.enrollment.patient.public_id),
    }
