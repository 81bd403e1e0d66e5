"""Units in which a rule may be written besides the metric's own: pounds and degrees Fahrenheit. No database access.

A weight is stored in kilograms with two decimals, so 180.0 lb is 81.65 kg. The difference of two such values is up to
0.01 kg off, and a gain of exactly 5 lb (2.27 kg) can be 2.26 kg. A rule in pounds is therefore compared in pounds: two
decimals of a kilogram are 0.02 lb, and the device shows 0.1 lb, so rounding gives back what the device showed.
"""

from decimal import ROUND_HALF_UP, Decimal

from monitoring.ingest.units import POUND

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")
# The further units of a metric, with their label.
RULE_UNITS = {"weight": {"lb": "lb"}, "temperature": {"[degF]": "°F"}}


def in_rule_unit(value: Decimal, unit: str) -> Decimal:
    """A stored value in the unit of a rule, to tenths as its device showed it; unchanged without a unit."""
    if unit == "lb":
        return (value / POUND).quantize(TENTH, ROUND_HALF_UP)
    if unit == "[degF]":
        return (value * 9 / 5 + 32).quantize(TENTH, ROUND_HALF_UP)
    return value


def stored_value(value: Decimal, unit: str) -> Decimal:
    """A value of a rule in the metric's own unit, to hundredths."""
    if unit == "lb":
        return (value * POUND).quantize(HUNDREDTH, ROUND_HALF_UP)
    if unit == "[degF]":
        return ((value - 32) * 5 / 9).quantize(HUNDREDTH, ROUND_HALF_UP)
    return value


def stored_change(change: Decimal, unit: str) -> Decimal:
    """A difference of two values of a rule in the metric's own unit, to hundredths."""
    if unit == "[degF]":
        return (change * 5 / 9).quantize(HUNDREDTH, ROUND_HALF_UP)
    return stored_value(change, unit)
