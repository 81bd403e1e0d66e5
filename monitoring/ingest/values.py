"""Entries that parsers return, and the range of possible values."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from monitoring.ingest.units import UNITS, UnknownUnit, in_own_unit, is_converted, number

# Names of a metric's values, in their order.
PART_NAMES = {
    "blood_pressure": ("systolic", "diastolic"),
    "heart_rate": ("heart rate",),
    "weight": ("weight",),
    "glucose": ("glucose",),
    "spo2": ("oxygen saturation",),
    "temperature": ("temperature",),
    "peak_flow": ("peak flow", "FEV1"),
    "therapy": ("score",),
}
# Lowest and highest accepted value; a reading outside this range is listed as unmatched and not stored.
POSSIBLE = {
    "blood_pressure": (Decimal(30), Decimal(320)),
    "heart_rate": (Decimal(20), Decimal(300)),
    "weight": (Decimal(2), Decimal(450)),
    "glucose": (Decimal(10), Decimal(1500)),
    "spo2": (Decimal(40), Decimal(100)),
    "temperature": (Decimal(25), Decimal(45)),
    "peak_flow": (Decimal(30), Decimal(1000)),
    "therapy": (Decimal(0), Decimal(1000)),
}
# Range of a pulse sent with another measure; 0 means that the device sent none.
PULSE = (Decimal(20), Decimal(300))


MAX_IDENTIFIER_LENGTH = 80
# A comparator as R4 writes it in Quantity.comparator (https://hl7.org/fhir/R4/datatypes.html#Quantity).
COMPARATORS = ("<=", "<", ">=", ">")
# Words that a device or an export shows for a number outside its range.
RANGE_WORDS = {
    **dict.fromkeys(("hi", "high", "hoch", "haut", "alto", "hög"), ">"),
    **dict.fromkeys(("lo", "low", "niedrig", "tief", "bas", "bajo", "basso", "låg"), "<"),
}
# The range of a device that says HI or LO without its limit, by metric, in the metric's own unit. Glucose meters: HI is
# above 600 mg/dL (OneTouch Ultra Easy and Basic user manuals), LO below 20 mg/dL (GlucoDr Plus AGM-3000 user manual).
# A limit that the sender states has priority. For a metric without a default range the words are refused.
METER_RANGE: dict[str, tuple[str, str]] = {"glucose": ("20", "600")}
# A continuous sensor reports 40 to 400 mg/dL (Dexcom G4 PLATINUM Professional user's guide, page 95).
SENSOR_RANGE = ("40", "400")
# A bound without a unit is mg/dL from this number on; below it, it may be mmol/L.
_MIN_MG_DL_BOUND = 100
_BOUNDED_TEXT = re.compile(r"\s*(<=|>=|<|>|\u2264|\u2265)\s*([0-9]+(?:[.,][0-9]+)?)\s*([^\d\s].*)?")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement as a source sent it. `measured_at` is aware; values are in the metric's own unit.

    `vendor_system` and `vendor_id` are the sender's own identifier of it, or empty. `bounds` has a comparator for each
    value that is a bound and not a number: (">",) with 600 is "more than 600". `amended` and `issued` are the sender's
    data about this version. `time_source` is how the moment is known. `sent_at` and `vendor_at` are when the device
    sent it and when the vendor received it, if the sender says so.
    """

    serial: str
    metric: str
    measured_at: datetime
    values: tuple[Decimal, ...]
    source_kind: str = "automatic"
    vendor_id: str = ""
    time_source: str = "device"
    vendor_system: str = ""
    bounds: tuple[str, ...] = ()
    amended: bool = False
    issued: datetime | None = None
    # Whether the device detected an irregular heartbeat during the measurement.
    irregular: bool = False
    sent_at: datetime | None = None
    vendor_at: datetime | None = None
    # Further numbers of the device, of which the practice may have registered one instead.
    other_serials: tuple[str, ...] = ()
    # Who was measured, as the sender writes it: the user number of a shared device, or a name.
    user: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """Identifier system and value; the value is empty if the sender sent no identifier."""
        return self.vendor_system, self.vendor_id


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """A part of a body that yields no measurement: the payload as received, the reason, and a sentence.

    `name` is the sender's identifier (system and value) if it was understood, with the sender's data about the version:
    a retraction finds the unmatched entry by it.
    """

    payload: object
    reason: str
    message: str
    serial: str = ""
    name: tuple[str, str] = ("", "")
    issued: datetime | None = None
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A contact of a device without a measurement to store: a heartbeat, battery, steps, sleep."""

    serial: str
    at: datetime | None = None
    battery: int | None = None
    signal: int | None = None
    clock_lag_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class NoReading:
    """A part of a body that concerns no reading and no device, and needs no person: a test message, another topic."""

    message: str


@dataclass(frozen=True, slots=True)
class UnlinkNotice:
    """A vendor's notification that a patient ended the access to an account."""

    account: str


@dataclass(frozen=True, slots=True)
class PullNotice:
    """A vendor's notification that data waits to be fetched from the vendor."""

    account: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Retraction:
    """A retraction by the sender: what it sent was entered in error.

    It refers to the reading by identifier; `metric`, `measured_at` and `serial` narrow it if the sender sent them.
    Without an identifier `measured` is the measurement that is retracted.
    """

    serial: str = ""
    metric: str = ""
    vendor_id: str = ""
    vendor_system: str = ""
    measured_at: datetime | None = None
    issued: datetime | None = None
    measured: Measurement | None = None
    payload: object = None

    @property
    def name(self) -> tuple[str, str]:
        """Identifier system and value."""
        return self.vendor_system, self.vendor_id


Entry = Measurement | RefusedEntry | ContactEntry | NoReading | PullNotice | UnlinkNotice | Retraction


def shorten_identifier(text: str) -> str:
    """An identifier as it is stored: unchanged, or its SHA-256 digest if it is longer than the column."""
    if len(text) <= MAX_IDENTIFIER_LENGTH:
        return text
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def value_of(
    metric: str, raw: object, unit: str | None, *, meter: tuple[str, str] | None = None, comparator: str = ""
) -> tuple[Decimal, str]:
    """A value in the metric's own unit, and its comparator: empty for a number, else one of `COMPARATORS`.

    Takes numbers, numbers as text, bounds (">600", "<= 20 mg/dL") and the words HI, LO, High and Low, which mean the
    ends of `meter`, the device's range in the metric's own unit (`METER_RANGE` if it is not given). A bound with a unit
    is converted from it, else from `unit`; None means that no unit was sent. Raises UnknownUnit or ValueError.
    """
    if comparator and comparator not in COMPARATORS:
        raise ValueError("not a comparator")
    if isinstance(raw, str):
        word = RANGE_WORDS.get(raw.strip().lower())
        if word is not None:
            limits = meter or METER_RANGE.get(metric)
            if limits is None:
                raise UnknownUnit(f'{raw.strip()} needs the range of the device: send a bound, like ">42.0".')
            return Decimal(limits[word == ">"]), word
        if bounded := _BOUNDED_TEXT.fullmatch(raw):
            sign, figure, own_unit = bounded.groups()
            comparator = {"\u2264": "<=", "\u2265": ">="}.get(sign, sign)
            raw, unit = figure.replace(",", "."), own_unit.strip() if own_unit else unit
            if unit is None and metric == "glucose" and comparator[0] == ">" and number(raw) < _MIN_MG_DL_BOUND:
                raise UnknownUnit(f"No unit was sent: {figure} may be mmol/L. Send it with its unit.")
    if unit is None:
        unit = UNITS[metric]
    # A therapy score and other measures without a unit table are not converted.
    value = in_own_unit(metric, raw, unit) if unit and is_converted(metric) else number(raw)
    return value, comparator


def check_values(metric: str, values: tuple[Decimal, ...], bounds: tuple[str, ...] = ()) -> str:
    """An empty string if a living person can have these values, else a sentence. A bound is checked the same way."""
    low, high = POSSIBLE[metric]
    measured = values[:2] if metric == "blood_pressure" else values[:1]
    for value in measured:
        if not low <= value <= high:
            return f"{value.normalize():f} {UNITS[metric]} is outside {low}-{high} {UNITS[metric]}."
    if metric == "blood_pressure" and values[1] >= values[0] and not any(bounds[:2]):
        return f"The diastolic {values[1].normalize():f} is not below the systolic {values[0].normalize():f}."
    if len(values) > 2 and values[2] and not PULSE[0] <= values[2] <= PULSE[1]:
        return f"A pulse of {values[2].normalize():f} is outside {PULSE[0]}-{PULSE[1]} a minute."
    if len(values) > 1 and metric == "peak_flow" and not 0 <= values[1] <= 15:
        return f"An FEV1 of {values[1].normalize():f} L is outside 0-15 L."
    return ""


def checked(measured: Measurement, payload: object) -> Measurement | RefusedEntry:
    """The measurement, or a RefusedEntry if no living person has such values."""
    message = check_values(measured.metric, measured.values, measured.bounds)
    return RefusedEntry(payload, "impossible", message, measured.serial[:60], measured.name) if message else measured
