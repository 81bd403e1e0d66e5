"""Quiet hours in the patient's zone, on both days on which clocks change, and the ten business days of a request to stop."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from enrollment.services.contacts.business_days import add_business_days, federal_holidays, honor_by
from enrollment.services.contacts.send_times import next_allowed


def local(text, zone):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("zone", ["America/Chicago", "Pacific/Honolulu", "America/Phoenix"])
@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-07-01T07:59:59.999999", "2026-07-01T08:00"), ("2026-07-01T08:00", "2026-07-01T08:00"),
        ("2026-07-01T20:59:59.999999", "2026-07-01T20:59:59.999999"), ("2026-07-01T21:00", "2026-07-02T08:00"),
        ("2026-12-31T23:30", "2027-01-01T08:00"),
    ],
)  # fmt: skip
def test_messages_wait_from_nine_in_the_evening_until_eight(zone, now, sent):
    assert next_allowed(local(now, zone), zone) == local(sent, zone)


def test_the_evening_before_clocks_go_forward_waits_ten_hours_and_before_they_go_back_twelve():
    zone = "America/Chicago"
    spring, autumn = local("2026-03-07T21:00", zone), local("2026-10-31T21:00", zone)

    assert (next_allowed(spring, zone) - spring).total_seconds() == 10 * 3600
    assert (next_allowed(autumn, zone) - autumn).total_seconds() == 12 * 3600


def test_the_same_moment_is_allowed_in_one_zone_and_not_in_another():
    now = local("2026-07-01T08:30", "America/New_York")

    assert next_allowed(now, "America/New_York") == now
    assert next_allowed(now, "Pacific/Honolulu") == local("2026-07-01T08:00", "Pacific/Honolulu")


@pytest.mark.parametrize(
    ("now", "sent"),
    [
        ("2026-07-03T12:00", "2026-07-03T12:00"), ("2026-07-03T21:00", "2026-07-06T08:00"),
        ("2026-07-04T12:00", "2026-07-06T08:00"), ("2026-07-05T23:00", "2026-07-06T08:00"),
    ],
)  # fmt: skip
def test_without_weekends_friday_evening_waits_until_monday(now, sent):
    zone = "America/Chicago"

    assert next_allowed(local(now, zone), zone, weekends=False) == local(sent, zone)


def test_narrower_hours_of_a_person_are_kept():
    zone = "America/Chicago"

    assert next_allowed(local("2026-07-01T09:00", zone), zone, opens=10, closes=12) == local("2026-07-01T10:00", zone)
    assert next_allowed(local("2026-07-01T12:00", zone), zone, opens=10, closes=12) == local("2026-07-02T10:00", zone)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2026-11-30", "2026-12-14"), ("2026-12-18", "2027-01-05"), ("2026-06-26", "2026-07-13"), ("2027-12-20", "2028-01-05"),
    ],
)  # fmt: skip
def test_a_request_to_stop_is_honored_within_ten_business_days(received, last):
    assert honor_by(date.fromisoformat(received)) == date.fromisoformat(last)


def test_the_federal_holidays_of_a_year_are_those_observed():
    assert sorted(day.isoformat() for day in federal_holidays(2026)) == [
        "2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03",
        "2026-09-07", "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25",
    ]  # fmt: skip
    assert date(2027, 12, 31) in federal_holidays(2027)


def test_no_business_day_is_on_a_weekend():
    assert add_business_days(date(2026, 11, 27), 1) == date(2026, 11, 30)
