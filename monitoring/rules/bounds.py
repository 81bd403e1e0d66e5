"""Bounds of a limit, and checks of their order. No database access."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from django.core.exceptions import ValidationError

from monitoring.rules.display_units import RULE_UNITS

BOUNDS = ("critical_low", "low", "high", "critical_high")
# Each limit a page can set: metric, part, and its name.
ROWS: list[tuple[str, int, str]] = [
    ("blood_pressure", 1, "Systolic"),
    ("blood_pressure", 2, "Diastolic"),
    ("heart_rate", 1, "Heart rate"),
    ("weight", 1, "Weight"),
    ("glucose", 1, "Glucose"),
    ("spo2", 1, "Oxygen saturation"),
    ("temperature", 1, "Temperature"),
    ("peak_flow", 1, "Peak flow"),
]


def check_order(bounds: Mapping[str, Decimal | None]) -> None:
    """Refuse limits that cross: each must be below the next that is set. Raises ValidationError."""
    set_bounds = [(name, bounds[name]) for name in BOUNDS if bounds.get(name) is not None]
    for (lower, low), (upper, high) in pairwise(set_bounds):
        if low >= high:  # type: ignore[operator]
            message = f"{lower.replace('_', ' ')} must lie below {upper.replace('_', ' ')}"
            raise ValidationError(f"{message[0].upper()}{message[1:]}.")


def check_template(limits: object) -> None:
    """Refuse a template's limits that cross or have an unknown metric. Raises ValidationError."""
    known = {(metric, part) for metric, part, _ in ROWS}
    if not isinstance(limits, list) or not all(isinstance(limit, dict) for limit in limits):
        raise ValidationError("Write a list of limits, or [] for none.")
    for limit in limits:
        if (limit.get("metric"), limit.get("part", 1)) not in known:
            raise ValidationError(f"{limit.get('metric')} {limit.get('part', 1)} is not measured.")
        if unknown := set(limit) - {"metric", "part", "unit", *BOUNDS}:
            raise ValidationError(f"{min(unknown)} is not a bound; known are {', '.join(BOUNDS)}.")
        if limit.get("unit", "") not in {"", *RULE_UNITS.get(limit["metric"], ())}:
            raise ValidationError("unit is lb for a weight, [degF] for a temperature, or absent.")
        try:
            bounds = {name: Decimal(str(limit[name])) for name in BOUNDS if limit.get(name) is not None}
        except InvalidOperation:
            raise ValidationError("A bound is a number.") from None
        check_order(bounds)
