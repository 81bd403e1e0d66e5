"""A second person approves time entries where the practice asks for it; the database refuses the first person."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from rpm_portal.audit.models import Event
from tests.builders import at
from timetracking import timers
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import TimeApproval, TimePolicy
from timetracking.staff_days.approvals import approve_day, entries_to_approve

DAY = date(2026, 3, 10)
NOW = at("2026-03-11")


def approve(world, *, of="clinical_staff", by="manager", on=DAY):
    return approve_day(practice=world.practice, staff=world.user(of), on=on, by=world.members[by], now=NOW)


def waiting(world):
    return entries_to_approve(world.practice, first_day=DAY, last_day=DAY).count()


def test_a_second_person_approves_a_day_once(world):
    world.work(DAY, 600)
    world.work(DAY, 300, clock="11:00:00")
    assert waiting(world) == 2

    assert approve(world) == 2
    assert waiting(world) == 0
    assert Event.objects.get(action="approve_time").detail["intervals"] == 2
    with pytest.raises(TimeRefused, match="No time entries"):
        approve(world)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        TimeApproval.objects.update(approved_at=at("2026-03-12"))


def test_nobody_approves_what_they_worked_or_entered(world):
    timers.add_entry(
        enrollment=world.enrollment, activity="review", started_at=at(DAY, "09:00:00"), stopped_at=at(DAY, "09:10:00"),
        reason="home visit", staff=world.members["clinical_staff"], by=world.members["manager"], now=NOW,
    )  # fmt: skip
    for by in ("clinical_staff", "manager"):
        with pytest.raises(TimeRefused, match="second person"):
            approve(world, by=by)
        entry = entries_to_approve(world.practice, first_day=DAY, last_day=DAY).get()
        with pytest.raises(DatabaseError, match="second person"), transaction.atomic():
            TimeApproval.objects.create(
                practice=world.practice, entry=entry, approved_by=world.user(by), approved_at=NOW
            )
    assert approve(world, by="physician") == 1


def test_running_struck_and_never_billed_time_and_other_practices_do_not_wait(world):
    timers.start_timer(
        enrollment=world.enrollment, activity="review", by=world.members["physician"], now=at(DAY, "08:00:00")
    )
    entry = world.work(DAY, 600)
    timers.void_entry(entry=entry, reason="Entered for the wrong patient", by=world.user("clinical_staff"), now=NOW)
    timers.add_entry(
        enrollment=world.enrollment, activity="admin", started_at=at(DAY, "12:00:00"), stopped_at=at(DAY, "12:10:00"),
        reason="home visit", staff=world.members["qhp"], by=world.members["qhp"], now=NOW,
    )  # fmt: skip
    world.other.work(DAY, 600)

    assert waiting(world) == 0


@pytest.mark.slow
def test_the_page_offers_approval_only_where_the_policy_asks_for_it(world):
    world.work("2026-11-17", 600)
    manager, address = Client(), reverse("timetracking:staff_days")
    manager.force_login(world.user("manager"), backend="rpm_portal.accounts.backends.PortalBackend")
    assert "Time to approve" not in manager.get(f"{address}?day=2026-11-17").content.decode()
    TimePolicy.objects.create(practice=world.practice, time_approved=True)
    assert "Time to approve" in manager.get(f"{address}?day=2026-11-17").content.decode()
    person, foreign = world.members["clinical_staff"].public_id, world.other.members["clinical_staff"].public_id
    for wrong in ("", foreign):
        assert manager.post(f"{address}approve/", {"day": "2026-11-17", "person": wrong}).status_code == 422

    assert manager.post(f"{address}approve/", {"day": "2026-11-17", "person": person}).status_code == 302
    assert TimeApproval.objects.get().approved_by == world.user("manager")
