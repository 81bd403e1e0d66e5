"""Days with more recorded time than the shift or the practice's limit are flagged for the manager."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import at
from timetracking import timers
from timetracking.models import TimePolicy
from timetracking.staff_days.long_days import long_days

DAY = date(2026, 3, 10)


def work(world, first, last, *, day=DAY, by="clinical_staff"):
    timers.add_entry(
        enrollment=world.enrollment, activity="admin", started_at=at(day, first), stopped_at=at(day, last),
        reason="home visit", staff=world.members[by], by=world.members[by], now=at("2026-03-12"),
    )  # fmt: skip


def flagged(world, practice=None):
    return long_days(practice or world.practice, first_day=date(2026, 3, 1), last_day=date(2026, 3, 31))


@pytest.mark.parametrize(("last", "count"), [("10:00:00", 0), ("10:00:01", 1)])
def test_a_day_is_flagged_one_second_beyond_the_limit(world, last, count):
    TimePolicy.objects.create(practice=world.practice, day_limit_minutes=120)
    work(world, "08:00:00", last)

    assert len(flagged(world)) == count


def test_a_shift_of_ones_own_comes_before_the_practices_limit(world):
    work(world, "08:00:00", "10:00:01")
    assert flagged(world) == []
    member = world.members["clinical_staff"]
    member.shift_minutes = 120
    member.save()

    (row,) = flagged(world)
    assert (row.staff, row.day, row.seconds, row.words) == (member.user, DAY, 7201, "2 h 0 min 1 sec, shift 2 h 0 min")


def test_without_a_policy_ten_hours_are_the_limit_and_midnight_divides_the_days(world):
    for hours in (("00:00:00", "04:00:00"), ("05:00:00", "09:00:00"), ("10:00:00", "12:00:00")):
        work(world, *hours)
    assert flagged(world) == []
    work(world, "13:00:00", "13:00:01")

    assert [(row.day, row.limit_minutes) for row in flagged(world)] == [(DAY, 600)]


def test_another_practices_days_are_not_shown(world):
    TimePolicy.objects.create(practice=world.other.practice, day_limit_minutes=60)
    world.other.work(DAY, 3601)

    assert flagged(world) == []
    assert len(flagged(world, world.other.practice)) == 1


def test_the_managers_page_shows_the_flag(world):
    TimePolicy.objects.create(practice=world.practice, day_limit_minutes=60)
    world.work("2026-11-17", 3661)
    client = Client()
    client.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")

    assert "1 h 1 min 1 sec, limit 1 h 0 min" in client.get(reverse("timetracking:staff_days")).content.decode()
