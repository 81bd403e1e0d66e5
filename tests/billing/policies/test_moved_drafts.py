"""A draft that begins later is tried as if it had begun: its impact on a month is never a false zero."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Rate
from billing.policies.moved_drafts import draft_always, draft_for_month
from billing.review.policy_replay import replay
from billing.rules.golden import changed_cases
from rpm_portal.core.days import Month
from tests.billing.close.test_close import MARCH, compute
from tests.billing.policies.test_drafts import PRESET, change, start
from tests.builders import days
from tests.test_access import signed_in

ONLY_HEART_FAILURE = {"key": "diagnosis_scope", "value": ["I50"], "from": "2026-12-01", "source": "bulletin"}


@pytest.fixture
def worked(world):
    """March 2026 of a patient with I10: 99454 for Feb 10 to Mar 11, 99457 for 21:40 with a live call, and set-up."""
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-12", 1300)
    world.call("2026-03-12")
    for code, amount in (("99454", "52.11"), ("99457", "51.77")):
        Rate.objects.create(practice=world.practice, code=code, year=2026, amount=Decimal(amount), source="test")
    world.close = compute(world)
    return world


def drafted(world, *departures, starts_on=date(2026, 12, 1)):
    return change(world, start(world), starts_on=starts_on, departures=departures)


def test_a_draft_of_december_shows_what_it_would_remove_in_march(worked):
    """It drops every I10 patient: 52.11 + 51.77 = 103.88 less; set-up has no amount on file and is named."""
    draft = drafted(worked, ONLY_HEART_FAILURE)
    moved = draft_for_month(draft, MARCH)
    result = replay(worked.close, worked.payer, moved.policy)
    assert (moved.in_force_on, moved.left_out) == (date(2026, 12, 1), [])
    assert (result.enrollments, result.more, result.less) == (1, {}, {"99453": 1, "99454": 1, "99457": 1})
    assert [change.patient for change in result.patients] == [worked.patient]
    assert (result.expected, result.unpriced) == (Decimal("-103.88"), ["99453"])


def test_a_draft_that_began_keeps_its_own_dates(worked):
    january = ONLY_HEART_FAILURE | {"from": "2026-01-01", "to": "2026-02-28"}
    draft = drafted(worked, january, starts_on=date(2026, 1, 1))
    moved = draft_for_month(draft, MARCH)
    assert moved.in_force_on is None
    assert "99457" not in replay(worked.close, worked.payer, moved.policy).less, "the exception ended in February"


@pytest.mark.parametrize(("starts_on", "moved"), [(date(2026, 3, 1), False), (date(2026, 3, 2), True)])
def test_a_draft_is_moved_unless_it_begins_by_the_first_day_of_the_month(worked, starts_on, moved):
    draft = drafted(worked, starts_on=starts_on)
    assert (draft_for_month(draft, MARCH).in_force_on is not None) == moved


def test_an_exception_that_begins_after_its_draft_is_tried_too(worked):
    draft = drafted(worked, ONLY_HEART_FAILURE, starts_on=date(2026, 4, 1))
    moved = draft_for_month(draft, Month(2026, 10))
    assert moved.in_force_on == date(2026, 12, 1)
    assert moved.policy.at("diagnosis_scope", date(2026, 3, 31)) == ("I50",)


def test_an_exception_that_has_ended_when_the_last_one_begins_is_named(worked):
    brief = {"key": "live_by", "value": "physician_or_qhp", "from": "2026-11-01", "to": "2026-11-30", "source": "x"}
    moved = draft_always(drafted(worked, brief, ONLY_HEART_FAILURE))
    assert moved.left_out == ["live_by"]


@pytest.mark.slow
def test_golden_cases_of_earlier_years_are_tried_under_a_draft_of_december(worked):
    number, others = changed_cases(PRESET, draft_always(drafted(worked, ONLY_HEART_FAILURE)).policy)
    assert number > 60
    assert len(others) > 20


@pytest.mark.slow
def test_the_draft_page_names_the_patient_and_the_expected_payment(worked):
    draft = drafted(worked, ONLY_HEART_FAILURE)
    address = f"/policies/drafts/{draft.public_id}/"
    page = signed_in(worked.user("physician")).get(address, {"month": "2026-03"}).content.decode()
    assert "as if it had been in force" in page
    assert "1 patient would differ" in page
    assert str(worked.patient) in page
    assert "−$103.88" in page
    assert "No expected amount on file for 99453" in page
    assert ">0 of 83 golden cases" not in page


@pytest.mark.slow
def test_an_exception_without_a_first_day_is_refused_in_words(worked):
    draft = start(worked)
    typed = {
        "preset": PRESET, "starts_on": "2026-12-01", "source": "x", "key": ["live_by"], "value": ["care_team"],
        "from": [""], "to": [""], "row_source": ["letter"],
    }  # fmt: skip
    answer = signed_in(worked.user("manager")).post(f"/policies/drafts/{draft.public_id}/change/", typed)
    assert answer.status_code == 422
    assert "Enter the first day of each exception" in answer.content.decode()
