"""Local days of many moments are the days the zone says, in every zone and across every change of the clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from rpm_portal.days import LocalDays, local_day

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "right/")))
MOMENTS = st.integers(31_536_000, 4_102_444_800).map(lambda second: datetime.fromtimestamp(second, UTC))  # 1971 to 2100


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(ZONES), MOMENTS, st.lists(st.integers(0, 2 * 86_400), min_size=1, max_size=30))
def test_a_quarter_of_an_hour_has_one_local_day(zone, moment, steps):
    local = LocalDays()
    for step in steps:
        for at in (moment + timedelta(seconds=step), moment + timedelta(seconds=step // 900 * 900)):
            assert local.day(at, zone) == local_day(at, zone)


def test_every_second_around_the_midnights_of_a_year_with_two_changes():
    local = LocalDays()
    for zone in (
        "America/Chicago",
        "Australia/Lord_Howe",
        "Pacific/Chatham",
        "Asia/Kathmandu",
        "Pacific/Apia",
        "Asia/Gaza",
    ):
        for hours in range(0, 366 * 24, 1):
            for second in (-1, 0):
                at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours / 2, seconds=second)
                assert local.day(at, zone) == local_day(at, zone), (zone, at)
