"""The figures above a trend chart and its drawing: means, share inside the limits, stems, day cells, and words of flags."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from monitoring.readings.trend_data import LineLimits, Mark, Point
from monitoring.readings.trend_means import figures_of, running_means, share_inside
from monitoring.readings.trend_scale import NARROW, WIDE
from monitoring.readings.trend_svg import MOST_DOTS, draw
from tests.builders import at

START = at("2026-03-01", "08:00:00")
SYSTOLIC = LineLimits(low=Decimal(95), high=Decimal(150), critical_high=Decimal(180))
DIASTOLIC = LineLimits(high=Decimal(95))


def points(*values, flag="", bound=""):
    return [Point(START + timedelta(days=day), Decimal(str(value)), bound, flag) for day, value in enumerate(values)]


def figures(series, limits=(), *, days=30):
    end = START + timedelta(days=10)
    return {row.label: row.text for row in figures_of(series, limits, unit="mmHg", end=end, days=days)}


def test_the_figures_have_both_values_of_a_pressure():
    found = figures([points(120, 130, 140), points(70, 80, 84)], [SYSTOLIC, DIASTOLIC])

    assert found["Latest"] == "140/84 mmHg"
    assert found["30-day mean"] == "130/78"
    assert (found["Lowest"], found["Highest"]) == ("120/70", "140/84")
    assert found["Inside limits"] == "100%"


def test_a_mean_of_seven_days_leaves_out_a_value_exactly_seven_days_old():
    values = [Point(START, Decimal(100)), Point(START + timedelta(days=7), Decimal(140))]
    just_inside = [Point(START + timedelta(minutes=1), Decimal(100)), values[1]]

    assert [mean.value for mean in running_means(values)] == [100, 140]
    assert [mean.value for mean in running_means(just_inside)] == [100, 120]


def test_a_bound_is_in_no_mean_and_counts_as_outside():
    series = [[*points(120), Point(START + timedelta(days=1), Decimal(280), ">", "HH")]]

    assert figures(series, [SYSTOLIC])["30-day mean"] == "120"
    assert figures(series, [SYSTOLIC])["Highest"] == ">280"
    assert share_inside(series, [SYSTOLIC]) == "50%"


def test_one_value_outside_is_one_moment_outside():
    series = [points(120, 120, 120, 120), [*points(70, 70, 70), Point(START + timedelta(days=3), Decimal(99), "", "H")]]

    assert share_inside(series, [SYSTOLIC, DIASTOLIC]) == "75%"


@pytest.mark.parametrize(("series", "limits"), [([], [SYSTOLIC]), ([[]], [SYSTOLIC]), ([points(120)], [LineLimits()])])
def test_without_values_or_limits_there_is_no_share(series, limits):
    assert share_inside(series, limits) == ""


def test_no_values_have_no_figures():
    assert figures([]) == {}
    assert figures([points(120), []]) == {}


def test_a_mean_of_whole_numbers_is_whole_and_of_fractions_has_one_decimal():
    assert figures([points(120, 121)])["30-day mean"] == "120"
    assert figures([points(80.2, 80.6)])["30-day mean"] == "80.4"


def test_over_seven_days_the_mean_is_shown_once():
    assert [label for label in figures([points(120)], days=7) if "mean" in label] == []
    recent = [Point(START + timedelta(days=9), Decimal(120))]
    assert [label for label in figures([recent], days=7) if "mean" in label] == ["7-day mean"]


def drawn(series, *, limits=(), days=10, **more):
    end = START + timedelta(days=days)
    named = list(zip(("systolic", "diastolic"), series, strict=False))
    return draw(title="Pressure", unit="mmHg", series=named, start=START, end=end, zone="UTC", limits=limits, **more)


def test_the_two_values_of_a_moment_are_joined_by_a_stem():
    chart = drawn([points(120, 130), points(70)])

    assert len(chart.stems) == 1
    assert chart.stems[0]["x"] == chart.series[0]["dots"][0]["x"]


def test_each_day_has_a_cell_and_those_with_a_value_are_marked():
    chart = drawn([points(120, 130)], days=4)

    assert [cell["has"] for cell in chart.cells] == [True, True, False, False, False]


def test_the_flag_of_each_value_is_said_in_words():
    high = [Point(START, Decimal(191), "", "HH")]
    low = [Point(START, Decimal(104), "", "H")]

    assert drawn([high, low]).points[0][2:] == ("191/104 mmHg", "systolic critical high, diastolic high")
    assert drawn([points(120)]).points[0][3] == ""


def test_labels_never_lie_on_each_other():
    limits = [
        LineLimits(low=Decimal(118), high=Decimal(121), critical_high=Decimal(122)),
        LineLimits(high=Decimal(120)),
    ]
    rows = [float(label["y"]) for label in drawn([points(120), points(119)], limits=limits).labels]

    assert len(rows) >= 5
    assert all(below - above >= 14 for above, below in pairwise(rows))


@pytest.mark.parametrize(("count", "has_dots"), [(MOST_DOTS, True), (MOST_DOTS + 1, False)])
def test_many_values_are_a_line_without_dots(count, has_dots):
    many = [Point(START + timedelta(minutes=n), Decimal(120)) for n in range(count)]

    assert bool(drawn([many]).series[0]["dots"]) is has_dots


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_everything_lies_inside_the_drawing(size):
    chart = drawn([points(60, 250), points(40, 120)], limits=[SYSTOLIC, DIASTOLIC], size=size)

    assert (chart.width, chart.height) == size[:2]
    for dot in (dot for line in chart.series for dot in line["dots"]):
        assert chart.left <= dot["x"] <= chart.right_edge
        assert chart.top <= dot["y"] <= chart.bottom_edge


def test_marks_outside_the_span_are_not_drawn():
    marks = [Mark(START - timedelta(seconds=1), "call", "call"), Mark(START, "call", "call")]

    assert len(drawn([points(120)], marks=marks).marks) == 1
