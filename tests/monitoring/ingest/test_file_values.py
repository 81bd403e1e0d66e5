"""Moments and numbers of files, decided from all rows; hours that occur twice or never."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitoring.ingest import file_values
from monitoring.ingest.file_values import possible_readings, read_moment, read_number, split_cell, to_utc
from monitoring.ingest.units import number

EIGHT = datetime(2026, 6, 3, 20, 15)  # noqa: DTZ001
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    "written",
    [
        "2026-06-03 20:15", "2026-06-03T20:15:00", "2026/06/03 20:15", "2026.06.03 20:15:00", "06/03/2026 8:15 PM",
        "6/3/2026 08:15:00 pm", "06-03-2026 08:15 p.m.", "03.06.2026 20:15", "03.06.2026 - 20:15", "Jun 3, 2026 8:15 PM",
        "Jun 03 2026 20:15", "3 Jun 2026 20:15", "June 3, 2026 20:15", "03-Jun-2026 20:15", "Jun 3, 2026 8:15\u202fPM",
        "2026-06-03 20:15:00.123",
    ],
)  # fmt: skip
def test_a_moment_is_read_in_many_forms(written):
    assert read_moment(written) == EIGHT


def test_the_order_decides_and_a_point_means_day_first():
    assert read_moment("06/03/2026 20:15", "mdy") == EIGHT
    assert read_moment("03/06/2026 20:15", "dmy") == EIGHT
    assert read_moment("03.06.2026 20:15", "mdy") == EIGHT


def test_a_moment_with_an_offset_is_aware():
    assert read_moment("2026-06-16T13:00:00Z") == datetime(2026, 6, 16, 13, tzinfo=UTC)
    assert read_moment("2026-06-16T08:00:00-05:00") == datetime(2026, 6, 16, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["", "19 juni 2026 08:00", "2026-06-03", "13/13/2026 08:00", "2026-02-29 08:00", "2026-06-03 24:00", "0 Jun 2026 1:00",
     "06/03/2026 13:15 PM", "06/03/2026 0:15 AM", "٠٣/٠٦/٢٠٢٦ 08:00", "２０２６-06-03 20:15", "06/03/26 20:15", "x" * 5000],
)  # fmt: skip
def test_what_is_no_moment_is_none(written):
    assert read_moment(written) is None


@pytest.mark.parametrize(
    ("moments", "orders"),
    [
        (["03/06/2026 08:00", "12/12/2026 08:00"], ("mdy", "dmy")),
        (["03/06/2026 08:00", "12/06/2026 08:00"], ("mdy", "dmy")),
        (["03/06/2026 08:00", "13/06/2026 08:00"], ("dmy",)),
        (["03/06/2026 08:00", "06/13/2026 08:00"], ("mdy",)),
        (["13/06/2026 08:00", "06/13/2026 08:00"], ("mixed",)),
        (["06/06/2026 08:00", "2026-06-25 08:00", "25.06.2026 08:00"], ()),
        ([], ()),
    ],
)
def test_one_row_decides_the_date_order_of_the_file(moments, orders):
    assert possible_readings(moments, []).date_orders == orders


@pytest.mark.parametrize(
    ("moments", "likely"),
    [
        (["03/06/2026 8:00 AM", "04/06/2026 9:00 PM"], "mdy"),
        (["03/06/2026 8:00 AM", "04/06/2026 21:00"], ""),
        (["03/06/2026 08:00"], ""),
    ],
)
def test_a_clock_of_twelve_hours_in_every_row_suggests_the_month_first(moments, likely):
    ways = possible_readings(moments, [])
    assert (ways.date_orders, ways.likely_order) == (("mdy", "dmy"), likely)


@pytest.mark.parametrize(
    ("numbers", "signs"),
    [
        (["6,2", "10,0"], (",",)), (["6.2", "10"], (".",)), (["1,200", "950"], (".", ",")), (["1,200", "6,2"], (",",)),
        (["1,200", "1,200.5"], (".",)), (["1.200,5"], (",",)), (["128", "HI", ">600"], ()), (["6,2", "6.25"], ("mixed",)),
        (["104 mmHg"], ()), ([], ()),
    ],
)  # fmt: skip
def test_one_row_decides_the_decimal_sign_of_the_file(numbers, signs):
    assert possible_readings([], numbers).decimal_signs == signs


@pytest.mark.parametrize(
    ("text", "sign", "read"),
    [("6,2", ",", "6.2"), ("1,200", ".", "1200"), ("1.200,5", ",", "1200.5"), ("6.2", ".", "6.2"), ("HI", ".", "HI")],
)
def test_a_number_is_read_with_its_sign(text, sign, read):
    assert read_number(text, sign) == read


@pytest.mark.parametrize(
    ("cell", "parts"),
    [("104 mmHg", ("104", "mmHg")), ("72bpm", ("72", "bpm")), ("HI", ("HI", "")), (">600", (">600", "")),
     ("98.6 °F", ("98.6", "°F")), ("", ("", ""))],
)  # fmt: skip
def test_a_cell_is_split_into_number_and_unit(cell, parts):
    assert split_cell(cell) == parts


@pytest.mark.parametrize("raw", ["١٢٨", "１２８", "१२८", "12\u0664"])
def test_digits_of_another_script_are_no_number(raw):
    with pytest.raises(ValueError, match="not a number"):
        number(raw)


@pytest.mark.parametrize(
    ("metric", "values", "unit"),
    [
        ("glucose", [29.9], "mmol/L"), ("glucose", [30.0], ""), ("glucose", [33.0], ""), ("glucose", [33.1], "mg/dL"),
        ("glucose", [5.0, 110.0], ""), ("temperature", [45.0], "Cel"), ("temperature", [45.1], ""),
        ("temperature", [77.0], "[degF]"), ("temperature", [76.9], ""), ("weight", [182.0], ""), ("glucose", [], ""),
    ],
)  # fmt: skip
def test_a_unit_is_inferred_only_if_the_other_is_impossible(metric, values, unit):
    assert file_values.unit_of_values(metric, values) == unit


@pytest.mark.parametrize(
    ("heading", "unit"),
    [("Weight (lb)", "lb"), ("Weight (lbs)", "lb"), ("Gewicht [kg]", "kg"), ("Glucose Value (mmol/L)", "mmol/L"),
     ("Temp °F", "[degF]"), ("Album", ""), ("Value", "")],
)  # fmt: skip
def test_a_heading_names_its_unit(heading, unit):
    assert file_values.units_in_heading(heading, ["", "kg", "lb", "mg/dL", "mmol/L"]) == unit


def walk(start, end, step=timedelta(minutes=5), zone=CHICAGO):
    """Moments and the local times that a device would write."""
    moments = []
    while start < end:
        moments.append(start)
        start += step
    return moments, [m.astimezone(zone).replace(tzinfo=None, fold=0) for m in moments]


@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Auckland"])
@pytest.mark.parametrize("day", [(2026, 11, 1), (2026, 3, 8), (2026, 4, 4), (2026, 9, 26)])
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_stream_over_a_clock_change_keeps_every_moment(zone, day, newest_first):
    key = ZoneInfo(zone)
    start = datetime(*day, tzinfo=UTC)
    moments, locals_ = walk(start, start + timedelta(hours=24), zone=key)
    if newest_first:
        moments.reverse(), locals_.reverse()

    assert to_utc(locals_, [key] * len(locals_)) == moments


def test_a_single_reading_in_the_repeated_hour_is_the_first_and_one_in_the_missing_hour_is_none():
    repeated, missing = datetime(2026, 11, 1, 1, 30), datetime(2026, 3, 8, 2, 30)  # noqa: DTZ001

    assert to_utc([repeated, missing, None], [CHICAGO] * 3) == [datetime(2026, 11, 1, 6, 30, tzinfo=UTC), None, None]
    before, after = datetime(2026, 3, 8, 1, 59, 59), datetime(2026, 3, 8, 3)  # noqa: DTZ001
    assert to_utc([before, after], [CHICAGO] * 2) == [
        datetime(2026, 3, 8, 7, 59, 59, tzinfo=UTC), datetime(2026, 3, 8, 8, tzinfo=UTC),
    ]  # fmt: skip
