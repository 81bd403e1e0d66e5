"""Parser for FHIR R4: one Observation, or a Bundle of them, with LOINC codes and UCUM units.

An Observation is identified by its identifier, system and value together. The `id` of a resource that is created is not
read, because the server assigns ids (R4 RESTful API, create, https://hl7.org/fhir/R4/http.html#create). Neither is a
Bundle's fullUrl, which links entries of one Bundle. An entry with request.method PUT or DELETE identifies the resource
by its address, which is the sender's own (https://hl7.org/fhir/R4/http.html#update).
"""

import re
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso
from monitoring.ingest.values import (
    Entry,
    Measurement,
    RefusedEntry,
    Retraction,
    UnknownUnit,
    checked,
    shorten_identifier,
    value_of,
)

MAX_BUNDLE_ENTRIES = 10_000
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
_ACCEPTED_STATUSES = {"final", "amended", "corrected"}
_AMENDED_STATUSES = {"amended", "corrected"}
# The identifier system of a Bundle entry that is updated or deleted by address.
BY_ADDRESS = "Observation"
_ADDRESS = re.compile(r"(?:.*/)?Observation/([A-Za-z0-9\-.]{1,64})")
# Types of identifiers (HL7 v2 table 0203) for an order, an accession or its group, not for one reading.
_ORDER_IDENTIFIER_TYPES = {"PLAC", "FILL", "ACSN", "PGN", "FGN"}
# Identifier.use in order of preference; `secondary` and `old` do not identify a reading.
_IDENTIFIER_USES = ("official", "usual", None, "temp")
# Codes of ObservationInterpretation for a value outside the scale of the device.
_OFF_SCALE = {">", "<"}


def resources(body: object) -> list[object]:
    """The Observation, or the resources of a Bundle's entries. Raises BadBody for anything else."""
    if isinstance(body, dict) and body.get("resourceType") == "Observation":
        return [body]
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        raise BadBody("Send an Observation or a Bundle of Observations.")
    entries = body.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_BUNDLE_ENTRIES:
        raise BadBody(f"A Bundle has a list of at most {MAX_BUNDLE_ENTRIES} entries.")
    return [entry.get("resource") if isinstance(entry, dict) else entry for entry in entries]


def parse(body: Any, weight_unit: str = "") -> list[Entry]:
    """Each Observation as an entry, in the Bundle's order. Raises BadBody if the body is neither of the two."""
    observations = resources(body)
    entries = body.get("entry", []) if body.get("resourceType") == "Bundle" else [None] * len(observations)
    return [_parse_entry(resource, _request(entry)) for resource, entry in zip(observations, entries, strict=True)]


def _request(entry: object) -> tuple[str, str]:
    """The method of a Bundle's entry and the id in its address; POST and empty if they are absent."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return "POST", ""
    url = request.get("url")
    address = _ADDRESS.fullmatch(url) if isinstance(url, str) else None
    return str(request.get("method", "POST")), address[1] if address else ""


def _parse_entry(resource: object, request: tuple[str, str]) -> Entry:
    method, address = request
    if method == "DELETE" and address:
        return Retraction(vendor_system=BY_ADDRESS, vendor_id=address, payload=resource)
    if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
        return RefusedEntry(resource, "unreadable", "The entry's resource must be an Observation.")
    name, issued = _identifier(resource), _issued(resource)
    updates = method == "PUT" and address != ""
    if updates and not name[1]:
        name = (BY_ADDRESS, address)
    if resource.get("status") == "entered-in-error":
        return _retraction(resource, name, issued)
    measured = _measurement(resource, name, issued)
    if isinstance(measured, Measurement) and updates:
        return replace(measured, amended=True)
    return measured


def _retraction(resource: dict[str, object], name: tuple[str, str], issued: datetime | None) -> Entry:
    """The retraction of a reading by its identifier, or by the whole measurement if it has no identifier."""
    serial = _device(resource)
    if not name[1]:
        measured = _measurement({**resource, "status": "final"}, name, issued)
        if isinstance(measured, Measurement):
            return Retraction(serial, measured.metric, measured=measured, issued=issued, payload=resource)
        message = "entered-in-error needs the identifier of what was sent, or the device, code, moment and value of it."
        return RefusedEntry(resource, "unreadable", message, serial)
    code = _code(resource.get("code"), set(METRICS))
    try:
        moment = _moment(resource)
    except ValueError:
        moment = None
    metric = METRICS[code] if code else ""
    return Retraction(serial, metric, name[1], name[0], measured_at=moment, issued=issued, payload=resource)


def _measurement(
    resource: dict[str, object], name: tuple[str, str], issued: datetime | None
) -> Measurement | RefusedEntry:
    serial = _device(resource)

    def refuse(reason: str, message: str) -> RefusedEntry:
        return RefusedEntry(resource, reason, message, serial, name, issued)

    if not serial:
        return refuse("unreadable", "device.identifier.value must be the device's serial number.")
    code = _code(resource.get("code"), set(METRICS))
    if code is None:
        return refuse("unreadable", "code contains no LOINC code of a measure we keep.")
    metric, status = METRICS[code], resource.get("status")
    if not isinstance(status, str) or status not in _ACCEPTED_STATUSES:
        return refuse("unreadable", "status must be final, amended or corrected.")
    try:
        moment = _moment(resource)
    except ValueError:
        return refuse("unreadable", "effectiveDateTime must be a moment with its offset from UTC.")
    try:
        pairs = _pressure(resource) if code == PRESSURE else [_value(resource, metric)]
    except UnknownUnit as error:
        return refuse("unknown_unit", str(error))
    except (AttributeError, KeyError, TypeError, ValueError):
        return refuse("unreadable", "The values are missing or no numbers.")
    values, bounds = zip(*pairs, strict=True)
    kind = "patient" if _is_patient_reported(resource) else "automatic"
    return checked(
        Measurement(
            serial, metric, moment, values, kind, name[1], vendor_system=name[0], bounds=bounds,
            amended=status in _AMENDED_STATUSES, issued=issued,
        ),
        resource,
    )  # fmt: skip


def _device(resource: dict[str, object]) -> str:
    device = resource.get("device")
    if not isinstance(device, dict):
        return ""
    identifier, reference = device.get("identifier"), device.get("reference")
    value = identifier.get("value") if isinstance(identifier, dict) else None
    if not isinstance(value, str) and isinstance(reference, str):
        value = reference.rsplit("/", 1)[-1]
    return value[:60] if isinstance(value, str) else ""


def _identifier(resource: dict[str, object]) -> tuple[str, str]:
    """System and value of the identifier of the reading; empty if there is none.

    The identifier with the preferred use is taken: official, usual, none, temporary. Several with the same use form the
    identifier together, in any order.
    """
    identifiers = resource.get("identifier")
    by_use: dict[object, set[tuple[str, str]]] = {}
    for identifier in identifiers if isinstance(identifiers, list) else []:
        value = identifier.get("value") if isinstance(identifier, dict) else None
        if not isinstance(value, str) or not value.strip() or _identifies_order(identifier):
            continue
        system, use = identifier.get("system"), identifier.get("use")
        if use is None or isinstance(use, str):
            by_use.setdefault(use, set()).add((system if isinstance(system, str) else "", value))
    for use in _IDENTIFIER_USES:
        if pairs := sorted(by_use.get(use, ())):
            systems, values = zip(*pairs, strict=True)
            return shorten_identifier("|".join(systems)) if any(systems) else "", shorten_identifier("|".join(values))
    return "", ""


def _identifies_order(identifier: dict[str, object]) -> bool:
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    return isinstance(codings, list) and any(
        isinstance(coding, dict) and coding.get("code") in _ORDER_IDENTIFIER_TYPES for coding in codings
    )


def _issued(resource: dict[str, object]) -> datetime | None:
    """When this version was made available, if the sender sent it."""
    try:
        return from_iso(resource.get("issued"))
    except ValueError:
        return None


def _code(concept: object, known: set[str]) -> str | None:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        code = coding.get("code") if isinstance(coding, dict) else None
        if isinstance(code, str) and code in known and coding.get("system") in (None, "http://loinc.org"):
            return code
    return None


def _moment(resource: dict[str, object]) -> datetime:
    return from_iso(resource.get("effectiveDateTime", resource.get("effectiveInstant")))


def _value(element: dict[str, object], metric: str) -> tuple[Decimal, str]:
    """The value of an Observation or a component, and its comparator. Raises UnknownUnit, ValueError, KeyError."""
    off_scale = _off_scale(element)
    quantity = element.get("valueQuantity")
    if isinstance(quantity, dict) and "value" in quantity:
        unit = quantity.get("code") or quantity.get("unit") or ""
        if isinstance(quantity["value"], str):
            raise ValueError("a value in quotes is no number")
        if not unit:
            raise UnknownUnit(f"No unit was sent for {metric.replace('_', ' ')}.")
        comparator = quantity.get("comparator")
        if comparator is not None and not isinstance(comparator, str):
            raise ValueError("a comparator is a text")
        return value_of(metric, quantity["value"], str(unit), comparator=comparator or off_scale)
    text = element.get("valueString")
    concept = element.get("valueCodeableConcept")
    if text is None and isinstance(concept, dict):
        codings = concept.get("coding")
        rows = [row for row in codings if isinstance(row, dict)] if isinstance(codings, list) else []
        words = [concept.get("text")] + [row.get(key) for row in rows for key in ("display", "code")]
        text = next((word for word in words if isinstance(word, str) and word), None)
    if text is None and off_scale:
        text = {">": "HI", "<": "LO"}[off_scale]
    if not isinstance(text, str):
        raise ValueError("no value")
    value, comparator = value_of(metric, text, None)
    if not comparator:
        raise ValueError("a value in quotes is no number")
    return value, comparator


def _off_scale(element: dict[str, object]) -> str:
    """The interpretation code for a value outside the device's scale; empty if there is none."""
    concepts = element.get("interpretation")
    for concept in concepts if isinstance(concepts, list) else []:
        code = _coding(concept)
        if code in _OFF_SCALE:
            return code
    return ""


def _coding(concept: object) -> str:
    codings = concept.get("coding") if isinstance(concept, dict) else None
    for coding in codings if isinstance(codings, list) else []:
        if isinstance(coding, dict) and isinstance(coding.get("code"), str):
            return str(coding["code"])
    return ""


def _pressure(resource: dict[str, Any]) -> list[tuple[Decimal, str]]:
    values: dict[str, tuple[Decimal, str]] = {}
    for component in resource["component"]:
        code = _code(component.get("code"), {SYSTOLIC, DIASTOLIC, PULSE})
        if code is not None:
            values[code] = _value(component, "heart_rate" if code == PULSE else "blood_pressure")
    return [values[SYSTOLIC], values[DIASTOLIC], values.get(PULSE, (Decimal(0), ""))]


def _is_patient_reported(resource: dict[str, object]) -> bool:
    performers = resource.get("performer")
    return isinstance(performers, list) and any(
        isinstance(performer, dict) and str(performer.get("reference", "")).startswith("Patient/")
        for performer in performers
    )
