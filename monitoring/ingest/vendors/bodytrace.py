"""Parser for BodyTrace scales, cuffs and oximeters. `deviceId` is the IMEI, with or without its last digit."""

from datetime import datetime
from typing import Any

from monitoring.ingest.openapi import NUMBER, object_schema, request_body
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.units import number
from monitoring.ingest.values import ContactEntry, Entry, Measurement, RefusedEntry, checked, value_of
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor
from rpm_portal.core.identifiers import luhn_digit

MAX_ROWS = 1000
NO_MEASURE = "values must contain a weight in grams, a blood pressure, or an oxygen saturation."
MIN_IMEI_NUMBER = 10**11
MAX_TARE_GRAMS = 100  # above it the scale was zeroed with a load, and every weight is wrong by that load


def parse(body: object, units: Units) -> list[Entry]:
    """The measurements, and the contact of each device with its signal. Raises BadBody if no device is named.

    Takes one delivery, or the array of them that the vendor's pull answers. Empty values are a heartbeat.
    """
    rows: list[Any] = body if isinstance(body, list) else [body]
    if len(rows) > MAX_ROWS or not all(isinstance(row, dict) for row in rows):
        raise BadBody(f"Send one reading as an object, or an array of up to {MAX_ROWS} of them.")
    if len(rows) == 1:
        return _parse_row(rows[0])
    entries: list[Entry] = []
    for row in rows:
        try:
            entries += _parse_row(row)
        except BadBody as error:
            entries.append(RefusedEntry(row, "unreadable", str(error)))
    return entries


def _parse_row(row: dict[str, object]) -> list[Entry]:
    serial = _serial(row.get("deviceId"))
    try:
        moment = from_epoch(row.get("ts"), per_second=1000)
    except ValueError:
        return [RefusedEntry(row, "unreadable", "ts must be milliseconds since 1970.", serial)]
    signal = row.get("rssi")
    if not isinstance(signal, int) or isinstance(signal, bool) or abs(signal) >= 300:
        signal = None
    heard = ContactEntry(serial, moment, signal=signal)
    values = row.get("values")
    if values is None or values == {}:
        return [heard]
    if not isinstance(values, dict):
        return [RefusedEntry(row, "unreadable", NO_MEASURE, serial), heard]
    entries = [entry for entry in (_weight(row, values, serial, moment), _cuff(row, values, serial, moment)) if entry]
    return [*(entries or [RefusedEntry(row, "unreadable", NO_MEASURE, serial)]), heard]


def _serial(raw: object) -> str:
    """The IMEI with its last digit, which is computed if it is missing. Raises BadBody."""
    # A number has lost the zeros with which the IMEIs of some makers begin.
    digits = f"{raw:014d}" if isinstance(raw, int) and not isinstance(raw, bool) and raw >= MIN_IMEI_NUMBER else raw
    if not isinstance(digits, str) or not digits.isascii() or not digits.isdigit() or not 14 <= len(digits) <= 15:
        raise BadBody("deviceId must be the IMEI of 14 or 15 digits.")
    return digits + luhn_digit(digits) if len(digits) == 14 else digits


def _weight(row: dict[str, object], values: dict[str, object], serial: str, moment: datetime) -> Entry | None:
    """The weight in grams, whatever `unit` is; None if there is none."""
    if "weight" not in values:
        return None
    try:
        (weight, bound), tare = value_of("weight", values["weight"], "g"), number(values.get("tare") or 0)
    except ValueError:
        return RefusedEntry(row, "unreadable", "weight and tare must be numbers, in grams.", serial)
    if abs(tare) > MAX_TARE_GRAMS:
        message = f"The scale was zeroed with {tare.normalize():f} g on it; this weight is off by as much."
        return RefusedEntry(row, "impossible", message, serial)
    return checked(Measurement(serial, "weight", moment, (weight,), bounds=(bound,)), row)


def _cuff(row: dict[str, object], values: dict[str, object], serial: str, moment: datetime) -> Entry | None:
    """The blood pressure in mmHg, or the oxygen saturation, each with its pulse; None if there is neither."""
    try:
        pulse = value_of("heart_rate", values.get("pulse") or 0, "")
        if "systolic" in values or "diastolic" in values:
            metric = "blood_pressure"
            pairs = [value_of(metric, values.get(name), "") for name in ("systolic", "diastolic")] + [pulse]
        elif "spo2" in values:
            metric, pairs = "spo2", [value_of("spo2", values["spo2"], ""), (number(0), ""), pulse]
        else:
            return None
    except ValueError:
        return RefusedEntry(row, "unreadable", "systolic, diastolic, spo2 and pulse must be numbers.", serial)
    numbers, bounds = zip(*pairs, strict=True)
    irregular = values.get("irregular") in (1, True, "1")
    return checked(Measurement(serial, metric, moment, numbers, bounds=bounds, irregular=irregular), row)


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, object]:
    """The body with which BodyTrace would send a measurement."""
    measured: dict[str, dict[str, object]] = {
        "weight": {"unit": 1, "weight": int(values[0] * 1000), "tare": 0},
        "blood_pressure": {"systolic": values[0], "diastolic": values[1], "pulse": values[2], "irregular": 0},
        "spo2": {"spo2": values[0], "pulse": values[1]},
    }
    return {
        "deviceId": int(serial[:14]) if serial.isdigit() else serial,
        "ts": int(at.timestamp() * 1000),
        "rssi": 91,
        "values": measured[metric],
    }


_ROW = object_schema(
    {
        "deviceId": {"type": ["integer", "string"]},
        "ts": {"type": "integer"},
        "batteryVoltage": NUMBER,
        "rssi": {"type": "integer"},
        "values": object_schema(
            dict.fromkeys(("unit", "weight", "tare", "systolic", "diastolic", "pulse", "irregular", "spo2"), NUMBER)
        ),
    },
    "deviceId",
)
VENDOR = Vendor(
    shape="bodytrace",
    label="BodyTrace",
    parse=parse,
    is_at_readings=True,
    operations=(
        ApiOperation(
            path="bodytrace/",
            url_name="bodytrace",
            summary="BodyTrace",
            description="Take in a delivery of a BodyTrace scale, cuff or oximeter, or an array of them.",
            request_body=request_body(
                {"oneOf": [_ROW, {"type": "array", "items": _ROW, "minItems": 1, "maxItems": MAX_ROWS}]},
                {
                    "deviceId": 35693803564380,
                    "ts": 1795270440000,
                    "batteryVoltage": 5522,
                    "rssi": 91,
                    "values": {"unit": 1, "weight": 69800, "tare": 0},
                },
            ),
        ),
    ),
    simulate=simulate,
    metrics=("weight", "blood_pressure", "spo2"),
    contacts=("empty `values`",),
    notes=(
        "Device: `deviceId`, the IMEI as a number or as text; its last digit is computed if it is missing.",
        "Weights are grams whatever `unit` is. A weight with more than 100 g of tare waits for a person.",
    ),
)
