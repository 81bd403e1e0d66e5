"""FHIR R4: one Observation, or a Bundle of them, with LOINC codes and UCUM units."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from monitoring.ingest.moments import from_iso
from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import Entry, Measurement, Refused, Retracted, UnknownUnit, checked, in_own_unit

MOST = 10_000
PRESSURE, SYSTOLIC, DIASTOLIC, PULSE = "85354-9", "8480-6", "8462-4", "8867-4"
METRICS = {
    PRESSURE: "blood_pressure",
    PULSE: "heart_rate",
    "29463-7": "weight",
    "2339-0": "glucose",
    "41653-7": "glucose",
    "15074-8": "glucose",
    "59408-5": "spo2",
    "2708-6": "spo2",
    "8310-5": "temperature",
    "19935-6": "peak_flow",
    "33452-4": "peak_flow",
}
_TAKEN = {"final", "amended", "corrected"}


def resources(body: Any) -> list[Any]:
    """The Observation, or the resources of a Bundle's entries. Raises BadBody for anything else."""
    if isinstance(body, dict) and body.get("resourceType") == "Observation":
        return [body]
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        raise BadBody("Send an Observation or a Bundle of Observations.")
    entries = body.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MOST:
        raise BadBody(f"A Bundle holds a list of at most {MOST} entries.")
    return [entry.get("resource") if isinstance(entry, dict) else entry for entry in entries]


def parse(body: Any, weight_unit: str = "") -> list[Entry]:
    """Each Observation as a measurement or a refusal, in the Bundle's order. Raises BadBody for what is neither."""
    return [_one(resource) for resource in resources(body)]


def _one(resource: Any) -> Entry:
    if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
        return Refused(resource, "unreadable", "The entry's resource must be an Observation.")
    serial = _device(resource)
    if not serial:
        return Refused(resource, "unreadable", "device.identifier.value must be the device's serial number.")
    code = _code(resource.get("code"), set(METRICS))
    if code is None:
        return Refused(resource, "unreadable", "code holds no LOINC code of a measure we keep.", serial)
    metric, status, name = METRICS[code], resource.get("status"), _name(resource)
    if status == "entered-in-error" and name:
        return Retracted(serial, metric, name)
    if not isinstance(status, str) or status not in _TAKEN:
        return Refused(resource, "unreadable", "status must be final, amended or corrected.", serial)
    try:
        moment = _moment(resource)
    except ValueError:
        return Refused(resource, "unreadable", "effectiveDateTime must be a moment with its offset from UTC.", serial)
    try:
        values = _pressure(resource) if code == PRESSURE else (_quantity(resource, metric),)
    except UnknownUnit as error:
        return Refused(resource, "unknown_unit", str(error), serial)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Refused(resource, "unreadable", "The values are missing or no numbers.", serial)
    kind = "patient" if _told_by_patient(resource) else "automatic"
    return checked(Measurement(serial, metric, moment, values, kind, name), resource)


def _device(resource: dict[str, Any]) -> str:
    device = resource.get("device")
    if not isinstance(device, dict):
        return ""
    identifier, reference = device.get("identifier"), device.get("reference")
    value = identifier.get("value") if isinstance(identifier, dict) else None
    if not isinstance(value, str) and isinstance(reference, str):
        value = reference.rsplit("/", 1)[-1]
    return value[:60] if isinstance(value, str) else ""


def _name(resource: dict[str, Any]) -> str:
    """The sender's own name for it: its first identifier, else its id."""
    identifiers = resource.get("identifier")
    if isinstance(identifiers, list) and identifiers and isinstance(identifiers[0], dict):
        value = identifiers[0].get("value")
        if isinstance(value, str):
            return value[:80]
    value = resource.get("id", "")
    return value[:80] if isinstance(value, str) else ""


def _code(concept: Any, known: set[str]) -> str | None:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        code = coding.get("code") if isinstance(coding, dict) else None
        if isinstance(code, str) and code in known and coding.get("system") in (None, "http://loinc.org"):
            return code
    return None


def _moment(resource: dict[str, Any]) -> datetime:
    return from_iso(resource.get("effectiveDateTime", resource.get("effectiveInstant")))


def _quantity(holder: dict[str, Any], metric: str) -> Decimal:
    quantity = holder["valueQuantity"]
    if quantity.get("comparator") is not None:
        raise ValueError("a comparison is no value")
    unit = quantity.get("code") or quantity.get("unit") or ""
    if isinstance(quantity["value"], str):
        raise ValueError("a value in quotes is no number")
    return in_own_unit(metric, quantity["value"], str(unit))


def _pressure(resource: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    found: dict[str, Decimal] = {}
    for component in resource["component"]:
        code = _code(component.get("code"), {SYSTOLIC, DIASTOLIC, PULSE})
        if code is not None:
            found[code] = _quantity(component, "heart_rate" if code == PULSE else "blood_pressure")
    return found[SYSTOLIC], found[DIASTOLIC], found.get(PULSE, Decimal(0))


def _told_by_patient(resource: dict[str, Any]) -> bool:
    performers = resource.get("performer")
    return isinstance(performers, list) and any(
        isinstance(who, dict) and str(who.get("reference", "")).startswith("Patient/") for who in performers
    )
