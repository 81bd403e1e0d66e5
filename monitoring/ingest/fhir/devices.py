"""The serial number of the device that an Observation refers to.

A reference can be logical (an identifier), relative, absolute, versioned, to a resource that the Observation contains,
or to an entry of its Bundle (https://hl7.org/fhir/R4/references.html, https://hl7.org/fhir/R4/bundle.html#references).
"""

import re
from typing import Any

_DEVICE = re.compile(r"(?:.*/)?Device/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?")
# Types of identifiers of one device, the preferred first: the IMEI of a cellular device; its serial number (HL7 v2
# table 0203); its system id (HL7 Personal Health Device guide, ContinuaDeviceIdentifiers). Then those of other types.
_OWN_TYPES = ("IMEI", "SNO", "SYSID")
# Types that identify an address of the network, and those of a model or lot, which many devices share.
_ADDRESS_TYPES = {"MAC", "BTMAC", "ETHMAC", "ZIGBEE"}
_SHARED_TYPES = {"MODEL", "MD", "LOT", "DI", "UDI-DI", "UDIDI"}
# The serial number in a device identification (UDI) as people read it: GS1, application identifier 21.
_UDI_SERIAL = re.compile(r"\(21\)([^()]{1,60})")
MAX_SERIAL_LENGTH = 60
MAX_USER_LENGTH = 40

# The Devices of a Bundle by the addresses with which its other entries can refer to them.
BundledDevices = dict[str, dict[str, object]]


def bundled_devices(entries: list[Any]) -> BundledDevices:
    """The Devices among a Bundle's entries, by fullUrl and by relative address; those of a DeviceMetric by its own."""
    devices: BundledDevices = {}
    metrics: list[tuple[dict[str, object], str]] = []
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            continue
        if resource.get("resourceType") == "DeviceMetric":
            metrics.append((resource, _plain(str(entry.get("fullUrl", "")))))
        if resource.get("resourceType") != "Device":
            continue
        address, own_id = entry.get("fullUrl"), resource.get("id")
        if isinstance(address, str) and address:
            devices[_plain(address)] = resource
            if found := _DEVICE.fullmatch(address):
                devices[f"Device/{found[1]}"] = resource
        if isinstance(own_id, str) and own_id:
            devices.setdefault(f"Device/{own_id}", resource)
    for metric, address in metrics:
        source = metric.get("source")
        reference = source.get("reference") if isinstance(source, dict) else None
        if isinstance(reference, str) and (device := devices.get(_plain(reference))):
            devices |= {address: device, f"DeviceMetric/{metric.get('id')}": device}
    return devices


def serials_of(observation: dict[str, object], bundled: BundledDevices) -> tuple[str, ...]:
    """The numbers of the Observation's device, the preferred first, at most 60 characters each; empty if none is named.

    A Device resource can have an IMEI and a serial number: the practice registered one of them.
    """
    device = observation.get("device")
    if not isinstance(device, dict):
        return ()
    own = _logical(device.get("identifier"))
    numbers = [own] if own else _referenced(device.get("reference"), observation, bundled)
    return tuple(dict.fromkeys(number[:MAX_SERIAL_LENGTH] for number in numbers))


def serial_of(observation: dict[str, object], bundled: BundledDevices) -> str:
    """The preferred number of the Observation's device; empty if none is named."""
    return next(iter(serials_of(observation, bundled)), "")


def subject_of(observation: dict[str, object]) -> str:
    """Who was measured, as the sender writes it: the subject's identifier, else the id in its reference, else empty."""
    subject = observation.get("subject")
    if not isinstance(subject, dict):
        return ""
    reference = subject.get("reference")
    own_id = reference.rstrip("/").rsplit("/", 1)[-1] if isinstance(reference, str) else ""
    return (_logical(subject.get("identifier")) or own_id)[:MAX_USER_LENGTH]


def _plain(reference: str) -> str:
    """A reference as it is compared: the letters of a UUID have no case."""
    return reference.lower() if reference[:9].lower() == "urn:uuid:" else reference


def _logical(identifier: object) -> str:
    """The value of an identifier; of a UDI its serial number."""
    value = identifier.get("value") if isinstance(identifier, dict) else None
    if not isinstance(value, str):
        return ""
    found = _UDI_SERIAL.search(value)
    return found[1].strip() if found else value.strip()


def _referenced(reference: object, observation: dict[str, object], bundled: BundledDevices) -> list[str]:
    if not isinstance(reference, str):
        return []
    if reference.startswith("#"):
        contained = observation.get("contained")
        resources = contained if isinstance(contained, list) else []
        rows = [row for row in resources if isinstance(row, dict) and row.get("resourceType") == "Device"]
        return next((_own_numbers(row) for row in rows if row.get("id") == reference[1:]), [])
    if (plain := _plain(reference)) in bundled:
        return _own_numbers(bundled[plain])
    found = _DEVICE.fullmatch(reference)
    if found is None:
        return []
    relative = f"Device/{found[1]}"
    return _own_numbers(bundled[relative]) if relative in bundled else [found[1]]


def _own_numbers(device: dict[str, object]) -> list[str]:
    """The numbers by which a Device resource is known: IMEI, serial number, other identifiers, and that in its UDI."""
    rows = device.get("identifier")
    identifiers = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    ranked = [(rank, _logical(row)) for row in identifiers if (rank := _rank(row)) is not None]
    own = device.get("serialNumber")
    if isinstance(own, str):
        ranked.append((_OWN_TYPES.index("SNO"), own.strip()))
    values = [value for _, value in sorted(ranked, key=lambda pair: pair[0]) if value]
    return values or _udi_serials(device.get("udiCarrier"))


def _rank(identifier: dict[str, object]) -> int | None:
    """The place of an identifier among those of its device; None if it does not identify one device."""
    kind = identifier.get("type")
    codings = kind.get("coding") if isinstance(kind, dict) else None
    rows = codings if isinstance(codings, list) else []
    codes = {row["code"] for row in rows if isinstance(row, dict) and isinstance(row.get("code"), str)}
    if own := [rank for rank, code in enumerate(_OWN_TYPES) if code in codes]:
        return own[0]
    if codes & _SHARED_TYPES or ("UDI" in codes and not _UDI_SERIAL.search(str(identifier.get("value")))):
        return None
    return len(_OWN_TYPES) + bool(codes & _ADDRESS_TYPES)


def _udi_serials(carriers: object) -> list[str]:
    texts = [row.get("carrierHRF") for row in carriers if isinstance(row, dict)] if isinstance(carriers, list) else []
    return [match[1].strip() for text in texts if isinstance(text, str) and (match := _UDI_SERIAL.search(text))]
