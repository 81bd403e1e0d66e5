"""Parser for our own neutral batch: {"readings": [{"device": ..., "metric": ..., "measured_at": ..., ...}]}.

A value is a number, a bound (">600", "<20", ">=", "<="), or the word HI or LO. `status` and `issued` describe the
version; entered-in-error with the `id` alone retracts what was sent.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

from monitoring.ingest.openapi import MOMENT, NUMBER, object_schema, request_body
from monitoring.ingest.registry import senders
from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_iso, measured_second
from monitoring.ingest.units import HUNDREDTH, UNITS, UnknownUnit, unit_of
from monitoring.ingest.values import Entry, Measurement, RefusedEntry, Retraction, checked, shorten_identifier, value_of
from monitoring.ingest.vendor import ApiOperation, Units, Values, Vendor

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
COMMON_KEYS = {"device", "metric", "measured_at", "source", "id", "status", "user", *_MOMENTS}
MAX_USER_LENGTH = 40
STATUSES = ("final", "amended", "corrected", "entered-in-error")
MAX_ID_LENGTH = 500
_ALLOWED_KEYS = {metric: COMMON_KEYS | set(fields) for metric, fields in FIELDS.items()}
_OPTIONAL_FIELDS = {"pulse", "fev1_l"}
MEASURED_AT_MESSAGE = "measured_at must be a moment with its offset from UTC, like 2026-11-21T08:14:00-06:00."

ISSUED_MESSAGE = "issued must be a moment with its offset from UTC: when you made this version available."


def parse(body: object, units: Units) -> list[Entry]:
    """Each entry of a batch as a measurement or a refusal. Raises BadBody if the body is not a batch."""
    if not isinstance(body, dict) or set(body) != {"readings"} or not isinstance(body["readings"], list):
        others = ", ".join(vendor.label for vendor in senders() if vendor.shape != "portal")
        raise BadBody(
            'Send an object with one key, "readings", whose value is a list. A key of another format has its own '
            f"address, see /api/openapi.json: {others}."
        )
    if len(body["readings"]) > MAX_READINGS:
        raise BadBody(f"A batch has at most {MAX_READINGS} readings; send the rest in another.")
    return [parse_entry(entry) for entry in body["readings"]]


def parse_entry(
    entry: object, sources: frozenset[str] | set[str] = frozenset({"automatic", "patient"}), time_source: str = "device"
) -> Measurement | RefusedEntry | Retraction:
    """One entry of a batch; `sources` are the kinds of source that it may name."""
    if not isinstance(entry, dict):
        return RefusedEntry(entry, "unreadable", "An entry must be an object.")
    # Senders write null for what they do not have.
    sent, entry = entry, {key: value for key, value in entry.items() if value is not None}
    if entry.get("status") == "entered-in-error":
        return _retraction(entry, sources, time_source)
    serial, metric = entry.get("device"), entry.get("metric")
    known_serial = serial if isinstance(serial, str) else ""

    def refuse(reason: str, message: str) -> RefusedEntry:
        identifier = entry.get("id")
        name = ("", shorten_identifier(identifier)) if isinstance(identifier, str) else ("", "")
        return RefusedEntry(sent, reason, message, known_serial[:60], name)

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
    user = entry.get("user", "")
    if not isinstance(user, str) or len(user) > MAX_USER_LENGTH:
        return refuse("unreadable", f"user must be a text of at most {MAX_USER_LENGTH} characters.")
    further: dict[str, Any] = {"user": user.strip()}
    for key in _MOMENTS.keys() & entry.keys():
        try:
            further[_MOMENTS[key]] = from_iso(entry[key])
        except ValueError:
            return refuse("unreadable", ISSUED_MESSAGE if key == "issued" else f"{key} must have its offset from UTC.")
    try:
        moment = measured_second(entry.get("measured_at"))
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
            serial,
            metric,
            moment,
            tuple(values),
            source,
            shorten_identifier(name),
            time_source,
            bounds=tuple(bounds) if any(bounds) else (),
            amended=status != "final",
            **further,
        ),
        sent,
    )


def _bound_value(metric: str, part: int, raw: str) -> tuple[Decimal, str]:
    """A bound or a word, in the unit that the field's name contains. Raises ValueError for a number as text."""
    value, bound = value_of(metric, raw, "" if unit_of(metric, part) != UNITS[metric] else UNITS[metric])
    if not bound:
        raise ValueError("a number as text")
    return value, bound


def _retraction(
    entry: dict[str, object], sources: frozenset[str] | set[str], time_source: str
) -> Measurement | RefusedEntry | Retraction:
    """The retraction of a reading by its id, or by the whole measurement if it has no id."""
    serial, metric, name = entry.get("device"), entry.get("metric"), entry.get("id", "")
    known_serial = serial[:60] if isinstance(serial, str) else ""
    if not isinstance(name, str) or len(name) > MAX_ID_LENGTH:
        message = f"id must be a text of at most {MAX_ID_LENGTH} characters."
        return RefusedEntry(entry, "unreadable", message, known_serial)
    if not name:
        measured = parse_entry({**entry, "status": "final"}, sources, time_source)
        if isinstance(measured, Measurement):
            return Retraction(known_serial, measured.metric, measured=measured, issued=measured.issued, payload=entry)
        return measured
    moments: dict[str, Any] = {}
    for key, message in (("measured_at", MEASURED_AT_MESSAGE), ("issued", ISSUED_MESSAGE)):
        if key in entry:
            try:
                moments[key] = measured_second(entry[key]) if key == "measured_at" else from_iso(entry[key])
            except ValueError:
                return RefusedEntry(entry, "unreadable", message, known_serial, ("", shorten_identifier(name)))
    known_metric = metric if isinstance(metric, str) and metric in FIELDS else ""
    return Retraction(known_serial, known_metric, shorten_identifier(name), payload=entry, **moments)


def simulate(serial: str, metric: str, values: Values, at: datetime) -> dict[str, Any]:
    """A batch with one measurement."""
    # One value, except for blood pressure; an FEV1 is not sent.
    values_by_field = zip(FIELDS[metric], values if metric == "blood_pressure" else values[:1], strict=False)
    return {"readings": [{"device": serial, "metric": metric, "measured_at": at.isoformat(), **dict(values_by_field)}]}


_VALUE = {
    "oneOf": [NUMBER, {"type": "string", "examples": [">600", "<20", "HI", "LO"]}],
    "description": "A number; outside the device's range a bound like >600 (also >=, <, <=), or HI or LO.",
}
_READING = object_schema(
    {
        "device": {"type": "string", "minLength": 1, "maxLength": 40, "description": "The serial number or IMEI."},
        "metric": {"type": "string", "enum": list(UNITS)},
        "measured_at": MOMENT | {"description": "With its offset from UTC."},
        "source": {"type": "string", "enum": ["automatic", "patient"]},
        "id": {
            "type": "string",
            "maxLength": MAX_ID_LENGTH,
            "description": "Your own name for the reading. Other values for the same moment amend it; at another "
            "moment it amends with status amended or corrected alone, else both readings are kept.",
        },
        "user": {
            "type": "string",
            "maxLength": MAX_USER_LENGTH,
            "description": "Who was measured with a shared device: the user number that the practice has entered.",
        },
        "status": {
            "type": "string",
            "enum": list(STATUSES),
            "description": "entered-in-error with the id alone takes back what was sent.",
        },
        "issued": MOMENT
        | {"description": "When you made this version available: the latest counts, in any order of arrival."},
        "sent_at": MOMENT | {"description": "When the device sent it."},
        "vendor_received_at": MOMENT | {"description": "When the vendor received it from the device."},
        **{field: _VALUE for fields in FIELDS.values() for field in fields},
    },
    "device",
    "metric",
    "measured_at",
)
VENDOR = Vendor(
    shape="portal",
    label="portal JSON",
    parse=parse,
    is_at_readings=True,
    operations=(
        ApiOperation(
            path="readings/",
            url_name="readings",
            summary="Our own batch",
            description="Take in our own neutral batch, or a body of a vendor whose key was sent.",
            request_body=request_body(
                object_schema({"readings": {"type": "array", "items": _READING, "maxItems": MAX_READINGS}}, "readings"),
                {
                    "readings": [
                        {
                            "device": "356938035643809",
                            "metric": "blood_pressure",
                            "systolic": 128,
                            "diastolic": 79,
                            "pulse": 66,
                            "measured_at": "2026-11-21T08:14:00-06:00",
                        }
                    ]
                },
            ),
        ),
    ),
    simulate=simulate,
    metrics=tuple(FIELDS),
    identity="`id`, up to 500 characters",
)
