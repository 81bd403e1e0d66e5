"""Staff days for the manager, and totals just above a billing threshold."""

from datetime import date

import pytest
import time_machine
from django.test import Client

from rpm_portal.core.days import Month
from tests.builders import a_patient, an_enrollment, at
from timetracking.calls import call_log
from timetracking.models import MonthTotal
from timetracking.queries import around_thresholds
from timetracking.staff_days import workdays

DAY = date(2026, 3, 10)


def client_of(world, role):
    client = Client()
    client.force_login(world.user(role), backend="rpm_portal.accounts.backends.PortalBackend")
    return client


def test_everybody_who_worked_or_called_has_a_row_in_three_statements(world, django_assert_num_queries):
    world.work(DAY, 300)
    world.work(DAY, 600, by="physician", clock="11:00:00")
    world.call(DAY, by="qhp")
    world.work("2026-03-11", 300, by="therapist")

    with django_assert_num_queries(3):
        work_days = workdays.days_of(world.practice, DAY, now=at("2026-03-12"))

    assert [(day.staff.given_name, day.billable, len(day.calls)) for day in work_days] == [
        ("Clinical_Staff", "5:00", 0), ("Physician", "10:00", 0), ("Qhp", "0:00", 1),
    ]  # fmt: skip


def test_the_page_shows_one_day_of_this_practice(world):
    world.work(DAY, 300)
    world.other.work(DAY, 300)
    with time_machine.travel(at("2026-03-12"), tick=False):
        page = client_of(world, "manager").get("/staff-days/?day=2026-03-10").content.decode()

    assert "Staff time: Mar 10, 2026" in page
    assert "not signed" in page
    assert "ORTEGAC" not in page


@pytest.mark.slow
@pytest.mark.parametrize(("above", "below", "hugged"), [(5, 1, [20]), (4, 0, []), (9, 4, []), (12, 4, [20])])
def test_a_step_at_twenty_minutes_is_reported(world, above, below, hugged):
    for number in range(above + below):
        row = an_enrollment(
            world, a_patient(world.practice, world.user("clinical_staff"), mrn=f"H{number}", family=f"Hug{number}")
        )
        MonthTotal.objects.create(
            practice=world.practice,
            enrollment=row,
            month=date(2026, 3, 1),
            staff_seconds=1200 if number < above else 1199,
        )
    distribution = around_thresholds(world.practice.pk, month=Month(2026, 3))

    assert [step["minute"] for step in distribution["hugged"]] == hugged
    assert (dict(distribution["bars"])[20], dict(distribution["bars"])[19]) == (above, below)


def test_my_day_lists_calls_without_a_note(world):
    start = at(DAY, "16:00:00")
    call = call_log.log_call(
        enrollment=world.enrollment, channel="phone", outcome="patient", started_at=start, ended_at=at(DAY, "16:03:00"),
        by=world.members["clinical_staff"], now=at(DAY, "16:04:00"),
    )  # fmt: skip
    with time_machine.travel(at("2026-03-11"), tick=False):
        client = client_of(world, "clinical_staff")
        assert "Calls without a note" in client.get("/my-day/").content.decode()
        client.post(f"/calls/{call.public_id}/add/", {"text": "He feels well."})
        assert "Calls without a note" not in client.get("/my-day/").content.decode()


def test_my_day_is_shown_against_the_shift(world):
    world.work(DAY, 300)
    member = world.members["clinical_staff"]
    member.shift_minutes = 480
    member.save()
    with time_machine.travel(at(DAY, "17:00:00"), tick=False):
        assert "5:00 of a shift of 480:00" in client_of(world, "clinical_staff").get("/my-day/").content.decode()


def test_an_entry_over_midnight_is_a_line_on_each_day(world):
    world.work("2026-03-31", 900, clock="23:52:00")
    for day, length, note in (
        ("2026-03-31", "8:00", "goes on after midnight"),
        ("2026-04-01", "7:00", "began before midnight"),
    ):
        work_day = workdays.day_of(
            world.practice, world.user("clinical_staff"), date.fromisoformat(day), now=at("2026-04-02")
        )
        assert [(piece.length, piece.beyond) for piece in work_day.pieces] == [(length, note)]
