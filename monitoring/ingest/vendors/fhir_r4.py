"""Parser for FHIR R4: one Observation, or a Bundle of them, with LOINC codes and UCUM units.

An Observation is identified by its identifier, system and value together. The `id` of a resource that is created is not
read, because the server assigns ids (R4 RESTful API, create, https://hl7.org/fhir/R4/http.html#create). Neither is a
Bundle's fullUrl, which links entries of one Bundle. An entry with request.method PUT or DELETE identifies the resource
by its address, which is the sender's own (https://hl7.org/fhir/R4/http.html#update).
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from monitoring.ingest.fhir.codes import DIASTOLIC, PRESSURE, SYSTOLIC, metrics_of, parts_of
from monitoring.ingest.fhir.devices import BundledDevices, bundled_devices, serial_of
from monitoring.ingest.fhir.identity import identifier_of
from monitoring.ingest.fhir.pressures import PressurePart, join_pressures
from monitoring.ingest.fhir.quantities import pressure, quantity
from monitoring.ingest.fhir.schema import BUNDLE_BODY, OBSERVATION_BODY
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso, measured_second
from monitoring.ingest.units import UnknownUnit
from monitoring.ingest.values import Entry, Measurement, NoReading, RefusedEntry, Retraction, checked
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor

MAX_BUNDLE_ENTRIES = 10_000
_ACCEPTED_STATUSES = {"final", "amended", "corrected"}
_AMENDED_STATUSES = {"amended", "corrected"}
# Statuses of an Observation that has no result (https://hl7.org/fhir/R4/valueset-observation-status.html).
_NO_RESULT = {"registered", "cancelled"}
# The identifier system of a Bundle entry that is updated or deleted by address.
BY_ADDRESS = "Observation"
_ADDRESS = re.compile(r"(?:.*/)?Observation/([A-Za-z0-9\-.]{1,64})")
NO_DEVICE = (
    "The device is missing: send device.identifier.value, the serial number of the device, or a reference to a Device."
)
NO_CODE = "code contains no LOINC or MDC code of a measure that is stored."
NO_MOMENT = (
    "effectiveDateTime (or effectiveInstant, or effectivePeriod.start) must be a moment with its offset from UTC."
)


def resources(body: object) -> list[object]:
    """The Observation, or the resources of a Bundle's entries. Raises BadBody for anything else."""
    if isinstance(body, dict) and body.get("resourceType") == "Observation":
        return [body]
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        raise BadBody("Send an Observation or a Bundle of Observations, as JSON.")
    entries = body.get("entry", [])
    if not isinstance(entries, list) or len(entries) > MAX_BUNDLE_ENTRIES:
        raise BadBody(f"A Bundle has a list of at most {MAX_BUNDLE_ENTRIES} entries.")
    return [entry.get("resource") if isinstance(entry, dict) else entry for entry in entries]


def parse(body: Any, units: Units) -> list[Entry]:
    """Each resource as an entry, in the Bundle's order. Raises BadBody if the body is neither of the two."""
    observations = resources(body)
    entries = body.get("entry", []) if body.get("resourceType") == "Bundle" else [None] * len(observations)
    bundled = bundled_devices(entries)
    return join_pressures(
        [_parse_entry(row, _request(entry), bundled) for row, entry in zip(observations, entries, strict=True)]
    )


def _request(entry: object) -> tuple[str, str]:
    """The method of a Bundle's entry and the id in its address; POST and empty if they are absent."""
    request = entry.get("request") if isinstance(entry, dict) else None
    if not isinstance(request, dict):
        return "POST", ""
    url = request.get("url")
    address = _ADDRESS.fullmatch(url) if isinstance(url, str) else None
    return str(request.get("method", "POST")), address[1] if address else ""


def _parse_entry(resource: object, request: tuple[str, str], bundled: BundledDevices) -> Entry | PressurePart:
    method, address = request
    if method == "DELETE" and address:
        return Retraction(vendor_system=BY_ADDRESS, vendor_id=address, payload=resource)
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return RefusedEntry(resource, "unreadable", "The entry's resource must be an Observation.")
    if resource["resourceType"] != "Observation":
        return NoReading(f"{resource['resourceType'][:40]}: only Observations are stored.")
    name, issued = identifier_of(resource), _issued(resource)
    updates = method == "PUT" and address != ""
    if updates and not name[1]:
        name = (BY_ADDRESS, address)
    if resource.get("status") == "entered-in-error":
        return _retraction(resource, name, issued, bundled)
    measured = _measurement(resource, name, issued, bundled)
    if isinstance(measured, Measurement | PressurePart) and updates:
        return replace(measured, amended=True)
    return measured


def _retraction(
    resource: dict[str, object], name: tuple[str, str], issued: datetime | None, bundled: BundledDevices
) -> Entry:
    """The retraction of a reading by its identifier, or by the whole measurement if it has no identifier."""
    serial = serial_of(resource, bundled)
    if not name[1]:
        measured = _measurement({**resource, "status": "final"}, name, issued, bundled)
        if isinstance(measured, Measurement):
            return Retraction(serial, measured.metric, measured=measured, issued=issued, payload=resource)
        message = "entered-in-error needs the identifier of what was sent, or the device, code, moment and value of it."
        return RefusedEntry(resource, "unreadable", message, serial)
    metrics = metrics_of(resource.get("code"))
    try:
        moment = _moment(resource)
    except ValueError:
        moment = None
    metric = metrics.pop() if len(metrics) == 1 else ""
    return Retraction(serial, metric, name[1], name[0], measured_at=moment, issued=issued, payload=resource)


def _measurement(
    resource: dict[str, object], name: tuple[str, str], issued: datetime | None, bundled: BundledDevices
) -> Measurement | RefusedEntry | NoReading | PressurePart:
    """The measurement; the named device sent it, whoever the performer is."""
    serial = serial_of(resource, bundled)

    def refuse(reason: str, message: str) -> RefusedEntry:
        return RefusedEntry(resource, reason, message, serial, name, issued)

    metrics, parts = metrics_of(resource.get("code")), parts_of(resource.get("code"))
    has_value = any(key.startswith("value") for key in resource) or "component" in resource
    if not metrics and not parts:
        if not has_value and resource.get("hasMember"):
            return NoReading("A panel without values of its own; its members are Observations.")
        if not serial and "device" not in resource:
            return NoReading("A measure that is not stored, and no device.")
        return refuse("unreadable", NO_CODE)
    if len(metrics or parts) > 1:
        return refuse("unreadable", f"code names two measures: {' and '.join(sorted(metrics or parts))}.")
    status = resource.get("status")
    if isinstance(status, str) and status in _NO_RESULT:
        return NoReading(f"The status {status} means that there is no result.")
    if not serial:
        return refuse("unreadable", NO_DEVICE)
    if not isinstance(status, str) or status not in _ACCEPTED_STATUSES:
        return refuse("unreadable", "status must be final, amended or corrected.")
    try:
        moment = _moment(resource)
    except ValueError:
        return refuse("unreadable", NO_MOMENT)
    amended = status in _AMENDED_STATUSES
    try:
        if not metrics:
            (part,) = parts
            value = quantity(resource, "blood_pressure", part)
            return PressurePart(part, value, serial, moment, name, issued, amended, resource)
        (metric,) = metrics
        is_panel = metric == "blood_pressure"
        pairs = pressure(resource) if is_panel else [quantity(resource, metric, metric.replace("_", " "))]
    except UnknownUnit as error:
        return refuse("unknown_unit", str(error))
    except ValueError as error:
        return refuse("unreadable", str(error))
    values, bounds = zip(*pairs, strict=True)
    return checked(
        Measurement(
            serial,
            metric,
            moment,
            values,
            "automatic",
            name[1],
            vendor_system=name[0],
            bounds=bounds,
            amended=amended,
            issued=issued,
        ),
        resource,
    )


def _issued(resource: dict[str, object]) -> datetime | None:
    """When this version was made available, if the sender sent it."""
    try:
        return from_iso(resource.get("issued"))
    except ValueError:
        return None


def _moment(resource: dict[str, object]) -> datetime:
    """The moment of measuring; of a period its start. Raises ValueError."""
    for key in ("effectiveDateTime", "effectiveInstant"):
        if key in resource:
            return measured_second(resource[key])
    period = resource.get("effectivePeriod")
    return measured_second(period.get("start") if isinstance(period, dict) else None)


_SIMULATED = {
    "weight": ("29463-7", "kg"),
    "glucose": ("2339-0", "mg/dL"),
    "spo2": ("59408-5", "%"),
    "heart_rate": ("8867-4", "/min"),
    "temperature": ("8310-5", "Cel"),
    "peak_flow": ("19935-6", "L/min"),
}


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    """An Observation with a measurement."""

    def _coded(code: str) -> dict[str, object]:
        return {"coding": [{"system": "http://loinc.org", "code": code}]}

    resource: dict[str, object] = {
        "resourceType": "Observation",
        "status": "final",
        "effectiveDateTime": at.isoformat(),
        "device": {"identifier": {"value": serial}},
    }
    if metric == "blood_pressure":
        parts = ((SYSTOLIC, values[0]), (DIASTOLIC, values[1]))
        unit = "mm[Hg]"
        component = [{"code": _coded(code), "valueQuantity": {"value": v, "code": unit}} for code, v in parts]
        return resource | {"code": _coded(PRESSURE), "component": component}
    code, unit = _SIMULATED[metric]
    return resource | {"code": _coded(code), "valueQuantity": {"value": values[0], "code": unit}}


VENDOR = Vendor(
    shape="fhir",
    label="FHIR R4",
    parse=parse,
    answers_fhir=True,
    operations=(
        ApiOperation(
            path="fhir/",
            url_name="fhir",
            summary="FHIR R4 Bundle",
            description="Take in a Bundle of Observations; each entry has its own answer, and a bad one does not block "
            "the others.",
            request_body=BUNDLE_BODY,
        ),
        ApiOperation(
            path="fhir/Observation",
            url_name="observation",
            summary="FHIR R4 Observation",
            description="Take in one Observation.",
            request_body=OBSERVATION_BODY,
        ),
    ),
    simulate=simulate,
    metrics=("blood_pressure", *_SIMULATED),
    identity="`identifier`, system and value together; the `id` of a POST is not read",
    notes=(
        "Device: `device.identifier.value`, or a reference to a Device: contained, in the same Bundle, relative, "
        "absolute, or versioned. Of a Device resource its `serialNumber`, else its identifier. The device makes the "
        "reading automatic, whoever the performer is: send what a patient typed with our own batch.",
        "Code: LOINC, or the MDC code of IEEE 11073-10101. Blood pressure is a panel (85354-9, 55284-4, MDC 150020) "
        "with components in any order, or two Observations (8480-6, 8462-4) of one moment in one Bundle.",
        "Moment: `effectiveDateTime`, `effectiveInstant`, or the start of `effectivePeriod`, with its offset.",
        "Unit: UCUM in `code`; `unit` must not contradict it.",
        "Other resources, panels without values, and Observations of other measures without a device are noted and not "
        "stored as readings. The entries of a transaction are taken one by one, like those of a batch.",
    ),
)
