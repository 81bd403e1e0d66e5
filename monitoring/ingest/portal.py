"""Our own neutral batch: {"readings": [{"device": ..., "metric": ..., "measured_at": ..., ...}]}."""

from decimal import Decimal
from typing import Any

from monitoring.ingest.moments import from_iso
from monitoring.ingest.strict import BadBody
from monitoring.ingest.values import HUNDREDTH, UNITS, Entry, Measurement, Refused, checked

MAX_READINGS = 10_000
FIELDS = {
    "blood_pressure": ("systolic", "diastolic", "pulse"),
    "heart_rate": ("heart_rate_per_min",),
    "weight": ("weight_kg",),
    "glucose": ("glucose_mg_dl",),
    "spo2": ("spo2_percent",),
    "temperature": ("temperature_c",),
    "peak_flow": ("peak_flow_l_min", "fev1_l"),
    "therapy": ("score",),
}
_KNOWN = {"device", "metric", "measured_at", "source", "id"}
_ALLOWED = {metric: _KNOWN | set(fields) for metric, fields in FIELDS.items()}
_OPTIONAL = {"pulse", "fev1_l"}
WHEN = "measured_at must be a moment with its offset from UTC, like 2026-11-21T08:14:00-06:00."


def parse(body: Any, weight_unit: str = "") -> list[Entry]:
    """Each entry of a batch as a measurement or a refusal. Raises BadBody where the body is no batch at all."""
    if not isinstance(body, dict) or set(body) != {"readings"} or not isinstance(body["readings"], list):
        raise BadBody('Send an object with one key, "readings", that holds a list.')
    if len(body["readings"]) > MAX_READINGS:
        raise BadBody(f"A batch holds at most {MAX_READINGS} readings; send the rest in another.")
    return [_one(entry) for entry in body["readings"]]


def parse_typed(body: Any, weight_unit: str = "") -> list[Entry]:
    """The same batch typed in the portal: each entry says whether staff measured or the patient told it."""
    if not isinstance(body, dict) or not isinstance(body.get("readings"), list):
        raise BadBody('Send an object with one key, "readings", that holds a list.')
    return [_one(entry, {"staff", "patient"}, "person") for entry in body["readings"]]


def _one(
    entry: Any, sources: frozenset[str] | set[str] = frozenset({"automatic", "patient"}), time_source: str = "device"
) -> Measurement | Refused:
    if not isinstance(entry, dict):
        return Refused(entry, "unreadable", "An entry must be an object.")
    serial, metric = entry.get("device"), entry.get("metric")
    known_serial = serial if isinstance(serial, str) else ""

    def refuse(reason: str, said: str) -> Refused:
        return Refused(entry, reason, said, known_serial[:60])

    if not isinstance(serial, str) or not serial or len(serial) > 40:
        return refuse("unreadable", "device must be the serial number, 1 to 40 characters.")
    if not isinstance(metric, str) or metric not in FIELDS:
        return refuse("unreadable", f"metric must be one of {', '.join(UNITS)}.")
    if not entry.keys() <= _ALLOWED[metric]:
        stranger = min(entry.keys() - _ALLOWED[metric])
        return refuse("unreadable", f"The key {stranger[:40]!r} is not known for {metric}.")
    source, name = entry.get("source", "automatic"), entry.get("id", "")
    if not isinstance(source, str) or source not in sources:
        return refuse("unreadable", f"source must be {' or '.join(sorted(sources))}.")
    if not isinstance(name, str) or len(name) > 80:
        return refuse("unreadable", "id must be a text of at most 80 characters.")
    try:
        moment = from_iso(entry.get("measured_at"))
    except ValueError:
        return refuse("unreadable", WHEN)
    values = []
    for field in FIELDS[metric]:
        raw = entry.get(field, 0 if field in _OPTIONAL else None)
        if isinstance(raw, bool) or not isinstance(raw, int | float):
            return refuse("unreadable", f"{field} must be a number.")
        if abs(raw) >= 1_000_000:
            return refuse("impossible", f"{field} is far too large.")
        values.append(Decimal(raw) if isinstance(raw, int) else Decimal(str(raw)).quantize(HUNDREDTH))
    return checked(Measurement(serial, metric, moment, tuple(values), source, name, time_source), entry)
