"""Parser for Tenovi measurement webhooks: one measurement, or an array of them.

A device is identified by `hwi_device_id`, never by `hardware_uuid`, which changes with a replaced gateway. The
published format has no unit of weight: the source configures it. Without it a weight is listed as unmatched.
"""

from dataclasses import replace
from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso
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

MAX_MEASUREMENTS = 1000
# Stored with the body as a contact of the device: not vital signs, and no reading day.
NO_VITAL_SIGN = {"battery_percentage", "steps", "sleep", "distance", "calories"}
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
}


def parse(body: Any, weight_unit: str = "") -> list[Entry]:
    """The measurements, each pulse joined to the pressure it was taken with. Raises BadBody for anything else."""
    rows = body if isinstance(body, list) else [body]
    if not rows or len(rows) > MAX_MEASUREMENTS or not all(isinstance(row, dict) and "metric" in row for row in rows):
        raise BadBody(f"Send a measurement with its metric, or an array of up to {MAX_MEASUREMENTS} of them.")
    entries = [_parse_row(row, weight_unit) for row in rows]
    return _join_pulses(entries, rows)


def _join_pulses(entries: list[Entry], rows: list[dict[str, object]]) -> list[Entry]:
    """Join the pulse of the same device, moment and index to its blood pressure."""
    pulses = {
        _key(entry, row): entry
        for entry, row in zip(entries, rows, strict=True)
        if isinstance(entry, Measurement) and entry.metric == "heart_rate"
    }
    joined: list[Entry] = []
    used: set[int] = set()
    for entry, row in zip(entries, rows, strict=True):
        if isinstance(entry, Measurement) and entry.metric == "blood_pressure":
            pulse = pulses.get(_key(entry, row))
            if pulse is not None:
                used.add(id(pulse))
                bounds = (*entry.bounds[:2], *pulse.bounds[:1])
                joined.append(replace(entry, values=(*entry.values[:2], pulse.values[0]), bounds=bounds))
                continue
        joined.append(entry)
    return [entry for entry in joined if id(entry) not in used]


def _key(entry: Measurement, row: dict[str, object]) -> tuple[object, ...]:
    extra = row.get("filter_params")
    index = extra.get("measurement_index") if isinstance(extra, dict) else None
    return entry.serial, entry.measured_at, str(index)


def _parse_row(row: dict[str, object], weight_unit: str) -> Entry:
    serial = row.get("hwi_device_id")
    if not isinstance(serial, str) or not serial:
        return RefusedEntry(row, "unreadable", "hwi_device_id is missing.")
    serial = serial[:60]
    name = row["metric"]
    try:
        moment = from_iso(row.get("timestamp"))
    except ValueError:
        return RefusedEntry(row, "unreadable", "timestamp must be a moment with its offset from UTC.", serial)
    if isinstance(name, str) and name in NO_VITAL_SIGN:
        return ContactEntry(serial, moment, battery=_battery(row) if name == "battery_percentage" else None)
    metric = _METRICS.get(name) if isinstance(name, str) else None
    if metric is None:
        return RefusedEntry(row, "unreadable", f"The metric {str(name)[:30]!r} is not understood.", serial)
    try:
        values, bounds = zip(*_values(metric, row, weight_unit), strict=True)
    except UnknownUnit as error:
        return RefusedEntry(row, "unknown_unit", str(error), serial)
    except ValueError:
        return RefusedEntry(row, "unreadable", "value_1 (and value_2 of a blood pressure) must be a number.", serial)
    time_source = "estimated" if row.get("estimated_timestamp") is True else "device"
    try:
        vendor_at = from_iso(row.get("created"))
    except ValueError:
        vendor_at = None
    measured = Measurement(serial, metric, moment, values, time_source=time_source, bounds=bounds, vendor_at=vendor_at)
    return checked(measured, row)


def _battery(row: dict[str, object]) -> int | None:
    try:
        value = int(number(row.get("value_1")))
    except ValueError:
        return None
    return value if 0 <= value <= 100 else None


def _values(metric: str, row: dict[str, object], weight_unit: str) -> list[tuple[Any, str]]:
    """The values, each with its comparator."""
    first, unit = row.get("value_1"), row.get("unit")
    if metric == "blood_pressure":
        return [value_of(metric, first, ""), value_of(metric, row.get("value_2"), ""), (number(0), "")]
    if metric == "weight":
        unit = unit or weight_unit
        if not isinstance(unit, str) or not unit:
            raise UnknownUnit("Tenovi sends no unit of weight; choose it on the source, then try again.")
        return [value_of(metric, first, unit)]
    if isinstance(unit, str) and unit and metric != "peak_flow":
        return [value_of(metric, first, unit)]
    if metric == "temperature":
        raise UnknownUnit("No unit of temperature was sent.")
    return [value_of(metric, first, "")]
