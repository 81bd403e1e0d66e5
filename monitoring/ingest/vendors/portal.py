"""Parser for our own neutral batch: {"readings": [{"device": ..., "metric": ..., "measured_at": ..., ...}]}.

A value is a number, a bound (">600", "<20", ">=", "<="), or the word HI or LO. `status` and `issued` describe the
version; entered-in-error with the `id` alone retracts what was sent.
"""

from decimal import Decimal
from typing import Any

from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso
from monitoring.ingest.values import (
    HUNDREDTH,
    UNITS,
    Entry,
    Measurement,
    RefusedEntry,
    Retraction,
    UnknownUnit,
    checked,
    shorten_identifier,
    unit_of,
    value_of,
)

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
# Further moments of a reading, and the fields of a measurement that contain them.
_MOMENTS = {"issued": "issued", "sent_at": "sent_at", "vendor_received_at": "vendor_at"}
_COMMON_KEYS = {"device", "metric", "measured_at", "source", "id", "status", *_MOMENTS}
STATUSES = ("final", "amended", "corrected", "entered-in-error")
MAX_ID_LENGTH = 500
_ALLOWED_KEYS = {metric: _COMMON_KEYS | set(fields) for metric, fields in FIELDS.items()}
_OPTIONAL_FIELDS = {"pulse", "fev1_l"}
MEASURED_AT_MESSAGE = "measured_at must be a moment with its offset from UTC, like 2026-11-21T08:14:00-06:00."

ISSUED_MESSAGE = "issued must be a moment with its offset from UTC: when you made this version available."


def parse(body: object, weight_unit: str = "") -> list[Entry]:
    """Each entry of a batch as a measurement or a refusal. Raises BadBody if the body is not a batch."""
    if not isinstance(body, dict) or set(body) != {"readings"} or not isinstance(body["readings"], list):
        raise BadBody('Send an object with one key, "readings", whose value is a list.')
    if len(body["readings"]) > MAX_READINGS:
        raise BadBody(f"A batch has at most {MAX_READINGS} readings; send the rest in another.")
    return [_parse_entry(entry) for entry in body["readings"]]


def parse_typed(body: object, weight_unit: str = "") -> list[Entry]:
    """The entries of a batch typed in the portal: the source of each is staff or the patient."""
    if not isinstance(body, dict) or not isinstance(body.get("readings"), list):
        raise BadBody('Send an object with one key, "readings", whose value is a list.')
    return [_parse_entry(entry, {"staff", "patient"}, "person") for entry in body["readings"]]


def _parse_entry(
    entry: object, sources: frozenset[str] | set[str] = frozenset({"automatic", "patient"}), time_source: str = "device"
) -> Measurement | RefusedEntry | Retraction:
    if not isinstance(entry, dict):
        return RefusedEntry(entry, "unreadable", "An entry must be an object.")
    if entry.get("status") == "entered-in-error":
        return _retraction(entry, sources, time_source)
    serial, metric = entry.get("device"), entry.get("metric")
    known_serial = serial if isinstance(serial, str) else ""

    def refuse(reason: str, message: str) -> RefusedEntry:
        identifier = entry.get("id")
        name = ("", shorten_identifier(identifier)) if isinstance(identifier, str) else ("", "")
        return RefusedEntry(entry, reason, message, known_serial[:60], name)

    if not isinstance(serial, str) or not serial or len(serial) > 40:
        return refuse("unreadable", "device must be the serial number, 1 to 40 characters.")
    if not isinstance(metric, str) or metric not in FIELDS:
        return refuse("unreadable", f"metric must be one of {', '.join(UNITS)}.")
    if not entry.keys() <= _ALLOWED_KEYS[metric]:
        unknown = min(entry.keys() - _ALLOWED_KEYS[metric])
        return refuse("unreadable", f"The key {unknown[:40]!r} is not known for {metric}.")
    source, name = entry.get("source", "automatic"), entry.get("id", "")
    if not isinstance(source, str) or source not in sources:
        return refuse("unreadable", f"source must be {' or '.join(sorted(sources))}.")
    if not isinstance(name, str) or len(name) > MAX_ID_LENGTH:
        return refuse("unreadable", f"id must be a text of at most {MAX_ID_LENGTH} characters.")
    status = entry.get("status", "final")
    if not isinstance(status, str) or status not in STATUSES:
        return refuse("unreadable", f"status must be {', '.join(STATUSES[:-1])} or {STATUSES[-1]}.")
    further: dict[str, Any] = {}
    for key in _MOMENTS.keys() & entry.keys():
        try:
            further[_MOMENTS[key]] = from_iso(entry[key])
        except ValueError:
            return refuse("unreadable", ISSUED_MESSAGE if key == "issued" else f"{key} must have its offset from UTC.")
    try:
        moment = from_iso(entry.get("measured_at"))
    except ValueError:
        return refuse("unreadable", MEASURED_AT_MESSAGE)
    values, bounds = [], []
    for part, field in enumerate(FIELDS[metric], start=1):
        raw = entry.get(field, 0 if field in _OPTIONAL_FIELDS else None)
        bound = ""
        if isinstance(raw, str):
            try:
                value, bound = _bound_value("heart_rate" if field == "pulse" else metric, part, raw)
            except UnknownUnit as error:
                return refuse("unknown_unit", f"{field}: {error}")
            except ValueError:
                return refuse("unreadable", f'{field} must be a number, a bound like ">600", or HI or LO.')
        elif isinstance(raw, bool) or not isinstance(raw, int | float):
            return refuse("unreadable", f"{field} must be a number.")
        elif abs(raw) >= 1_000_000:
            return refuse("impossible", f"{field} is far too large.")
        else:
            value = Decimal(raw) if isinstance(raw, int) else Decimal(str(raw)).quantize(HUNDREDTH)
        values.append(value)
        bounds.append(bound)
    return checked(
        Measurement(
            serial, metric, moment, tuple(values), source, shorten_identifier(name), time_source,
            bounds=tuple(bounds) if any(bounds) else (), amended=status != "final", **further,
        ),
        entry,
    )  # fmt: skip


def _bound_value(metric: str, part: int, raw: str) -> tuple[Decimal, str]:
    """A bound or a word, in the unit that the field's name contains. Raises ValueError for a number as text."""
    value, bound = value_of(metric, raw, "" if unit_of(metric, part) != UNITS[metric] else UNITS[metric])
    if not bound:
        raise ValueError("a number as text")
    return value, bound


def _retraction(
    entry: dict[str, Any], sources: frozenset[str] | set[str], time_source: str
) -> Measurement | RefusedEntry | Retraction:
    """The retraction of a reading by its id, or by the whole measurement if it has no id."""
    serial, metric, name = entry.get("device"), entry.get("metric"), entry.get("id", "")
    known_serial = serial[:60] if isinstance(serial, str) else ""
    if not isinstance(name, str) or len(name) > MAX_ID_LENGTH:
        message = f"id must be a text of at most {MAX_ID_LENGTH} characters."
        return RefusedEntry(entry, "unreadable", message, known_serial)
    if not name:
        measured = _parse_entry({**entry, "status": "final"}, sources, time_source)
        if isinstance(measured, Measurement):
            return Retraction(known_serial, measured.metric, measured=measured, issued=measured.issued, payload=entry)
        return measured
    moments: dict[str, Any] = {}
    for key, message in (("measured_at", MEASURED_AT_MESSAGE), ("issued", ISSUED_MESSAGE)):
        if key in entry:
            try:
                moments[key] = from_iso(entry[key])
            except ValueError:
                return RefusedEntry(entry, "unreadable", message, known_serial, ("", shorten_identifier(name)))
    known_metric = metric if isinstance(metric, str) and metric in FIELDS else ""
    return Retraction(known_serial, known_metric, shorten_identifier(name), payload=entry, **moments)
