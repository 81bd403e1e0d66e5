"""Moving time to another program: both ledgers show it, and what may not be moved is refused."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from tests.builders import an_enrollment, at
from timetracking import timers
from timetracking.intervals.program_move import move_entry
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import MonthTotal, TimeEntry

DAY = "2026-03-10"
NOW = at("2026-03-11", "12:00:00")
WHY = "It was care management"


@pytest.fixture
def ccm(world):
    return an_enrollment(world, world.patient, program="CCM", serial="none")


def move(world, entry, to, *, by="clinical_staff", reason=WHY, now=NOW):
    return move_entry(entry=entry, enrollment=to, reason=reason, by=world.members[by], now=now)


def seconds(enrollment) -> int:
    row = MonthTotal.objects.get(enrollment=enrollment, month=Month(2026, 3).first_day)
    return row.provider_seconds + row.staff_seconds


def test_both_programs_show_the_move_and_the_seconds_follow(world, ccm):
    entry = world.work(DAY, 600)
    moved = move(world, entry, ccm)
    entry.refresh_from_db()

    assert (seconds(world.enrollment), seconds(ccm)) == (0, 600)
    assert (entry.void_reason, moved.reason) == (f"Moved to CCM: {WHY}", f"Moved from RPM: {WHY}")
    assert (moved.replaces, moved.program, moved.proof, moved.staff) == (entry, "CCM", "timer", entry.staff)
    events = Event.objects.filter(action="move_time")
    assert {event.subject for event in events} == {f"time:{entry.public_id}", f"time:{moved.public_id}"}
    with time_machine.travel(NOW):
        client = Client()
        client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
        for row, words in ((world.enrollment, "Moved to CCM"), (ccm, "Moved from RPM")):
            address = f"{reverse('chart', args=[world.patient.public_id])}?enrollment={row.public_id}"
            assert words in client.get(address).content.decode()


@pytest.mark.parametrize(("by", "taken"), [("clinical_staff", True), ("manager", True), ("physician", False)])
def test_the_person_who_worked_and_the_manager_move_it(world, ccm, by, taken):
    entry = world.work(DAY, 600)
    if taken:
        assert move(world, entry, ccm, by=by).entered_by == world.user(by)
    else:
        with pytest.raises(TimeRefused, match="Only the person who worked"):
            move(world, entry, ccm, by=by)


@pytest.mark.parametrize(
    ("days", "by", "taken"), [(7, "clinical_staff", True), (8, "clinical_staff", False), (8, "manager", True)]
)
def test_time_is_moved_within_seven_days_or_by_the_manager(world, ccm, days, by, taken):
    entry = world.work(DAY, 600)
    late = at(DAY, "12:00:00") + timedelta(days=days)
    if taken:
        assert move(world, entry, ccm, by=by, now=late)
    else:
        with pytest.raises(TimeRefused, match="within 7 days"):
            move(world, entry, ccm, by=by, now=late)


def test_what_may_not_be_moved_is_refused_and_nothing_changes(world, ccm):
    entry = world.work(DAY, 600)
    for to, reason, words in (
        (ccm, "short", "10 characters"),
        (world.enrollment, WHY, "another program"),
        (world.other.enrollment, WHY, "another program"),
    ):
        with pytest.raises(TimeRefused, match=words):
            move(world, entry, to, reason=reason)
    running = timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["physician"], now=at(DAY, "11:00:00")
    )
    with pytest.raises(TimeRefused, match="timer is running"):
        move(world, running, ccm, by="physician")
    assert TimeEntry.objects.filter(voided_at=None).count() == 2


def test_an_entry_is_moved_once_and_not_over_a_colleagues_minutes(world, ccm):
    entry = world.work(DAY, 600)
    move(world, entry, ccm)
    with pytest.raises(TimeRefused, match="voided already"):
        move(world, entry, ccm)
    second = world.work(DAY, 600, clock="14:00:00", by="physician", row=world.enrollment)
    third = world.work(DAY, 600, clock="14:05:00")
    assert third.program == second.program
    with pytest.raises(TimeRefused, match="another program"):
        move(world, third, ccm)


def test_time_that_a_call_counts_is_not_moved(world, ccm):
    entry = world.work(DAY, 600, clock="16:00:00")
    world.call(DAY)

    with pytest.raises(TimeRefused, match="call counts this time"):
        move(world, entry, ccm)


def test_nothing_is_moved_in_a_locked_month(world, ccm):
    entry = world.work(DAY, 600)
    timers.lock_month(practice=world.practice, month=Month(2026, 3), by=world.user("manager"), now=NOW)

    with pytest.raises(TimeRefused, match="month is locked"):
        move(world, entry, ccm, by="manager")
    assert TimeEntry.objects.get().voided_at is None


def test_the_page_offers_the_patients_other_programs_and_moves(world, ccm):
    entry = world.work("2026-11-17", 600)
    client = Client()
    client.force_login(world.user("clinical_staff"), backend="rpm_portal.accounts.backends.PortalBackend")
    assert "Move time" in client.get(reverse("timetracking:void", args=[entry.public_id])).content.decode()
    address = reverse("timetracking:move_entry", args=[entry.public_id])

    for program in ("", world.other.enrollment.public_id):
        assert client.post(address, {"program": program, "reason": WHY}).status_code == 422
    assert client.post(address, {"program": ccm.public_id, "reason": WHY}).status_code == 302
    assert TimeEntry.objects.get(voided_at=None).program == "CCM"
