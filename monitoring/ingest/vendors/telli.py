"""Parser for Telli Health webhooks, versions 1 and 2, as in the vendor's public specification (2026-05).

The moment is the time of measuring, also if the device stored the reading and sent it later (`mem`).
"""

from datetime import datetime
from typing import Any

from monitoring.ingest.openapi import TEXT, object_schema, request_body
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.units import UnknownUnit, number, unit_for
from monitoring.ingest.values import ContactEntry, Entry, Measurement, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor

# Stored with the body, but not vital signs: they prove contact with the device and do not make a reading day.
_KINDS = {"BloodPressure", "BloodGlucose", "Weight", "SpO2", "Temperature", "PeakFlow"}
# `arrhythmia` as a number, a truth value, or text.
_TRUE = {"1", "1.0", "true"}
NO_VITAL_SIGN = {"SleepingMatActivity", "SleepingMatDuration"}


def parse(body: object, units: Units) -> list[Entry]:
    """The reading in a delivery and the contact of the device; a heartbeat is only a contact. Raises BadBody."""
    if not isinstance(body, dict):
        raise BadBody("Send one reading as an object.")
    serial = body.get("deviceId")
    if isinstance(serial, int) and not isinstance(serial, bool) and serial > 0:
        serial = str(serial)
    if not isinstance(serial, str) or not serial:
        raise BadBody("deviceId must be the IMEI, as text or as a number.")
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
        metric, pairs = _values(kind, data, units)
    except UnknownUnit as error:
        return [RefusedEntry(body, "unknown_unit", str(error), serial), heard]
    except (KeyError, TypeError, AttributeError, ValueError):
        return [RefusedEntry(body, "unreadable", _not_understood(kind), serial), heard]
    values, bounds = zip(*pairs, strict=True)
    irregular = isinstance(data, dict) and str(data.get("arrhythmia")).lower() in _TRUE
    return [checked(Measurement(serial, metric, moment, values, bounds=bounds, irregular=irregular), body), heard]


def _not_understood(kind: object) -> str:
    if isinstance(kind, str) and kind in _KINDS:
        return f"A value of {kind} is missing or is no number."
    return f"The reading type {str(kind)[:30]!r} is not understood."


def _health(body: dict[str, object]) -> dict[str, int | None]:
    """Battery in percent and signal, if they were sent."""
    fields: dict[str, object] = {}
    for name in ("data", "devdata"):
        part = body.get(name)
        fields |= part if isinstance(part, dict) else {}
    battery = _int_in_range(fields.get("battery"), 0, 100)
    if battery is None and (tenths := _int_in_range(fields.get("batt"), 0, 10)) is not None:
        battery = tenths * 10  # version 2 sends tenths; "pwr" means that the device is plugged in
    return {
        "battery": battery,
        "signal": _int_in_range(fields.get("rsrp"), -200, 200),
    }


def _int_in_range(raw: object, low: int, high: int) -> int | None:
    try:
        value = int(number(raw))
    except ValueError:
        return None
    return value if low <= value <= high else None


def _values(kind: object, data: Any, units: Units) -> tuple[str, list[tuple[object, str]]]:
    """The metric, and each value with its comparator."""

    def _pair(metric: str, name: str, unit: object = "", absent: object = None) -> tuple[object, str]:
        raw = data.get(name)
        if raw is None and absent is None:
            raise ValueError(f"{name} is missing.")
        return value_of(metric, absent if raw is None else raw, str(unit))

    if kind == "BloodPressure":
        pressure = "blood_pressure"
        return pressure, [
            _pair(pressure, "systolic"),
            _pair(pressure, "diastolic"),
            _pair("heart_rate", "pulse", absent=0),
        ]
    if kind == "BloodGlucose":
        return "glucose", [_pair("glucose", "glucose", unit_for("glucose", data["glucose"], data.get("unit"), units))]
    if kind == "Weight":
        return "weight", [_pair("weight", "weight", unit_for("weight", data["weight"], data.get("unit"), units))]
    if kind == "SpO2":
        return "spo2", [_pair("spo2", "spo2"), (number(0), ""), _pair("heart_rate", "pulse", absent=0)]
    if kind == "Temperature":
        unit = unit_for("temperature", data["temperature"], data.get("unit"), units)
        return "temperature", [_pair("temperature", "temperature", unit)]
    if kind == "PeakFlow":
        return "peak_flow", [_pair("peak_flow", "pef"), _pair("peak_flow", "fev1", absent=0)]
    raise ValueError("not a reading we keep")


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    """The body with which Telli Health would send a measurement."""
    kinds: dict[str, tuple[str, dict[str, object]]] = {
        "blood_pressure": ("BloodPressure", {"systolic": values[0], "diastolic": values[1], "pulse": values[2]}),
        "weight": ("Weight", {"weight": values[0], "unit": "kg"}),
        "glucose": ("BloodGlucose", {"glucose": values[0], "unit": "mg/dL"}),
        "spo2": ("SpO2", {"spo2": values[0]}),
        "temperature": ("Temperature", {"temperature": values[0], "unit": "C"}),
        "peak_flow": ("PeakFlow", {"pef": values[0], "fev1": values[1]}),
    }
    kind, data = kinds[metric]
    return {"deviceId": serial, "readingType": kind, "time": str(int(at.timestamp() * 1000)), "data": data}


VENDOR = Vendor(
    shape="telli",
    label="Telli Health",
    parse=parse,
    is_at_readings=True,
    unit_settings=("glucose", "weight", "temperature"),
    operations=(
        ApiOperation(
            path="telli/",
            url_name="telli",
            summary="Telli Health",
            description="Take in a Telli Health webhook, version 1 or 2: a reading, heartbeat, or cleared reminder.",
            request_body=request_body(
                object_schema(
                    {
                        "deviceId": {"type": "string", "minLength": 1},
                        "readingType": TEXT,
                        "data": {"type": "object"},
                        "time": TEXT,
                    },
                    "deviceId",
                ),
                {
                    "deviceId": "356938035643809",
                    "readingType": "BloodPressure",
                    "time": "1795270440000",
                    "data": {"systolic": 128, "diastolic": 79, "pulse": 66, "arrhythmia": 0},
                },
            ),
        ),
    ),
    simulate=simulate,
    metrics=("blood_pressure", "weight", "glucose", "spo2", "temperature", "peak_flow"),
    contacts=("heartbeat", "settings response", "cleared reminder", *sorted(NO_VITAL_SIGN)),
    notes=(
        "Device: `deviceId`, the IMEI as text or as a number.",
        "`mem` means that the device stored the reading and sent it later: it counts on the day it was measured.",
        "`arrhythmia` 1 marks the reading with an irregular heartbeat. `devdata.batt` is the battery in tenths.",
        "Glucose without a unit up to 33.3 may be mmol/L: it waits until the unit is chosen on the source.",
    ),
)
