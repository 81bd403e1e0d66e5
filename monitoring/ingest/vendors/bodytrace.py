"""Parser for BodyTrace scales. Weights are grams for any `unit`; `deviceId` is the IMEI without its last digit."""

from monitoring.ingest.strict import BadBody
from monitoring.ingest.timestamps import from_epoch
from monitoring.ingest.values import ContactEntry, Entry, Measurement, RefusedEntry, checked, number, value_of
from rpm_portal.core.identifiers import luhn_digit

MAX_TARE_GRAMS = 100  # above it the scale was zeroed with a load, and every weight is wrong by that load


def parse(body: object, weight_unit: str = "") -> list[Entry]:
    """The weight in a delivery, and the contact of the scale with its signal. Raises BadBody if no device is named."""
    if not isinstance(body, dict):
        raise BadBody("Send one reading as an object.")
    raw = body.get("deviceId")
    digits = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw
    if not isinstance(digits, str) or not digits.isascii() or not digits.isdigit() or not 14 <= len(digits) <= 15:
        raise BadBody("deviceId must be the IMEI of 14 or 15 digits.")
    serial = digits + luhn_digit(digits) if len(digits) == 14 else digits
    values = body.get("values")
    try:
        moment = from_epoch(body.get("ts"), per_second=1000)
    except ValueError:
        return [RefusedEntry(body, "unreadable", "ts must be milliseconds since 1970.", serial)]
    signal = body.get("rssi")
    is_valid = isinstance(signal, int) and not isinstance(signal, bool) and abs(signal) < 300
    heard = ContactEntry(serial, moment, signal=signal if is_valid else None)
    if values is None:
        return [heard]
    if not isinstance(values, dict) or "weight" not in values:
        return [RefusedEntry(body, "unreadable", "values must contain a weight in grams.", serial), heard]
    try:
        (weight, bound), tare = value_of("weight", values["weight"], "g"), number(values.get("tare", 0))
    except ValueError:
        return [RefusedEntry(body, "unreadable", "weight and tare must be numbers, in grams.", serial), heard]
    if abs(tare) > MAX_TARE_GRAMS:
        message = f"The scale was zeroed with {tare.normalize():f} g on it; this weight is off by as much."
        return [RefusedEntry(body, "impossible", message, serial), heard]
    return [checked(Measurement(serial, "weight", moment, (weight,), bounds=(bound,)), body), heard]
