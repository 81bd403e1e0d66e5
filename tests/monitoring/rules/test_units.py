"""Rules in pounds and degrees Fahrenheit: compared in their own unit, so that no gain of exactly the bound is missed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring.forms import RuleForm
from monitoring.ingest.units import in_own_unit
from monitoring.rules.multi_value import RuleError, rule_of
from tests.builders import at

NOW = at("2026-03-20")


def history(metric, *values):
    """Values that a device sent in US units, stored as they are."""
    unit = {"weight": "lb", "temperature": "[degF]"}[metric]
    stored = [in_own_unit(metric, value, unit) for value in values]
    return {metric: [(NOW - timedelta(hours=len(stored) - n), (value,)) for n, value in enumerate(stored, start=1)]}


@pytest.mark.parametrize("bound", [2, 3, 5])
def test_every_gain_of_exactly_the_bound_is_found_and_none_below_it(bound):
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": bound, "unit": "lb"})
    tenths = range(1000, 4000)

    missed = [n for n in tenths if not rule.hit(history("weight", n / 10, (n + 10 * bound) / 10), NOW)]
    false = [n for n in tenths if rule.hit(history("weight", n / 10, (n + 10 * bound - 1) / 10), NOW)]
    assert (missed, false) == ([], [])


def test_the_same_rule_in_kilograms_misses_some_gains():
    """Why the unit matters: 2.27 kg is 5 lb, and two decimals of a kilogram are not enough."""
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": "2.27"})

    assert rule.hit(history("weight", 180.0, 185.0), NOW) is None


def test_a_hit_is_in_the_own_unit_and_the_words_are_in_the_unit_of_the_rule():
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": 5, "unit": "lb"})
    hit = rule.hit(history("weight", 180.0, 186.0), NOW)

    assert (hit.value, hit.limit, hit.above) == (Decimal("2.72"), Decimal("2.27"), True)
    assert rule.words() == "weight up 5 lb or more in 3 days"
    fall = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": -5, "unit": "lb"})
    assert fall.hit(history("weight", 185.0, 180.0), NOW).value == Decimal("-2.27")


@pytest.mark.parametrize(("value", "hit"), [(100.4, False), (100.5, True)])
def test_a_bound_and_an_average_in_fahrenheit_are_exact(value, hit):
    pair = rule_of(
        {"kind": "pair", "both": [
            {"kind": "change", "metric": "temperature", "days": 1, "by": 0.1, "unit": "[degF]"},
            {"kind": "value", "metric": "temperature", "above": 100.4, "unit": "[degF]"},
        ]}
    )  # fmt: skip
    average = rule_of({"kind": "average", "metric": "temperature", "days": 1, "above": 100.4, "unit": "[degF]"})

    assert (pair.hit(history("temperature", 98.6, value), NOW) is not None) == hit
    assert (average.hit(history("temperature", *[value] * 3), NOW) is not None) == hit
    assert average.words().endswith("of 1 days above 100.4 °F")


@pytest.mark.parametrize(("metric", "unit"), [("weight", "[degF]"), ("glucose", "lb"), ("weight", "st"), ("weight", 5)])
def test_a_unit_of_another_measure_is_refused(metric, unit):
    with pytest.raises(RuleError, match="unit"):
        rule_of({"kind": "change", "metric": metric, "days": 3, "by": 5, "unit": unit})


@pytest.mark.parametrize(("what", "unit"), [("weight:1:lb", "lb"), ("weight:1", None), ("", "lb")])
def test_the_form_writes_the_unit_into_the_rule(what, unit):
    form = RuleForm({"kind": "change", "severity": "high", "days": 3, "what": what, "side": "up", "amount": "5"})

    assert form.is_valid()
    assert form.spec().get("unit") == unit
    assert rule_of(form.spec()).by == 5
