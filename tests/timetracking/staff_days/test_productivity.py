"""Productivity by staff member and month, and the minutes at which patients' months end."""

from datetime import timedelta

import pytest

from rpm_portal.core.days import Month
from tests.builders import a_patient, a_world, an_enrollment, at
from tests.test_access import signed_in
from timetracking import timers
from timetracking.models import TimeEntry
from timetracking.staff_days.minute_histograms import minute_histograms
from timetracking.staff_days.productivity import by_staff, productivity
from timetracking.staff_days.team import team_of

MARCH = Month(2026, 3)


@pytest.fixture
def world(db):
    return a_world()


def month_of(world, role="clinical_staff", *, month=MARCH):
    return next(row for row in productivity(world.practice, [month]) if row.staff == world.user(role))


def enter(world, day, seconds, *, on, clock="10:00:00", row=None):
    """Time that is entered by hand on a day."""
    start = at(day, clock)
    return timers.add_entry(
        enrollment=row or world.enrollment, activity="review", started_at=start,
        stopped_at=start + timedelta(seconds=seconds), reason="Was at the bedside", staff=world.members["clinical_staff"],
        by=world.members["clinical_staff"], now=at(on, "18:00:00"),
    )  # fmt: skip


def test_time_is_compared_with_the_shift_of_the_days_that_were_worked(world):
    member = world.members["clinical_staff"]
    member.shift_minutes = 10
    member.save()
    world.work("2026-03-10", 300)
    world.work("2026-03-10", 299, clock="11:00:00")
    world.work("2026-03-11", 601)
    row = month_of(world)
    assert (row.days, row.billable, row.shift_seconds, row.shift_percent) == (2, 1200, 1200, 100)
    world.work("2026-03-11", 12, clock="12:00:00")
    assert month_of(world).shift_percent == 101
    assert month_of(world).patients == 1


def test_a_person_without_a_shift_has_no_percentage(world):
    world.work("2026-03-10", 300)
    row = month_of(world)
    assert (row.shift_seconds, row.shift_percent, row.total) == (None, None, 300)


def test_an_entry_across_the_end_of_the_month_is_split_as_the_team_counts_it(world):
    world.work("2026-03-31", 7200, clock="23:30:00")
    world.call("2026-03-12")
    for month, seconds in ((MARCH, 1800), (Month(2026, 4), 5400)):
        team = {row.staff: row for row in team_of(world.practice.pk, month=month, zone=world.practice.zone)}
        row = month_of(world, month=month)
        assert (row.billable, row.calls, row.live) == (
            team[row.staff].seconds, team[row.staff].calls, team[row.staff].live,
        )  # fmt: skip
        assert row.billable >= seconds


def test_months_are_listed_by_person_the_latest_first_without_other_practices(world):
    world.work("2026-02-10", 60)
    world.work("2026-03-10", 120)
    world.work("2026-03-11", 180, by="qhp")
    world.other.work("2026-03-10", 600)
    people = by_staff(productivity(world.practice, [MARCH, MARCH.plus(-1)]))
    months = {str(person): [(row.month, row.total) for row in rows] for person, rows in people.items()}
    assert months["Clinical_Staff P"] == [(MARCH, 120), (Month(2026, 2), 60)]
    assert months["Qhp P"] == [(MARCH, 180)]
    assert len(months) == 2


def test_the_number_of_statements_depends_on_the_months_only(world, django_assert_num_queries):
    world.work("2026-03-10", 60)
    world.work("2026-03-11", 60, by="qhp")
    with django_assert_num_queries(5):
        productivity(world.practice, [MARCH])


@pytest.mark.parametrize(
    ("early", "late", "reached", "just"),
    [
        (1140, 60, 1, 1), (1140, 59, 0, 0), (1140, 119, 1, 1), (1140, 120, 1, 0), (1200, 30, 0, 0), (0, 1200, 1, 1),
        (0, 2400, 1, 1), (0, 2460, 1, 0),
    ],
)  # fmt: skip
def test_time_of_the_last_two_days_that_just_reaches_a_code_is_counted(world, early, late, reached, just):
    if early:
        world.work("2026-03-29", early)
    world.work("2026-03-30", late)
    (one,) = minute_histograms(world.practice, MARCH).by_staff
    assert (one.patients, one.reached_late, one.just_reached) == (1, reached, just)
    assert one.counts[min(70, (early + late) // 60)] == 1


def test_time_of_an_earlier_day_counts_by_the_day_on_which_it_was_entered(world):
    world.work("2026-03-10", 1140)
    enter(world, "2026-03-25", 60, on="2026-03-29")
    assert minute_histograms(world.practice, MARCH).last_days.patients == 0
    enter(world, "2026-03-26", 60, on="2026-03-30")
    histograms = minute_histograms(world.practice, MARCH)
    assert (histograms.last_days.patients, histograms.last_days.reached_late) == (1, 0)
    TimeEntry.objects.filter(reason="").update(voided_at=at("2026-03-30"), voided_by=world.user("qhp"), void_reason="x")
    assert minute_histograms(world.practice, MARCH).by_staff[0].counts[2] == 1


def test_a_patients_month_belongs_to_the_person_who_worked_last(world):
    nurse = world.user("clinical_staff")
    other = an_enrollment(world, a_patient(world.practice, nurse, mrn="B2", family="Reed"), serial="cuff-b2")
    world.work("2026-03-10", 600)
    world.work("2026-03-12", 600, by="qhp")
    world.work("2026-03-11", 300, row=other)
    by_person = {str(one.staff): one for one in minute_histograms(world.practice, MARCH).by_staff}
    assert {name: one.patients for name, one in by_person.items()} == {"Clinical_Staff P": 1, "Qhp P": 1}
    assert by_person["Qhp P"].counts[20] == by_person["Clinical_Staff P"].counts[5] == 1


def test_the_page_names_staff_and_no_patient(world):
    world.work("2026-03-10", 1205)
    page = signed_in(world.user("manager")).get("/staff-days/productivity/?month=2026-03").content.decode()
    assert "Clinical_Staff P" in page
    assert "0 h 20 min" in page
    assert "Ortega" not in page
    assert "ORTEGA" not in page
    assert signed_in(world.user("biller")).get("/staff-days/productivity/").status_code == 403
    assert signed_in(world.user("manager")).get("/staff-days/productivity/?month=9999-99").status_code == 200
