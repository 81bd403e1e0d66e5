"""The unit of each metric, and conversion to it."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

# The unit each metric is stored in; the source's parser converts other units.
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
# Units of further values of a metric, if they differ from the metric's own unit.
_OTHER_UNITS = {("peak_flow", 2): "L"}
HUNDREDTH = Decimal("0.01")
POUND = Decimal("0.45359237")
MMOL_GLUCOSE = Decimal("18.0156")  # mg/dL in one mmol/L of glucose (molar mass 180.156 g/mol)
# 600 mg/dL, the upper end of meters, is 33.3 mmol/L.
_MAX_MMOL_GLUCOSE = Decimal("33.3")
_ASKED_METRICS = {"weight", "temperature"}
_NUMBER_TEXT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


class UnknownUnit(ValueError):
    """A unit that is not known for a measure."""


def number(raw: object) -> Decimal:
    """A number or a number as text, to hundredths. Raises ValueError for anything else, NaN and infinity included."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError("not a number")
    # Decimal() also takes digits of other scripts and underscores.
    if isinstance(raw, str) and not _NUMBER_TEXT.fullmatch(raw.strip()):
        raise ValueError("not a number")
    try:
        value = Decimal(str(raw).strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not value.is_finite() or abs(value) >= 1_000_000:
        raise ValueError("not a number that can be measured")
    return value.quantize(HUNDREDTH)


def is_converted(metric: str) -> bool:
    """Whether a metric has a table of units. A therapy score has none."""
    return metric in _FACTORS or metric == "temperature"


def unit_for(metric: str, raw: object, sent: object, units: Mapping[str, str]) -> str:
    """The unit of a value: as sent, else as the practice set it on the source, else the metric's own unit.

    Weights and temperatures have no unit of their own here. A glucose value that is possible in mmol/L is not taken as
    mg/dL: 18.2 would be a critical low. Raises UnknownUnit with what to do, or ValueError if `raw` is not a number.
    """
    if isinstance(sent, str) and sent.strip():
        return sent
    if chosen := units.get(metric):
        return chosen
    name = metric.replace("_", " ")
    if metric in _ASKED_METRICS:
        raise UnknownUnit(f"No unit of {name} was sent. Choose it on the source, then try again.")
    # A bound or a word has its own rule in value_of.
    is_number = not isinstance(raw, str) or (raw.strip() and raw.strip()[0] in "0123456789.-+")
    if metric == "glucose" and is_number and number(raw) <= _MAX_MMOL_GLUCOSE:
        raise UnknownUnit(f"No unit was sent: {raw} may be mmol/L. Choose the unit of glucose on the source.")
    return UNITS[metric]


_PER_MINUTE = (
    "/min",
    "1/min",
    "bpm",
    "{beats}/min",
    "{beat}/min",
    "beats/min",
    "beats/minute",
    "beatsperminute",
    "{h.b.}/min",
    "{pulse}/min",
)
_FACTORS: dict[str, dict[str, Decimal]] = {
    "weight": {
        **dict.fromkeys(("kg", "kgs", "kilogram", "kilograms"), Decimal(1)),
        **dict.fromkeys(("lb", "lbs", "pound", "pounds", "[lb_av]"), POUND),
        **dict.fromkeys(("g", "gram", "grams"), Decimal("0.001")),
    },
    "glucose": {"mg/dl": Decimal(1), "mgdl": Decimal(1), "mmol/l": MMOL_GLUCOSE, "g/l": Decimal(100)},
    "blood_pressure": {"mmhg": Decimal(1), "mm[hg]": Decimal(1), "kpa": Decimal("7.50062")},
    "heart_rate": dict.fromkeys(_PER_MINUTE, Decimal(1)),
    "spo2": {"%": Decimal(1), "percent": Decimal(1), "{percent}": Decimal(1)},
    "peak_flow": {"l/min": Decimal(1), "l/s": Decimal(60), "ml/min": Decimal("0.001"), "ml/s": Decimal("0.06")},
}
_CELSIUS = {"cel", "c", "°c", "degc", "celsius", "degreescelsius"}
_FAHRENHEIT = {"[degf]", "f", "°f", "degf", "fahrenheit", "degreesfahrenheit"}


def unit_of(metric: str, part: int) -> str:
    """The unit of a metric's value by its position: L/min for a peak flow, L for its FEV1."""
    return _OTHER_UNITS.get((metric, part), UNITS[metric])


def in_own_unit(metric: str, raw: object, unit: str) -> Decimal:
    """A value converted to the metric's own unit. Raises UnknownUnit, or ValueError if it is not a number."""
    name = unit.strip().lower().replace(" ", "")
    if metric == "temperature" and name in _FAHRENHEIT:
        return ((number(raw) - 32) * 5 / 9).quantize(HUNDREDTH)
    if metric == "temperature" and name in _CELSIUS:
        return number(raw)
    factor = _FACTORS.get(metric, {}).get(name)
    if factor is None:
        raise UnknownUnit(f"{unit[:20]!r} is no unit known for {metric.replace('_', ' ')}.")
    return (number(raw) * factor).quantize(HUNDREDTH)
