"""The serial number of the device that an Observation refers to.

A reference can be logical (an identifier), relative, absolute, versioned, to a resource that the Observation contains,
or to an entry of its Bundle (https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/bundle.html#references).
"""

import re
from typing import Any

_DEVICE = re.compile(r"(?:.*/)?Device/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
# Type of an identifier that is a serial number (HL7 v2 table 0203).
_SERIAL_NUMBER = "SNO"
MAX_SERIAL_LENGTH = 60

# The Devices of a Bundle by the addresses with which its other entries can refer to them.
BundledDevices = dict[str, dict[str, object]]


def bundled_devices(entries: list[Any]) -> BundledDevices:
    """The Devices among a Bundle's entries, by fullUrl and by relative address."""
    devices: BundledDevices = {}
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict) or resource.get("resourceType") != "Device":
            continue
        address, own_id = entry.get("fullUrl"), resource.get("id")
        if isinstance(address, str) and address:
            devices[address] = resource
            if found := _DEVICE.fullmatch(address):
                devices[f"Device/{found[1]}"] = resource
        if isinstance(own_id, str) and own_id:
            devices.setdefault(f"Device/{own_id}", resource)
    return devices


def serial_of(observation: dict[str, object], bundled: BundledDevices) -> str:
    """The serial number of the Observation's device, at most 60 characters; empty if none is named."""
    device = observation.get("device")
    if not isinstance(device, dict):
        return ""
    return (_logical(device.get("identifier")) or _referenced(device.get("reference"), observation, bundled))[
        :MAX_SERIAL_LENGTH
    ]


def _logical(identifier: object) -> str:
    value = identifier.get("value") if isinstance(identifier, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _referenced(reference: object, observation: dict[str, object], bundled: BundledDevices) -> str:
    if not isinstance(reference, str):
        return ""
    if reference.startswith("#"):
        contained = observation.get("contained")
        resources = contained if isinstance(contained, list) else []
        return next(
            (
                _own_serial(resource)
                for resource in resources
                if isinstance(resource, dict)
                and resource.get("resourceType") == "Device"
                and resource.get("id") == reference[1:]
            ),
            "",
        )
    if reference in bundled:
        return _own_serial(bundled[reference])
    found = _DEVICE.fullmatch(reference)
    if found is None:
        return ""
    relative = f"Device/{found[1]}"
    return _own_serial(bundled[relative]) if relative in bundled else found[1]


def _own_serial(device: dict[str, object]) -> str:
    """The number by which a Device resource is known: its serial number, else its identifier."""
    serial = device.get("serialNumber")
    if isinstance(serial, str) and serial.strip():
        return serial.strip()
    rows = device.get("identifier")
    identifiers = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return next(
        (value for row in sorted(identifiers, key=lambda row: not _is_serial(row)) if (value := _logical(row))), ""
    )


def _is_serial(identifier: dict[str, object]) -> bool:
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    return isinstance(codings, list) and any(
        isinstance(coding, dict) and coding.get("code") == _SERIAL_NUMBER for coding in codings
    )
