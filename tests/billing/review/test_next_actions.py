"""What can still be done in a running month: by patient, minutes and dollars, after clinical need."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Rate
from billing.review.next_actions import next_actions
from monitoring.models import Standing
from tests.billing.close.test_close import compute
from tests.builders import a_patient, an_enrollment, at, days
from tests.test_access import signed_in

DURING, TODAY = at("2026-03-25"), date(2026, 3, 25)


@pytest.fixture
def priced(world):
    for code, amount in (
        ("99454", "52.11"),
        ("99445", "47.00"),
        ("99457", "51.77"),
        ("99470", "26.05"),
        ("99458", "41.42"),
    ):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    return world


def gains(world, today=TODAY):
    actions = next_actions(compute(world, now=DURING), today=today)
    return [(a.gain.code, a.gain.seconds, a.gain.call, a.gain.days, a.gain.dollars) for a in actions]


def test_twenty_minutes_are_worth_the_difference_to_the_ten_minute_code(priced):
    """18:00 with a live call earn 99470 (26.05); 2:00 more earn 99457 instead: 51.77 - 26.05 = 25.72."""
    priced.work("2026-03-12", 1080)
    priced.call("2026-03-12")
    assert gains(priced) == [("99457", 120, False, 0, Decimal("25.72"))]


def test_a_further_block_is_worth_the_whole_add_on(priced):
    """20:00 with a live call earn 99457; 20:00 more earn 99458 besides it."""
    priced.work("2026-03-12", 1200)
    priced.call("2026-03-12")
    assert gains(priced) == [("99458", 1200, False, 0, Decimal("41.42"))]


def test_a_missing_call_is_worth_the_codes_that_it_holds_back(priced):
    priced.work("2026-03-12", 1200)
    assert gains(priced) == [("99457", 0, True, 0, Decimal("51.77"))]


def test_without_time_and_call_both_are_missing(priced):
    """5:00 recorded: 5:00 and a live call are missing for 99470."""
    priced.work("2026-03-12", 300)
    assert gains(priced) == [("99470", 300, True, 0, Decimal("26.05"))]


@pytest.mark.parametrize(("today", "listed"), [(date(2026, 3, 26), True), (date(2026, 3, 27), False)])
def test_readings_are_listed_until_the_last_day_on_which_they_can_come(priced, today, listed):
    """The period Feb 28 to Mar 29 has 12 days; the 4 that 99454 needs can begin on Mar 26 at the latest."""
    priced.read(days("2026-02-28", "2026-03-11"))
    expected = [("99454", 0, False, 4, Decimal("5.11"))] if listed else []
    assert [row for row in gains(priced, today) if row[3]] == expected


def test_clinical_need_comes_before_money_and_then_money_a_minute(priced):
    """Ortega needs 2:00 for 25.72 (12.86 a minute), Rich a call for 51.77, Sick 5:00 and a call for 26.05."""
    nurse = priced.user("clinical_staff")
    priced.work("2026-03-12", 1080)
    priced.call("2026-03-12")
    rich = an_enrollment(priced, a_patient(priced.practice, nurse, mrn="N1", family="Rich"), serial="n1")
    priced.work("2026-03-13", 1200, row=rich)
    sick = an_enrollment(priced, a_patient(priced.practice, nurse, mrn="N2", family="Sick"), serial="n2")
    priced.work("2026-03-14", 300, row=sick)
    close = compute(priced, now=DURING)

    def order():
        return [action.patient.family_name for action in next_actions(close, today=TODAY)]

    first = priced.patient.family_name
    assert order() == ["Rich", first, "Sick"]
    Standing.objects.filter(enrollment=sick).update(open_high=1)
    assert order() == ["Sick", "Rich", first]
    Standing.objects.filter(enrollment=priced.enrollment).update(open_critical=1)
    assert order() == [first, "Sick", "Rich"]


def test_a_month_that_is_over_has_no_actions(priced):
    priced.work("2026-03-12", 1080)
    assert next_actions(compute(priced), today=date(2026, 4, 1)) == []
    page = signed_in(priced.user("manager")).get("/months/2026-03/forecast/").content.decode()
    assert "What can still be done" not in page
