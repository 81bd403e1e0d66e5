"""Telli Health webhooks, versions 1 and 2, as the vendor's public specification shows them (2026-05)."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import Measurement, Refused, check_values

_POUND = Decimal("0.45359237")


def parse(body: Any) -> list[Measurement | Refused]:
    """One reading a delivery; a heartbeat proves the device and is no reading. Raises BadBody for what is neither."""
    if not isinstance(body, dict):
        raise BadBody("Send one reading as an object.")
    serial = body.get("deviceId")
    if not isinstance(serial, str) or not serial:
        raise BadBody("deviceId is missing.")
    if "readingType" not in body:
        return []  # a heartbeat or a cleared reminder
    kind, data = body["readingType"], body.get("data")
    try:
        # Milliseconds since the epoch, as text; when it was measured, also where it was stored and sent later.
        moment = datetime.fromtimestamp(int(body["time"]) / 1000, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return [Refused(body, "unreadable", "time must be milliseconds since 1970 as text.", serial[:60])]
    try:
        metric, values = _values(kind, data)
    except (KeyError, TypeError, InvalidOperation, ValueError):
        return [Refused(body, "unreadable", f"The reading type {str(kind)[:30]!r} is not understood.", serial[:60])]
    said = check_values(metric, values)
    if said:
        return [Refused(body, "impossible", said, serial[:60])]
    return [Measurement(serial, metric, moment, values)]


def _number(raw: Any) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a number")
    value = Decimal(str(raw))
    if not value.is_finite():
        raise ValueError("not a number")
    return value.quantize(Decimal("0.01"))


def _values(kind: Any, data: Any) -> tuple[str, tuple[Decimal, ...]]:
    if kind == "BloodPressure":
        return "blood_pressure", (
            _number(data["systolic"]),
            _number(data["diastolic"]),
            _number(data.get("pulse", 0)),
        )
    if kind == "BloodGlucose" and data.get("unit", "mg/dL") == "mg/dL":
        return "glucose", (_number(data["glucose"]),)
    if kind == "Weight" and data["unit"] in ("lb", "kg"):
        weight = _number(data["weight"])
        return "weight", ((weight * _POUND if data["unit"] == "lb" else weight).quantize(Decimal("0.01")),)
    if kind == "SpO2":
        return "spo2", (_number(data["spo2"]),)
    raise ValueError("not a reading we keep")
