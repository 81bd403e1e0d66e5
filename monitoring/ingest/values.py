"""What a measurement is, in which unit it is kept, and which values no living person has."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

# The unit each metric is kept in; other units are converted by the source's parser.
UNITS = {
    "blood_pressure": "mmHg",
    "heart_rate": "/min",
    "weight": "kg",
    "glucose": "mg/dL",
    "spo2": "%",
    "temperature": "°C",
    "peak_flow": "L/min",
    "therapy": "points",
}
# What is measured beside it in a unit of its own.
_OTHER_UNITS = {("peak_flow", 2): "L"}
# What the values of a metric are called, in their order.
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
# Lowest and highest value taken as measured; outside them the reading is parked, not stored as fact.
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
# A pulse beside another measure; 0 says that the device told none.
PULSE = (Decimal(20), Decimal(300))
HUNDREDTH = Decimal("0.01")
POUND = Decimal("0.45359237")
MMOL_GLUCOSE = Decimal("18.0156")  # mg/dL in one mmol/L of glucose (molar mass 180.156 g/mol)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement as a source tells it. `measured_at` is aware; values are in the metric's own unit.

    `vendor_id` is the vendor's own name for it, or empty. `time_source` says how the moment is known.
    """

    serial: str
    metric: str
    measured_at: datetime
    values: tuple[Decimal, ...]
    source_kind: str = "automatic"
    vendor_id: str = ""
    time_source: str = "device"


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a body that makes no measurement: the payload as it came, the reason, and a sentence."""

    payload: Any
    reason: str
    said: str
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A sign of life of a device that is no measurement we keep: a heartbeat, a battery, steps, sleep."""

    serial: str
    at: datetime | None = None
    battery: int | None = None
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class ToPull:
    """A vendor's word that something waits there to be fetched; the body says what."""

    account: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Retracted:
    """The vendor takes back what it sent under an id: it was entered in error."""

    serial: str
    metric: str
    vendor_id: str


Entry = Measurement | Refused | Heard | ToPull | Retracted


class UnknownUnit(ValueError):
    """A unit that is not known for a measure."""


def number(raw: Any) -> Decimal:
    """A number or a number as text, to hundredths. Raises ValueError for anything else, NaN and infinity included."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a number")
    try:
        value = Decimal(str(raw))
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not value.is_finite() or abs(value) >= 1_000_000:
        raise ValueError("not a number that can be measured")
    return value.quantize(HUNDREDTH)


_FACTORS: dict[str, dict[str, Decimal]] = {
    "weight": {"kg": Decimal(1), "g": Decimal("0.001"), "lb": POUND, "lbs": POUND, "[lb_av]": POUND},
    "glucose": {"mg/dl": Decimal(1), "mmol/l": MMOL_GLUCOSE},
    "blood_pressure": {"mmhg": Decimal(1), "mm[hg]": Decimal(1), "kpa": Decimal("7.50062")},
    "heart_rate": {"/min": Decimal(1), "bpm": Decimal(1), "{beats}/min": Decimal(1), "beats/min": Decimal(1)},
    "spo2": {"%": Decimal(1)},
    "peak_flow": {"l/min": Decimal(1), "l/s": Decimal(60)},
}
_CELSIUS, _FAHRENHEIT = {"cel", "c", "°c"}, {"[degf]", "f", "°f"}


def unit_of(metric: str, part: int) -> str:
    """The unit of a metric's value by its place: L/min for a peak flow, L for the FEV1 beside it."""
    return _OTHER_UNITS.get((metric, part), UNITS[metric])


def in_own_unit(metric: str, raw: Any, unit: str) -> Decimal:
    """A value converted to the metric's own unit. Raises UnknownUnit, or ValueError where it is no number."""
    name = unit.strip().lower()
    if metric == "temperature" and name in _FAHRENHEIT:
        return ((number(raw) - 32) * 5 / 9).quantize(HUNDREDTH)
    if metric == "temperature" and name in _CELSIUS:
        return number(raw)
    factor = _FACTORS.get(metric, {}).get(name)
    if factor is None:
        raise UnknownUnit(f"{unit[:20]!r} is no unit known for {metric.replace('_', ' ')}.")
    return (number(raw) * factor).quantize(HUNDREDTH)


def check_values(metric: str, values: tuple[Decimal, ...]) -> str:
    """An empty string where a living person can have these values, else a sentence."""
    low, high = POSSIBLE[metric]
    measured = values[:2] if metric == "blood_pressure" else values[:1]
    for value in measured:
        if not low <= value <= high:
            return f"{value.normalize():f} {UNITS[metric]} is outside {low}-{high} {UNITS[metric]}."
    if metric == "blood_pressure" and values[1] >= values[0]:
        return f"The diastolic {values[1].normalize():f} is not below the systolic {values[0].normalize():f}."
    if len(values) > 2 and values[2] and not PULSE[0] <= values[2] <= PULSE[1]:
        return f"A pulse of {values[2].normalize():f} is outside {PULSE[0]}-{PULSE[1]} a minute."
    if len(values) > 1 and metric == "peak_flow" and not 0 <= values[1] <= 15:
        return f"An FEV1 of {values[1].normalize():f} L is outside 0-15 L."
    return ""


def checked(measured: Measurement, payload: Any) -> Measurement | Refused:
    """The measurement, or its refusal where no living person has such values."""
    said = check_values(measured.metric, measured.values)
    return Refused(payload, "impossible", said, measured.serial[:60]) if said else measured
