"""Parser for Tenovi measurement webhooks: one measurement, or an array of them.

A device is identified by `hwi_device_id`, never by `hardware_uuid`, which changes with a replaced gateway. The
published format has no units: those of weight and temperature are set on the source.
"""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from monitoring.ingest.openapi import MOMENT, TEXT, object_schema, request_body
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso, measured_second
from monitoring.ingest.units import UnknownUnit, number, unit_for
from monitoring.ingest.values import ContactEntry, Entry, Measurement, NoReading, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor

MAX_MEASUREMENTS = 1000
# Stored with the body as a contact of the device: not vital signs, and no reading day.
NO_VITAL_SIGN = {
    "battery_percentage",
    "steps",
    "sleep",
    "distance",
    "calories",
    "perfusion_index",
    "irregular_heartbeat",
    "heart_rate_statistics",
    "pillbox_opened",
    "pillbox_refilled",
    "pillbox_refill_initiated",
    "body_fat",
    "body_mass_index",
    "bmi",
    "muscle_mass",
    "respiratory_rate",
}
# `dummy_data` as JSON, and as text or number by some relays.
_TRUE = {"true", "1"}
_FEV1 = "forced_expiratory_volume"
_METRICS = {
    "blood_pressure": "blood_pressure",
    "pulse": "heart_rate",
    "heart_rate": "heart_rate",
    "weight": "weight",
    "glucose": "glucose",
    "blood_glucose": "glucose",
    "spo2": "spo2",
    "oxygen_saturation": "spo2",
    "temperature": "temperature",
    "peak_flow": "peak_flow",
    "peak_expiratory_flow": "peak_flow",
}


def parse(body: object, units: Units) -> list[Entry]:
    """The measurements; what was measured together is one entry. Raises BadBody for anything else.

    A pulse and an irregular heartbeat are joined to their blood pressure, an FEV1 to its peak flow: the same device,
    moment and index.
    """
    rows: list[Any] = body if isinstance(body, list) else [body]
    if not rows or len(rows) > MAX_MEASUREMENTS or not all(isinstance(row, dict) and "metric" in row for row in rows):
        raise BadBody(f"Send a measurement with its metric, or an array of up to {MAX_MEASUREMENTS} of them.")
    entries = [_parse_row(row, units) for row in rows]
    parts: dict[tuple[object, ...], int] = {}
    for at, row in enumerate(rows):
        parts.setdefault((_name(row), *_key(row)), at)
    used: set[int] = set()
    for at, (entry, row) in enumerate(zip(entries, rows, strict=True)):
        if not isinstance(entry, Measurement):
            continue
        key = _key(row)
        if entry.metric == "blood_pressure":
            pulse_at = parts.get(("pulse", *key), parts.get(("heart_rate", *key)))
            pulse = entries[pulse_at] if pulse_at is not None else None
            if pulse_at is not None and isinstance(pulse, Measurement):
                used.add(pulse_at)
                bounds = (*entry.bounds[:2], *pulse.bounds[:1])
                entry = replace(entry, values=(*entry.values[:2], pulse.values[0]), bounds=bounds)
            irregular_at = parts.get(("irregular_heartbeat", *key))
            if irregular_at is not None and _number_or_none(rows[irregular_at].get("value_1")):
                entry = replace(entry, irregular=True)
        elif entry.metric == "peak_flow" and (fev1_at := parts.get((_FEV1, *key))) is not None:
            fev1 = _number_or_none(rows[fev1_at].get("value_1"))
            if fev1 is not None:
                used.add(fev1_at)
                entry = checked(replace(entry, values=(entry.values[0], fev1), bounds=(*entry.bounds, "")), row)
        entries[at] = entry
    return [entry for at, entry in enumerate(entries) if at not in used]


def _name(row: dict[str, object]) -> str:
    """The metric in lower case: it is published as spO2 and SpO2."""
    name = row["metric"]
    return name.strip().lower() if isinstance(name, str) else ""


def _key(row: dict[str, object]) -> tuple[object, ...]:
    extra = row.get("filter_params")
    index = extra.get("measurement_index") if isinstance(extra, dict) else None
    try:
        moment: object = from_iso(row.get("timestamp"))
    except ValueError:
        moment = None
    return str(row.get("hwi_device_id")), moment, str(index)


def _parse_row(row: dict[str, object], units: Units) -> Entry:
    serial = row.get("hwi_device_id")
    if not isinstance(serial, str) or not serial:
        return RefusedEntry(row, "unreadable", "hwi_device_id is missing.")
    serial, name = serial[:60], _name(row)
    if str(row.get("dummy_data")).lower() in _TRUE:
        return NoReading("A test message: dummy_data is true.")
    try:
        moment = measured_second(row.get("timestamp"))
    except ValueError:
        return RefusedEntry(row, "unreadable", "timestamp must be a moment with its offset from UTC.", serial)
    if name in NO_VITAL_SIGN:
        return ContactEntry(serial, moment, battery=_battery(row) if name == "battery_percentage" else None)
    if name == _FEV1:
        message = "An FEV1 is stored with its peak flow: have Tenovi post the measurements of one moment as an array."
        return RefusedEntry(row, "unreadable", message, serial)
    metric = _METRICS.get(name)
    if metric is None:
        return RefusedEntry(row, "unreadable", f"The metric {str(row['metric'])[:30]!r} is not understood.", serial)
    try:
        values, bounds = zip(*_values(metric, row, units), strict=True)
    except UnknownUnit as error:
        return RefusedEntry(row, "unknown_unit", str(error), serial)
    except ValueError:
        return RefusedEntry(row, "unreadable", "value_1 (and value_2 of a blood pressure) must be a number.", serial)
    time_source = "estimated" if row.get("estimated_timestamp") is True else "device"
    try:
        vendor_at = from_iso(row.get("created"))
    except ValueError:
        vendor_at = None
    patient = row.get("patient_id")
    measured = Measurement(
        serial,
        metric,
        moment,
        values,
        time_source=time_source,
        bounds=bounds,
        vendor_at=vendor_at,
        user=patient[:40] if isinstance(patient, str) else "",
    )
    return checked(measured, row)


def _battery(row: dict[str, object]) -> int | None:
    value = _number_or_none(row.get("value_1"))
    return int(value) if value is not None and 0 <= value <= 100 else None


def _number_or_none(raw: object) -> Decimal | None:
    try:
        return number(raw)
    except ValueError:
        return None


def _values(metric: str, row: dict[str, object], units: Units) -> list[tuple[object, str]]:
    """The values, each with its comparator."""
    first = row.get("value_1")
    if metric == "blood_pressure":
        return [value_of(metric, first, ""), value_of(metric, row.get("value_2"), ""), (number(0), "")]
    if metric == "peak_flow":
        return [value_of(metric, first, "")]
    return [value_of(metric, first, unit_for(metric, first, row.get("unit"), units))]


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    """The body with which Tenovi would send a measurement."""
    names = {"heart_rate": "pulse", "spo2": "spO2", "peak_flow": "peak_expiratory_flow"}
    units = {"weight": {"unit": "kg"}, "temperature": {"unit": "C"}}
    return {
        "metric": names.get(metric, metric),
        "hwi_device_id": serial,
        "timestamp": at.astimezone(UTC).isoformat(),
        "value_1": str(values[0]),
        "value_2": values[1] if metric == "blood_pressure" else None,
        "estimated_timestamp": False,
        **units.get(metric, {}),
    }


_ROW = object_schema(
    {
        "metric": TEXT,
        "hwi_device_id": TEXT,
        "timestamp": MOMENT,
        "value_1": {"type": ["number", "string"]},
        "value_2": {"type": ["number", "string", "null"]},
        "estimated_timestamp": {"type": "boolean"},
    },
    "metric",
    "hwi_device_id",
    "timestamp",
    "value_1",
)
VENDOR = Vendor(
    shape="tenovi",
    label="Tenovi",
    parse=parse,
    is_at_readings=True,
    sends_pulse_apart=True,
    unit_settings=("weight", "temperature", "glucose"),
    operations=(
        ApiOperation(
            path="tenovi/",
            url_name="tenovi",
            summary="Tenovi",
            description="Take in a Tenovi measurement or an array of them.",
            request_body=request_body(
                {"oneOf": [_ROW, {"type": "array", "items": _ROW, "minItems": 1, "maxItems": MAX_MEASUREMENTS}]},
                {
                    "metric": "blood_pressure",
                    "hwi_device_id": "TNV-1",
                    "value_1": "128",
                    "value_2": "79",
                    "timestamp": "2026-11-21T14:14:00Z",
                    "estimated_timestamp": False,
                },
            ),
        ),
    ),
    simulate=simulate,
    metrics=("blood_pressure", "heart_rate", "weight", "glucose", "spo2", "temperature", "peak_flow"),
    contacts=tuple(sorted(NO_VITAL_SIGN)),
    notes=(
        "Device: `hwi_device_id`, in any case; `hardware_uuid` is the gateway and is not read.",
        "What was measured together (the same moment and `measurement_index`) is one reading: the pulse and "
        "`irregular_heartbeat` with the blood pressure, `forced_expiratory_volume` with the peak flow. Have Tenovi "
        "post the measurements of one moment as an array; a pulse in a body of its own is joined to its pressure.",
        "`patient_id` is read for a device that two people share.",
        "`dummy_data` true is a test message: neither a reading nor a contact.",
        "`estimated_timestamp` true is shown with the reading.",
    ),
)
