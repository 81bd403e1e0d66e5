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

from monitoring.ingest.fhir.codes import (
    is_not_stored,
    is_vital_signs_panel,
    metrics_of,
    parts_of,
)
from monitoring.ingest.fhir.devices import BundledDevices, bundled_devices, serial_of, serials_of, subject_of
from monitoring.ingest.fhir.identity import identifier_of
from monitoring.ingest.fhir.panels import with_members
from monitoring.ingest.fhir.pressures import PressurePart, join_pressures
from monitoring.ingest.fhir.quantities import Bounded, pressure, pulse_of, quantity
from monitoring.ingest.fhir.schema import BUNDLE_BODY, OBSERVATION_BODY
from monitoring.ingest.fhir.simulated import SIMULATED, simulate
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso, measured_second
from monitoring.ingest.units import UnknownUnit
from monitoring.ingest.values import ContactEntry, Entry, Measurement, NoReading, RefusedEntry, Retraction, checked
from monitoring.ingest.vendor import ApiOperation, Units, Vendor

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
SEVERAL_MEASURES = "A panel of several vital signs: send an Observation for each measure."
NESTED = "A Bundle or a Parameters inside a Bundle is not read: send its entries in one Bundle."


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
    if resource["resourceType"] in ("Bundle", "Parameters"):
        return RefusedEntry(resource, "unreadable", NESTED)
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
) -> Measurement | RefusedEntry | NoReading | ContactEntry | PressurePart:
    """The measurement; the named device sent it, whoever the performer is."""
    serial, *others = serials_of(resource, bundled) or ("",)
    resource = with_members(resource)

    def refuse(reason: str, message: str) -> RefusedEntry:
        return RefusedEntry(resource, reason, message, serial, name, issued)

    metrics, parts = metrics_of(resource.get("code")), parts_of(resource.get("code"))
    has_value = any(key.startswith("value") for key in resource) or "component" in resource
    if not has_value and resource.get("hasMember") and not parts:
        return NoReading("A panel without values of its own; its members are Observations.")
    if not metrics and not parts:
        if is_not_stored(resource.get("code")) and serial:
            return ContactEntry(serial, _moment_or_none(resource))
        if is_vital_signs_panel(resource.get("code")) and serial:
            return refuse("unreadable", SEVERAL_MEASURES)
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
            further = (tuple(others), subject_of(resource))
            return PressurePart(part, value, serial, moment, name, issued, amended, resource, *further)
        (metric,) = metrics
        pairs = _pairs(resource, metric)
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
            other_serials=tuple(others),
            user=subject_of(resource),
        ),
        resource,
    )


def _pairs(resource: dict[str, object], metric: str) -> list[Bounded]:
    """The values, each with its comparator. Raises UnknownUnit or ValueError."""
    if metric == "blood_pressure":
        return pressure(resource)
    pairs = [quantity(resource, metric, metric.replace("_", " "))]
    if metric == "spo2" and (pulse := pulse_of(resource))[0]:
        pairs += [(Decimal(0), ""), pulse]
    return pairs


def _moment_or_none(resource: dict[str, object]) -> datetime | None:
    try:
        return _moment(resource)
    except ValueError:
        return None


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
    period, timing = resource.get("effectivePeriod"), resource.get("effectiveTiming")
    events = timing.get("event") if isinstance(timing, dict) else None
    if isinstance(events, list) and len(events) == 1:
        return measured_second(events[0])
    return measured_second(period.get("start") if isinstance(period, dict) else None)


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
    metrics=("blood_pressure", *SIMULATED),
    identity="`identifier`, system and value together; the `id` of a POST is not read",
    notes=(
        "Device: `device.identifier.value`, or a reference to a Device: contained, in the same Bundle, relative, "
        "absolute, or versioned. Of a Device resource its IMEI, `serialNumber`, or another identifier, whichever the "
        "practice registered, else the serial number in its UDI; model and lot numbers identify no device. The device "
        "makes the reading automatic, regardless of the performer: send what a patient typed with our own batch.",
        "Person: `subject.identifier.value`, or the id in its reference, is read for a device that two people share.",
        "Code: LOINC, or the MDC code of IEEE 11073-10101. Blood pressure is a panel (85354-9, 55284-4, MDC 150020) "
        "with components in any order or contained members, or two Observations (8480-6, 8462-4) of one moment in one "
        "Bundle. Known measures that are not stored, like height and steps, are contacts of their device.",
        "Moment: `effectiveDateTime`, `effectiveInstant`, `effectiveTiming` with one event, or the start of "
        "`effectivePeriod`, with its offset.",
        "Unit: UCUM in `code`; `unit` must not contradict it.",
        "Other resources, panels without values, and Observations of other measures without a device are no readings "
        "and need no repair. Of a transaction with a refused entry nothing is stored; see fhir.md.",
    ),
)
