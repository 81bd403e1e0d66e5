"""Parser for Telli Health webhooks, versions 1 and 2, as in the vendor's public specification (2026-05).

The moment is the time of measuring, also if the device stored the reading and sent it later (`mem`).
"""

from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.values import (
    ContactEntry,
    Entry,
    Measurement,
    RefusedEntry,
    UnknownUnit,
    checked,
    number,
    value_of,
)

# Stored with the body, but not vital signs: they prove contact with the device and do not make a reading day.
NO_VITAL_SIGN = {"SleepingMatActivity", "SleepingMatDuration"}


def parse(body: object, weight_unit: str = "") -> list[Entry]:
    """The reading in a delivery and the contact of the device; a heartbeat is only a contact. Raises BadBody."""
    if not isinstance(body, dict):
        raise BadBody("Send one reading as an object.")
    serial = body.get("deviceId")
    if not isinstance(serial, str) or not serial:
        raise BadBody("deviceId is missing.")
    serial = serial[:60]
    kind, data = body.get("readingType"), body.get("data")
    try:
        moment = from_epoch(body["time"], per_second=1000)
    except (KeyError, ValueError):
        moment = None
    if kind is None:
        return [ContactEntry(serial, moment, **_health(body))]  # a heartbeat, or a notice that a reminder was cleared
    if moment is None:
        return [RefusedEntry(body, "unreadable", "time must be milliseconds since 1970 as text.", serial)]
    heard = ContactEntry(serial, moment, **_health(body))
    if isinstance(kind, str) and kind in NO_VITAL_SIGN:
        return [heard]
    try:
        metric, pairs = _values(kind, data)
    except UnknownUnit as error:
        return [RefusedEntry(body, "unknown_unit", str(error), serial), heard]
    except (KeyError, TypeError, AttributeError, ValueError):
        return [
            RefusedEntry(body, "unreadable", f"The reading type {str(kind)[:30]!r} is not understood.", serial),
            heard,
        ]
    values, bounds = zip(*pairs, strict=True)
    return [checked(Measurement(serial, metric, moment, values, bounds=bounds), body), heard]


def _health(body: dict[str, object]) -> dict[str, int | None]:
    """Battery in percent and signal, if they were sent."""
    fields: dict[str, Any] = {}
    for name in ("data", "devdata"):
        part = body.get(name)
        fields |= part if isinstance(part, dict) else {}
    return {
        "battery": _int_in_range(fields.get("battery"), 0, 100),
        "signal": _int_in_range(fields.get("rsrp"), -200, 200),
    }


def _int_in_range(raw: object, low: int, high: int) -> int | None:
    try:
        value = int(number(raw))
    except ValueError:
        return None
    return value if low <= value <= high else None


def _values(kind: Any, data: Any) -> tuple[str, list[tuple[Any, str]]]:
    """The metric, and each value with its comparator."""

    def _pair(metric: str, name: str, unit: object = "", absent: object = None) -> tuple[object, str]:
        return value_of(metric, data[name] if absent is None else data.get(name, absent), str(unit))

    if kind == "BloodPressure":
        pressure = "blood_pressure"
        return pressure, [
            _pair(pressure, "systolic"),
            _pair(pressure, "diastolic"),
            _pair("heart_rate", "pulse", absent=0),
        ]
    if kind == "BloodGlucose":
        return "glucose", [_pair("glucose", "glucose", data.get("unit", "mg/dL"))]
    if kind == "Weight":
        return "weight", [_pair("weight", "weight", data["unit"])]
    if kind == "SpO2":
        return "spo2", [_pair("spo2", "spo2"), (number(0), ""), _pair("heart_rate", "pulse", absent=0)]
    if kind == "Temperature":
        return "temperature", [_pair("temperature", "temperature", data["unit"])]
    if kind == "PeakFlow":
        return "peak_flow", [_pair("peak_flow", "pef"), _pair("peak_flow", "fev1", absent=0)]
    raise ValueError("not a reading we keep")
