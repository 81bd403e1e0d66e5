"""The chart draws each value's own limits: a diastolic value is never compared with the systolic band."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring.readings.trend_svg import BOTTOM, HEIGHT, LineLimits, Point, draw
from tests.builders import at

START = at("2026-03-01")
SYSTOLIC = LineLimits(low=Decimal(95), high=Decimal(150), critical_high=Decimal(180))
DIASTOLIC = LineLimits(low=Decimal(50), high=Decimal(95), critical_high=Decimal(110))


def chart(*, systolic=(120, 130), diastolic=(75, 80), limits=(SYSTOLIC, DIASTOLIC)):
    series = [
        (name, [Point(START + timedelta(days=day), Decimal(value), "", "") for day, value in enumerate(values)])
        for name, values in (("systolic", systolic), ("diastolic", diastolic))
    ]
    end = START + timedelta(days=3)
    return draw(title="Pressure", unit="mmHg", series=series, start=START, end=end, zone="UTC", limits=limits)


def inside(drawn, line, dot):
    """Whether a line's dot lies in the line's own band."""
    band = drawn.bands[line]
    return band["y"] <= drawn.series[line]["dots"][dot]["y"] <= band["y"] + band["height"]


@pytest.mark.parametrize(("diastolic", "expected"), [(50, True), (49, False), (95, True), (96, False), (104, False)])
def test_a_diastolic_value_lies_in_its_own_band_exactly_if_it_is_inside_its_limits(diastolic, expected):
    drawn = chart(diastolic=(diastolic, 80))

    assert [band["number"] for band in drawn.bands] == [1, 2]
    assert inside(drawn, 1, 0) == expected
    assert inside(drawn, 0, 0)


def test_a_critical_limit_is_drawn_if_it_lies_on_the_axis():
    assert [(edge["number"], edge["text"]) for edge in chart().critical] == [(2, "110")]
    drawn = chart(systolic=(120, 192))
    assert [(edge["number"], edge["text"]) for edge in drawn.critical] == [(1, "180"), (2, "110")]


def test_a_limit_on_one_side_shades_to_the_edge_and_without_limits_nothing_is_shaded():
    (band,) = chart(limits=(LineLimits(high=Decimal(150)),)).bands
    assert band["y"] + band["height"] == HEIGHT - BOTTOM
    assert chart(limits=()).bands == []
