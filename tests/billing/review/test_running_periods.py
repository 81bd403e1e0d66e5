"""A forecast separates what is earned already, what belongs to a later month, and what is not earned."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Rate
from billing.review.dashboard import figures
from billing.review.lost_revenue import leaks_of
from billing.review.running_periods import running_periods
from enrollment.models import Order
from tests.billing.close.test_close import MARCH, compute
from tests.builders import a_patient, an_enrollment, at, days
from tests.roles import as_owner
from tests.test_access import signed_in

# Periods of readings from Feb 28: Feb 28 to Mar 29, then Mar 30 to Apr 28.
DURING = at("2026-03-29")


@pytest.fixture
def priced(world):
    for code, amount in (("99454", "52.11"), ("99445", "47.00"), ("99457", "51.77")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    return world


def shown(periods):
    return [(period.code, period.days, period.closes_on, period.dollars) for period in periods]


@pytest.mark.parametrize(
    ("number", "earned"),
    [
        (16, [("99454", 16, date(2026, 3, 29), Decimal("52.11"))]),
        (15, [("99445", 15, date(2026, 3, 29), Decimal("47.00"))]),
        (2, [("99445", 2, date(2026, 3, 29), Decimal("47.00"))]),
        (1, []),
    ],
)
def test_a_period_that_ends_in_the_month_is_earned_once_it_has_its_days(priced, number, earned):
    priced.read(days("2026-02-28", "2026-03-28")[:number])
    close = compute(priced, now=DURING)
    periods = running_periods(close)
    assert (shown(periods.earned), periods.next_month) == (earned, [])
    assert periods.earned_dollars == sum((one[3] for one in earned), Decimal())
    lost = {leak.code: leak.dollars for leak in leaks_of(close)}
    # One day of two: 52.11 for the longer code may still be lost, and readings can still come.
    assert lost.get("DEVICE_PERIOD_OPEN") == (None if earned else Decimal("52.11"))


@pytest.mark.parametrize(("first", "closes_on"), [("2026-03-02", "2026-03-31"), ("2026-03-03", "2026-04-01")])
def test_a_period_belongs_to_the_month_of_its_last_day(priced, first, closes_on):
    priced.read(days(first, "2026-03-24"))
    close = compute(priced, now=DURING)
    periods = running_periods(close)
    assert not any(leak.code.startswith("DEVICE_PERIOD") for leak in leaks_of(close)), "nothing is lost"
    in_march = closes_on == "2026-03-31"
    assert [row.closes_on.isoformat() for row in (periods.earned if in_march else periods.next_month)] == [closes_on]
    assert (periods.next_month if in_march else periods.earned) == []


def test_a_period_that_a_missing_order_blocks_is_not_earned(priced):
    priced.read(days("2026-02-28", "2026-03-28"))
    as_owner("ALTER TABLE enrollment_order DISABLE TRIGGER USER")
    as_owner(
        "UPDATE enrollment_order SET starts_on = '2020-01-01', ends_on = '2020-02-01' WHERE practice_id = %s",
        priced.practice.pk,
    )
    assert Order.objects.filter(practice=priced.practice).exists()
    periods = running_periods(compute(priced, now=DURING))
    assert periods.earned == []


def test_dollars_at_risk_are_those_of_every_reason_that_somebody_can_fix(priced):
    """600 seconds without a call: 99470 and 99457 wait for a live call, 99457 costs 51.77 at most."""
    priced.work("2026-03-10", 600)
    nobody = an_enrollment(
        priced, a_patient(priced.practice, priced.user("clinical_staff"), mrn="R2", family="Zero"), serial="r2"
    )
    close = compute(priced, now=DURING)
    leaks = leaks_of(close)
    risk = sum(leak.dollars for leak in leaks if leak.fixable)
    assert {leak.code for leak in leaks if leak.fixable} >= {"MGMT_NO_LIVE_COMMUNICATION", "MGMT_NOT_PROVIDED"}
    assert figures(priced.practice, MARCH)[0].at_risk == risk
    assert risk == sum(leak.dollars for leak in leaks if leak.remedy), "what is blocked is the first to be fixed"
    assert nobody.pk


def test_the_forecast_page_shows_the_three_groups_and_incomplete_addresses(priced):
    priced.read(days("2026-02-28", "2026-03-28"))
    priced.patient.street = ""
    priced.patient.save()
    compute(priced, now=DURING)
    page = signed_in(priced.user("biller")).get("/months/2026-03/forecast/").content.decode()
    assert "Already earned, period still open: $52.11" in page
    assert "Belongs to a later month" in page
    assert "Not billable" in page
    assert "Addresses not complete" in page
    assert page.count("every claim needs") == 1
    other = signed_in(priced.other.user("biller")).get("/months/2026-03/forecast/").content.decode()
    assert "every claim needs" not in other or "Ortega" not in other
