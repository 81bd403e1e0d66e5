"""Units in which people type and read values, and in which limits and rules are compared. No database access.

A reading is stored in its metric's own unit (`ingest.units.UNITS`) with two decimals; files and messages for machines
contain it so. For people, weights and temperatures have a second unit: lb and [degF] (UCUM), chosen by the practice
(`UnitSystem`). A display unit is one of these codes, or "" for the metric's own unit.

180.0 lb is stored as 81.65 kg. Two decimals of a kilogram are 0.02 lb, and scales show 0.1 lb, so a stored value
rounded to tenths is again what the scale showed. The difference of two stored values is not: a gain of exactly 5 lb
(2.27 kg) can be 2.26 kg. A limit or rule that was written in pounds is therefore compared in pounds.
"""

from decimal import ROUND_HALF_UP, Decimal

from monitoring.ingest.units import POUND, unit_of
from rpm_portal.core.unit_systems import UnitSystem

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")
# The display units of a metric besides its own, with their label.
RULE_UNITS = {"weight": {"lb": "lb"}, "temperature": {"[degF]": "°F"}}


def display_unit(metric: str, units: str) -> str:
    """The display unit of a metric in a practice's units: lb, [degF], or "" for the metric's own unit."""
    return next(iter(RULE_UNITS.get(metric, ())), "") if units == UnitSystem.US else ""


def unit_label(metric: str, unit: str, part: int = 1) -> str:
    """A display unit as text: lb, °F, or the metric's own, like kg or mmHg."""
    return RULE_UNITS[metric][unit] if unit else unit_of(metric, part)


def decimals(unit: str) -> int:
    """How many decimals a person may type in a display unit, and at most sees."""
    return 1 if unit else 2


def in_rule_unit(value: Decimal, unit: str) -> Decimal:
    """A stored value in a display unit, to tenths as its device showed it; unchanged without a unit."""
    return _in_unit(value, unit).quantize(TENTH, ROUND_HALF_UP) if unit else value


def change_in_rule_unit(before: Decimal, after: Decimal, unit: str) -> Decimal:
    """The change from one stored value to another in a display unit, to tenths; without a unit the exact difference.

    The exact difference and the difference of the shown values can differ by a tenth if a device measures finer than
    tenths. The larger change counts: a change that is there is not missed, nor one that the screen shows.
    """
    if not unit:
        return after - before
    exact = (_in_unit(after, unit) - _in_unit(before, unit)).quantize(TENTH, ROUND_HALF_UP)
    return max(exact, in_rule_unit(after, unit) - in_rule_unit(before, unit), key=abs)


def stored_value(value: Decimal, unit: str) -> Decimal:
    """A value in a display unit as it is stored: in the metric's own unit, to hundredths."""
    if unit == "lb":
        return (value * POUND).quantize(HUNDREDTH, ROUND_HALF_UP)
    if unit == "[degF]":
        return ((value - 32) * 5 / 9).quantize(HUNDREDTH, ROUND_HALF_UP)
    return value


def stored_change(change: Decimal, unit: str) -> Decimal:
    """A difference of two values in a display unit, in the metric's own unit, to hundredths."""
    if unit == "[degF]":
        return (change * 5 / 9).quantize(HUNDREDTH, ROUND_HALF_UP)
    return stored_value(change, unit)


def _in_unit(value: Decimal, unit: str) -> Decimal:
    return value / POUND if unit == "lb" else value * 9 / 5 + 32
