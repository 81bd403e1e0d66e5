"""Numbers, moments and units of senders: what is ambiguous is asked, and what only looks like a number is refused."""

from decimal import Decimal

import pytest

from monitoring.ingest.timestamps import from_epoch, measured_second
from monitoring.ingest.units import UnknownUnit, number, unit_for
from monitoring.ingest.values import value_of


@pytest.mark.parametrize(
    "raw", ["\u0667\u0661", "\uff17\uff11", "1_000", "0x10", "", " ", "1,5", "1 000", "NaN", "inf", True]
)
def test_digits_of_other_scripts_and_forms_of_programs_are_no_numbers(raw):
    with pytest.raises(ValueError, match="number"):
        number(raw)


@pytest.mark.parametrize(
    ("raw", "value"), [("71", 71), (" 71.4 ", "71.4"), ("120.0000", 120), (".5", "0.5"), ("1e2", 100)]
)
def test_a_number_as_text_is_a_number(raw, value):
    assert number(raw) == Decimal(value)


@pytest.mark.parametrize("raw", [">\u0666\u0660\u0660", "> 6_00"])
def test_a_bound_has_ascii_digits(raw):
    with pytest.raises(ValueError, match=r"number|unit"):
        value_of("glucose", raw, None)


@pytest.mark.parametrize("raw", ["\u0661\u0667\u0669\u0665", "1_795_270_440", "1795270440.5", "", None, True, 10**30])
def test_a_count_since_1970_is_a_whole_number(raw):
    with pytest.raises(ValueError, match="moment"):
        from_epoch(raw, per_second=1)


def test_the_fraction_of_a_second_is_not_stored():
    moment = measured_second("2026-06-01T08:00:00-05:00")

    assert measured_second("2026-06-01T08:00:00.417-05:00") == moment == from_epoch(1780318800999, per_second=1000)
    assert measured_second("2026-06-01T08:00:01.000-05:00") != moment


@pytest.mark.parametrize(
    ("metric", "raw", "sent", "units", "unit"),
    [
        ("weight", 70, "kg", {"weight": "lb"}, "kg"),
        ("weight", 70, None, {"weight": "lb"}, "lb"),
        ("weight", 70, None, {"glucose": "mg/dL"}, None),
        ("temperature", 98.6, "", {}, None),
        ("temperature", 98.6, "", {"temperature": "[degF]"}, "[degF]"),
        ("glucose", "33.3", None, {}, None),
        ("glucose", "33.31", None, {}, "mg/dL"),
        ("glucose", "33.3", None, {"glucose": "mg/dL"}, "mg/dL"),
        ("glucose", "HI", None, {}, "mg/dL"),
        ("spo2", 97, None, {}, "%"),
        ("heart_rate", 61, 7, {}, "/min"),
    ],
)
def test_a_missing_unit_is_taken_from_the_source_or_asked(metric, raw, sent, units, unit):
    if unit is None:
        with pytest.raises(UnknownUnit, match="Choose"):
            unit_for(metric, raw, sent, units)
    else:
        assert unit_for(metric, raw, sent, units) == unit
