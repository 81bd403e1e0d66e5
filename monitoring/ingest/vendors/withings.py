"""Parser for Withings notifications and for the fetched answers (`getmeas`) that contain the measures.

A real value is value x 10^unit. `attrib` distinguishes a device's measure from one that a person typed. A notification
about another topic gets a 2xx answer: Withings repeats a refused one for hours and then drops the subscription.
"""

from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import parse_qs

from monitoring.ingest.openapi import TEXT, object_schema, request_body
from monitoring.ingest.strict import BadBody, parse_json
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.units import number
from monitoring.ingest.values import (
    Entry,
    Measurement,
    NoReading,
    PullNotice,
    RefusedEntry,
    UnlinkNotice,
    checked,
    shorten_identifier,
)
from monitoring.ingest.vendor import ApiOperation, KeyPlace, Units, Values, Vendor

_DEVICE_ATTRIBS = {0, 5, 7, 8}
_TYPED_ATTRIBS = {2, 4}
# The types that are stored as the value of a metric; of two for one metric the first one is taken.
_TYPES = {1: "weight", 54: "spo2", 71: "temperature", 12: "temperature"}
_DIASTOLIC, _SYSTOLIC, _PULSE = 9, 10, 11
_OUR_TYPES = {*_TYPES, _DIASTOLIC, _SYSTOLIC, _PULSE}
# Topics of notifications (`appli`) with data to fetch: weight, temperature, blood pressure and oxygen saturation.
TOPICS = ("1", "2", "4")
_USER_TOPIC = "46"


def decode(body: bytes) -> object:
    """The decoded body: a notification is a form, a fetched answer is JSON. Raises BadBody for anything else."""
    if body.lstrip()[:1] == b"{":
        return parse_json(body)
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise BadBody("Send a notification as a form with userid, startdate and enddate.") from None
    return {name: values[0] for name, values in fields.items()}


def parse(body: object, units: Units) -> list[Entry]:
    """A notification as something to fetch, or the fetched measures. Raises BadBody for anything else."""
    if not isinstance(body, dict):
        raise BadBody("Send a notification as a form, or a getmeas answer as an object.")
    if "userid" in body and "measuregrps" not in body and "body" not in body:
        return [_notice(body)]
    if body.get("status") != 0:
        # An expired token is answered with HTTP 200 and an error status in the body.
        raise BadBody(f"Withings answered with status {str(body.get('status'))[:10]}; nothing was fetched.")
    inner = body.get("body")
    groups = inner.get("measuregrps") if isinstance(inner, dict) else None
    if not isinstance(groups, list):
        raise BadBody("The answer contains no measuregrps.")
    return [entry for group in groups for entry in _group(group)]


def _notice(body: dict[str, object]) -> Entry:
    """A notification: data to fetch, the end of an account's access, or another topic."""
    account, topic = body["userid"], body.get("appli", TOPICS[0])
    if not isinstance(account, str) or not account.isascii() or not account.isalnum() or len(account) > 40:
        raise BadBody("userid must be letters and digits.")
    if topic == _USER_TOPIC and body.get("action") in ("unlink", "delete"):
        return UnlinkNotice(account)
    if topic not in TOPICS:
        return NoReading(f"The topic (appli) {str(topic)[:10]} has no readings that are fetched.")
    try:
        start, end = (from_epoch(body[name], per_second=1) for name in ("startdate", "enddate"))
    except (KeyError, ValueError):
        raise BadBody("startdate and enddate must be seconds since 1970.") from None
    if end < start:
        raise BadBody("startdate must be before enddate.")
    return PullNotice(account, start, end)


def _group(group: object) -> list[Entry]:
    if not isinstance(group, dict):
        return [RefusedEntry(group, "unreadable", "A measure group must be an object.")]
    if group.get("category") == 2:
        return [NoReading("A goal that the user set, not a measurement.")]
    raw = group.get("measures")
    rows = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    kinds = {row["type"] for row in rows if isinstance(row.get("type"), int)}
    if kinds and not kinds & _OUR_TYPES:
        return [NoReading("Measures of a kind that is not stored.")]
    serial = group.get("deviceid")
    if not isinstance(serial, str) or not serial:
        return [RefusedEntry(group, "unreadable", "The group names no device: its values were typed by hand.")]
    serial = serial[:60]
    attrib = group.get("attrib")
    if isinstance(attrib, bool) or not isinstance(attrib, int) or attrib not in _DEVICE_ATTRIBS | _TYPED_ATTRIBS:
        message = f"attrib {str(attrib)[:10]}: it is not certain who was measured."
        return [RefusedEntry(group, "unreadable", message, serial)]
    try:
        moment = from_epoch(group.get("date"), per_second=1)
        measures = {row["type"]: _value(row) for row in group["measures"] if row["type"] in _OUR_TYPES}
    except (KeyError, TypeError, ValueError):
        return [RefusedEntry(group, "unreadable", "date and measures are not understood.", serial)]
    kind = "automatic" if attrib in _DEVICE_ATTRIBS else "patient"
    # One group contains several measures: each has its own identifier system with the group's number.
    group_id, issued = shorten_identifier(str(group.get("grpid") or "")), _modified(group)
    entries: list[Entry] = [
        checked(Measurement(serial, metric, moment, values, kind, group_id, vendor_system=metric, issued=issued), group)
        for metric, values in _values_by_metric(measures).items()
    ]
    return entries or [RefusedEntry(group, "unreadable", "A blood pressure needs both of its values.", serial)]


def _values_by_metric(measures: dict[int, Decimal]) -> dict[str, tuple[Decimal, ...]]:
    """The values of each metric in a group; a pulse belongs to a pressure or a saturation, else it is a heart rate."""
    values: dict[str, tuple[Decimal, ...]] = {}
    pulse = measures.get(_PULSE)
    if _SYSTOLIC in measures and _DIASTOLIC in measures:
        values["blood_pressure"] = (measures[_SYSTOLIC], measures[_DIASTOLIC], pulse or Decimal(0))
    for type_, metric in _TYPES.items():
        if type_ in measures:
            values.setdefault(metric, (measures[type_],))
    if pulse is not None and "blood_pressure" not in values:
        if "spo2" in values:
            values["spo2"] = (*values["spo2"], Decimal(0), pulse)
        else:
            values["heart_rate"] = (pulse,)
    return values


def _modified(group: dict[str, object]) -> datetime | None:
    """When the vendor last changed the group, if it is sent."""
    try:
        return from_epoch(group["modified"], per_second=1)
    except (KeyError, ValueError):
        return None


def _value(measure: dict[str, object]) -> Decimal:
    value, unit = measure["value"], measure["unit"]
    if isinstance(value, bool) or isinstance(unit, bool) or not isinstance(value, int) or not isinstance(unit, int):
        raise ValueError("not a number")
    if abs(unit) > 9 or abs(value) > 10**9:
        raise ValueError("not a number that can be measured")
    return number(str(Decimal(value).scaleb(unit)))


def period(pull: PullNotice) -> tuple[int, int]:
    """Start and end as seconds since 1970, as the vendor asks for them."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return int((pull.start - epoch).total_seconds()), int((pull.end - epoch).total_seconds())


def simulate(account: str, metric: str, values: Values, at: datetime) -> str:
    """The notification that data waits for an account, as a form; the values are only in the fetched answer."""
    second = int(at.timestamp())
    return f"userid={account}&appli=4&startdate={second}&enddate={second + 60}"


VENDOR = Vendor(
    shape="withings",
    label="Withings",
    parse=parse,
    decode=decode,
    key_place=KeyPlace.ADDRESS,
    operations=(
        ApiOperation(
            path="withings/{key}/",
            url_name="withings",
            summary="Withings",
            description="Take in a Withings notification, as a form. This vendor sends no header, so the key is in the "
            "address.",
            request_body=request_body(
                object_schema(
                    {"userid": TEXT, "appli": TEXT, "startdate": TEXT, "enddate": TEXT},
                    "userid",
                    "startdate",
                    "enddate",
                ),
                {"userid": "12345", "appli": "4", "startdate": "1795270440", "enddate": "1795270500"},
                "application/x-www-form-urlencoded",
            ),
        ),
    ),
    simulate=simulate,
    metrics=("blood_pressure", "heart_rate", "weight", "spo2", "temperature"),
    identity="`grpid` and the metric; `modified` decides which version is later",
    notes=(
        "A notification contains no values: the worker fetches them with the tokens of the account, page by page. "
        "`manage.py link_withings` links an account ([readings.md](readings.md#withings)).",
        "Device: `deviceid` of the measure group. Values without a device, typed by hand, wait for a person.",
        "Topics (`appli`) 1, 2 and 4 are fetched; 46 with `action=unlink` deletes the tokens; others are only noted.",
        "`attrib` 0, 5, 7 and 8 are measured by the device, 2 and 4 typed by the patient; others wait for a person.",
        "HEAD is answered with 200, since Withings probes the address when a subscription is registered.",
    ),
)
