"""Our own neutral batch: {"readings": [{"device": ..., "metric": ..., "measured_at": ..., ...}]}."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import UNITS, Measurement, Refused, check_values

MAX_READINGS = 10_000
_FIELDS = {
    "blood_pressure": ("systolic", "diastolic", "pulse"),
    "weight": ("weight_kg",),
    "glucose": ("glucose_mg_dl",),
    "spo2": ("spo2_percent",),
    "therapy": ("score",),
}
_KNOWN = {"device", "metric", "measured_at", "source"}
_OPTIONAL = {"pulse"}


def parse(body: Any) -> list[Measurement | Refused]:
    """Each entry of a batch as a measurement or a refusal. Raises BadBody where the body is no batch at all."""
    if not isinstance(body, dict) or set(body) != {"readings"} or not isinstance(body["readings"], list):
        raise BadBody('Send an object with one key, "readings", that holds a list.')
    if len(body["readings"]) > MAX_READINGS:
        raise BadBody(f"A batch holds at most {MAX_READINGS} readings; send the rest in another.")
    return [_one(entry) for entry in body["readings"]]


def _one(entry: Any) -> Measurement | Refused:
    if not isinstance(entry, dict):
        return Refused(entry, "unreadable", "An entry must be an object.")
    serial, metric = entry.get("device"), entry.get("metric")
    known_serial = serial if isinstance(serial, str) else ""

    def refuse(reason: str, said: str) -> Refused:
        return Refused(entry, reason, said, known_serial[:60])

    if not isinstance(serial, str) or not serial or len(serial) > 40:
        return refuse("unreadable", "device must be the serial number, 1 to 40 characters.")
    if not isinstance(metric, str) or metric not in _FIELDS:
        return refuse("unreadable", f"metric must be one of {', '.join(UNITS)}.")
    stranger = set(entry) - _KNOWN - set(_FIELDS[metric])
    if stranger:
        return refuse("unreadable", f"The key {min(stranger)[:40]!r} is not known for {metric}.")
    source = entry.get("source", "automatic")
    if not isinstance(source, str) or source not in {"automatic", "patient"}:
        return refuse("unreadable", "source must be automatic or patient.")
    try:
        moment = datetime.fromisoformat(entry["measured_at"])
    except (KeyError, TypeError, ValueError):
        return refuse("unreadable", "measured_at must be a moment like 2026-11-21T08:14:00-06:00.")
    if moment.tzinfo is None or not 1900 <= moment.year <= 2100:
        return refuse("unreadable", "measured_at needs its offset from UTC, like 2026-11-21T08:14:00-06:00.")
    values = []
    for field in _FIELDS[metric]:
        raw = entry.get(field, 0 if field in _OPTIONAL else None)
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return refuse("unreadable", f"{field} must be a number.")
        try:
            values.append(Decimal(str(raw)).quantize(Decimal("0.01")))
        except InvalidOperation:
            return refuse("impossible", f"{field} is far too large.")
    said = check_values(metric, tuple(values))
    if said:
        return refuse("impossible", said)
    return Measurement(serial, metric, moment, tuple(values), source)
