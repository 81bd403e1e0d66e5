"""What a measurement is, in which unit it is kept, and which values no living person has."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

# The unit each metric is kept in; other units are converted by the source's parser.
UNITS = {
    "blood_pressure": "mmHg",
    "weight": "kg",
    "glucose": "mg/dL",
    "spo2": "%",
    "therapy": "points",
}
# Lowest and highest value taken as measured; outside them the reading is parked, not stored as fact.
POSSIBLE = {
    "blood_pressure": (Decimal(30), Decimal(320)),
    "weight": (Decimal(2), Decimal(450)),
    "glucose": (Decimal(10), Decimal(1500)),
    "spo2": (Decimal(40), Decimal(100)),
    "therapy": (Decimal(0), Decimal(1000)),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement as a source tells it. `measured_at` is aware; values are in the metric's own unit."""

    serial: str
    metric: str
    measured_at: datetime
    values: tuple[Decimal, ...]
    source_kind: str = "automatic"


@dataclass(frozen=True, slots=True)
class Refused:
    """A part of a body that makes no measurement: the payload as it came, the reason, and a sentence."""

    payload: Any
    reason: str
    said: str
    serial: str = ""


def check_values(metric: str, values: tuple[Decimal, ...]) -> str:
    """An empty string where a living person can have these values, else a sentence."""
    low, high = POSSIBLE[metric]
    measured = values[:2] if metric == "blood_pressure" else values[:1]
    for value in measured:
        if not low <= value <= high:
            return f"{value.normalize():f} {UNITS[metric]} is outside {low}-{high} {UNITS[metric]}."
    if metric == "blood_pressure" and values[1] >= values[0]:
        return f"The diastolic {values[1].normalize():f} is not below the systolic {values[0].normalize():f}."
    return ""
