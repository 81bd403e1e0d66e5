"""Parser for Withings notifications and for the fetched answers (`getmeas`) that contain the measures.

A real value is value x 10^unit. `attrib` tells a device's measure from one that a person typed.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from monitoring.ingest.strict import BadBody, parse_json
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.values import Entry, Measurement, PullNotice, RefusedEntry, checked, number, shorten_identifier

_DEVICE_ATTRIBS = {0, 5, 7}
_TYPED_ATTRIBS = {2, 4}
_TYPES = {1: "weight", 54: "spo2", 71: "temperature"}
_DIASTOLIC, _SYSTOLIC, _PULSE = 9, 10, 11


def decode(body: bytes) -> object:
    """The decoded body: a notification is a form, a fetched answer is JSON. Raises BadBody for anything else."""
    if body.lstrip()[:1] == b"{":
        return parse_json(body)
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20)
    except (UnicodeDecodeError, ValueError):
        raise BadBody("Send a notification as a form with userid, startdate and enddate.") from None
    return {name: values[0] for name, values in fields.items()}


def parse(body: object, weight_unit: str = "") -> list[Entry]:
    """A notification as something to fetch, or the fetched measures. Raises BadBody for anything else."""
    if not isinstance(body, dict):
        raise BadBody("Send a notification as a form, or a getmeas answer as an object.")
    if "userid" in body and "measuregrps" not in body and "body" not in body:
        return [_to_pull(body)]
    if body.get("status") != 0:
        # An expired token is answered with HTTP 200 and an error status in the body.
        raise BadBody(f"Withings answered with status {str(body.get('status'))[:10]}; nothing was fetched.")
    inner = body.get("body")
    groups = inner.get("measuregrps") if isinstance(inner, dict) else None
    if not isinstance(groups, list):
        raise BadBody("The answer contains no measuregrps.")
    return [entry for group in groups for entry in _group(group)]


def _to_pull(body: dict[str, object]) -> PullNotice:
    try:
        start, end = (from_epoch(body[name], per_second=1) for name in ("startdate", "enddate"))
    except (KeyError, ValueError):
        raise BadBody("startdate and enddate must be seconds since 1970.") from None
    account = body["userid"]
    if not isinstance(account, str) or not account.isalnum() or len(account) > 40 or end < start:
        raise BadBody("userid must be letters and digits, and startdate before enddate.")
    return PullNotice(account, start, end)


def _group(group: object) -> list[Entry]:
    if not isinstance(group, dict):
        return [RefusedEntry(group, "unreadable", "A measure group must be an object.")]
    if group.get("category") == 2:
        return []  # a goal the user set, nothing measured
    serial = group.get("deviceid")
    if not isinstance(serial, str) or not serial:
        return [RefusedEntry(group, "unreadable", "The group names no device.")]
    serial = serial[:60]
    attrib = group.get("attrib")
    if isinstance(attrib, bool) or not isinstance(attrib, int) or attrib not in _DEVICE_ATTRIBS | _TYPED_ATTRIBS:
        return [
            RefusedEntry(group, "unreadable", "attrib does not say who measured: it may be somebody else's.", serial)
        ]
    try:
        moment = from_epoch(group.get("date"), per_second=1)
        measures = {measure["type"]: _value(measure) for measure in group["measures"]}
    except (KeyError, TypeError, ValueError):
        return [RefusedEntry(group, "unreadable", "date and measures are not understood.", serial)]
    kind = "automatic" if attrib in _DEVICE_ATTRIBS else "patient"
    # One group contains several measures: each has its own identifier system with the group's number.
    group_id, issued = shorten_identifier(str(group.get("grpid") or "")), _modified(group)
    entries: list[Entry] = []
    if _SYSTOLIC in measures and _DIASTOLIC in measures:
        values = (measures[_SYSTOLIC], measures[_DIASTOLIC], measures.get(_PULSE, Decimal(0)))
        entries.append(
            checked(
                Measurement(
                    serial, "blood_pressure", moment, values, kind, group_id, vendor_system="blood_pressure",
                    issued=issued,
                ),
                group,
            )
        )  # fmt: skip
    for number_, metric in _TYPES.items():
        if number_ in measures:
            value = (measures[number_],)
            entries.append(
                checked(
                    Measurement(serial, metric, moment, value, kind, group_id, vendor_system=metric, issued=issued),
                    group,
                )
            )
    return entries or [RefusedEntry(group, "unreadable", "No measure of a kind we keep.", serial)]


def _modified(group: dict[str, object]) -> datetime | None:
    """When the vendor last changed the group, if it is sent."""
    try:
        return from_epoch(group["modified"], per_second=1)
    except (KeyError, ValueError):
        return None


def _value(measure: Any) -> Decimal:
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
