"""Limits and rules in pounds and degrees Fahrenheit: compared in their own unit, so that no exact gain is missed."""

import json
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.forms import RuleForm
from monitoring.ingest import entries_of
from monitoring.ingest.units import POUND, in_own_unit
from monitoring.rules.display_units import decimals, display_unit, in_rule_unit, stored_value, unit_label
from monitoring.rules.multi_value import RuleError, rule_of
from monitoring.rules.thresholds import Limit, breaches, flag_of
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


def rounded(value, places):
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def typed(pounds):
    """As a person types it on a page."""
    return [stored_value(pound, "lb") for pound in pounds]


def vendor_kilograms(pounds):
    """As a vendor sends it: kilograms with two decimals."""
    bodies = [
        {"device": "S", "metric": "weight", "weight_kg": float(rounded(pound * POUND, 2)),
         "measured_at": "2026-03-20T08:00:00Z"} for pound in pounds
    ]  # fmt: skip
    return [entry.values[0] for entry in entries_of("portal", json.dumps({"readings": bodies}).encode())]


def fhir(code, factor, places):
    """As FHIR Observations in a unit of UCUM."""

    def values(pounds):
        entries = [
            {"resource": {
                "resourceType": "Observation", "id": f"o{n}", "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
                "effectiveDateTime": "2026-03-20T08:00:00Z", "device": {"identifier": {"value": "S"}},
                "valueQuantity": {"value": float(rounded(pound * factor, places)), "code": code,
                                  "system": "http://unitsofmeasure.org"},
            }} for n, pound in enumerate(pounds)
        ]  # fmt: skip
        body = json.dumps({"resourceType": "Bundle", "entry": entries}).encode()
        return [entry.values[0] for entry in entries_of("fhir", body)]

    return values


SOURCES = {
    "typed on a page": typed,
    "vendor, kg with two decimals": vendor_kilograms,
    "FHIR, [lb_av]": fhir("[lb_av]", Decimal(1), 1),
    "FHIR, g": fhir("g", POUND * 1000, 0),
    "FHIR, kg": fhir("kg", POUND, 3),
}
TENTHS = [Decimal(n) / 10 for n in range(1000, 4000)]


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("gain", [2, 5])
def test_a_gain_of_the_bound_is_found_whoever_sent_the_weights_and_a_tenth_less_is_not(source, gain):
    values = dict(zip(TENTHS, SOURCES[source](TENTHS), strict=True))
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": gain, "unit": "lb"})
    tenth = Decimal("0.1")

    def alerts(low, high):
        rows = [(NOW - timedelta(days=1), (values[low],)), (NOW, (values[high],))]
        return rule.hit({"weight": rows}, NOW) is not None

    starts = [pound for pound in TENTHS if pound + gain in values]
    assert len(starts) >= 2900
    assert [pound for pound in starts if not alerts(pound, pound + gain)] == []
    assert [pound for pound in starts if alerts(pound, pound + gain - tenth)] == []


@pytest.mark.parametrize("source", SOURCES)
def test_a_limit_in_pounds_is_broken_by_a_tenth_more_or_less_and_not_by_the_limit_itself(source):
    values = dict(zip(TENTHS, SOURCES[source](TENTHS), strict=True))
    wrong, tenth = [], Decimal("0.1")
    for pound in TENTHS[1:-1]:
        edge = stored_value(pound, "lb")
        high, low = Limit("weight", 1, high=edge, unit="lb"), Limit("weight", 1, low=edge, unit="lb")
        flags = [
            flag_of(limit, values[value]) for limit in (low, high) for value in (pound - tenth, pound, pound + tenth)
        ]
        wrong += [] if flags == ["L", "", "", "", "", "H"] else [(pound, flags)]
    assert wrong == []


@given(st.integers(90_000, 180_000))
def test_a_scale_that_measures_grams_misses_no_gain_of_five_pounds(grams):
    rule = rule_of({"kind": "change", "metric": "weight", "days": 3, "by": 5, "unit": "lb"})

    def alerts(more):
        values = [in_own_unit("weight", str(weight), "g") for weight in (grams, grams + more)]
        return rule.hit({"weight": [(NOW - timedelta(days=1), values[:1]), (NOW, values[1:])]}, NOW) is not None

    assert alerts(2268)  # 5.0 lb
    assert not alerts(2177)  # 4.8 lb


@given(st.decimals(80, 110, places=1))
def test_a_temperature_in_fahrenheit_is_shown_as_it_was_typed(fahrenheit):
    stored = stored_value(fahrenheit, "[degF]")
    limit = Limit("temperature", 1, high=stored, unit="[degF]")

    assert in_rule_unit(stored, "[degF]") == fahrenheit
    assert flag_of(limit, stored) == ""
    assert flag_of(limit, stored_value(fahrenheit + Decimal("0.1"), "[degF]")) == "H"


def test_a_limit_in_kilograms_is_compared_in_kilograms():
    limit = Limit("weight", 1, high=Decimal("90.70"))

    assert [breach.value for breach in breaches("weight", [Decimal("90.71")], [limit])] == [Decimal("90.71")]
    assert list(breaches("weight", [Decimal("90.70")], [limit])) == []


@pytest.mark.parametrize(
    ("metric", "units", "unit", "label", "places"),
    [
        ("weight", "us", "lb", "lb", 1), ("weight", "metric", "", "kg", 2), ("temperature", "us", "[degF]", "°F", 1),
        ("temperature", "metric", "", "°C", 2), ("glucose", "us", "", "mg/dL", 2), ("spo2", "us", "", "%", 2),
    ],
)  # fmt: skip
def test_only_weight_and_temperature_have_a_second_unit(metric, units, unit, label, places):
    shown = display_unit(metric, units)
    assert (shown, unit_label(metric, shown), decimals(shown)) == (unit, label, places)


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
