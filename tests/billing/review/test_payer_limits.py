"""A payer's procedures on claim lines: codes that need an authorization, and the last day to file."""

from datetime import date
from decimal import Decimal

import pytest
import time_machine

from billing.claims.delivery import confirm_delivery
from billing.close.moves import approve_clean_lines, move_line
from billing.models import Rate
from billing.policies.profiles import ProfileValues, set_profile
from billing.review.month_lines import counts_of, lines_of
from billing.review.next_actions import next_actions
from billing.review.payer_limits import limits_of, near_filing_limit
from enrollment.models import Payer, PriorAuthorization
from enrollment.services import record_fact
from rpm_portal.audit.models import Event
from rpm_portal.core.days import Month
from tests.billing.close.test_close import AFTER, compute
from tests.billing.sending_world import complete, leave, reviewed, sealed
from tests.builders import at, seal
from tests.test_access import signed_in

DURING, TODAY = at("2026-03-25"), date(2026, 3, 25)
MARCH_31 = date(2026, 3, 31)


def profile(world, starts_on=date(2026, 1, 1), payer=None, **values):
    values = ProfileValues(starts_on=starts_on, source="Manual of January 2026", **values)
    return set_profile(payer=payer or world.payer, values=values, by=world.members["manager"], now=at("2026-03-20"))


def authorization(world, *codes):
    return record_fact(
        PriorAuthorization, patient=world.patient, source="letter of the payer", by=world.user("clinical_staff"),
        now=at("2026-03-20"), payer=world.payer, outcome="approved", number="AUTH-1", codes=list(codes),
        starts_on=date(2026, 1, 1),
    )  # fmt: skip


@pytest.fixture
def worked(world):
    """March 2026 earns 99457 on Mar 31 and nothing else."""
    world.work("2026-03-12", 1500)
    world.call("2026-03-12")
    return world


def shown(close, show="unauthorized"):
    return [line.code for line in lines_of(close, show=show)]


def test_a_line_whose_payer_asks_for_an_authorization_of_its_code_is_listed_as_missing_one(worked):
    profile(worked, authorization_codes=("99457",))
    close = compute(worked)
    assert shown(close) == ["99457"]
    assert counts_of(close)["unauthorized"] == 1
    assert lines_of(close).get().unauthorized


def test_a_line_of_another_code_is_not_listed(worked):
    profile(worked, authorization_codes=("99454",))
    close = compute(worked)
    assert (shown(close), counts_of(close)["unauthorized"]) == ([], 0)


def test_a_line_that_names_an_authorization_is_not_listed(worked):
    profile(worked, authorization_codes=("99457",))
    authorization(worked, "99457")
    close = compute(worked)
    assert close.lines.get().authorization == "AUTH-1"
    assert shown(close) == []


@pytest.mark.parametrize(("starts_on", "listed"), [(MARCH_31, True), (date(2026, 4, 1), False)])
def test_the_profile_of_the_date_of_service_decides(worked, starts_on, listed):
    """99457 of March has the date of service Mar 31."""
    profile(worked)
    profile(worked, starts_on, authorization_codes=("99457",))
    assert shown(compute(worked)) == (["99457"] if listed else [])


def test_a_profile_that_ended_before_the_date_of_service_decides_nothing(worked):
    profile(worked, authorization_codes=("99457",))
    profile(worked, MARCH_31)
    assert shown(compute(worked)) == []


def test_another_payers_profile_decides_nothing(worked):
    other = Payer.objects.create(practice=worked.practice, name="Other payer")
    profile(worked, payer=other, authorization_codes=("99457",))
    assert shown(compute(worked)) == []


def test_a_line_without_a_needed_authorization_is_not_approved_with_the_clean_ones(world):
    for day in ("2026-02-12", "2026-03-12"):
        world.work(day, 1500)
        world.call(day)
    compute(world, month=Month(2026, 2), now=at("2026-03-03"))
    close = compute(world)
    assert counts_of(close)["clean"] == 1
    profile(world, authorization_codes=("99457",))
    assert (counts_of(close)["clean"], approve_clean_lines(close=close, by=world.user("manager"), now=AFTER)) == (0, 0)
    move_line(line=close.lines.get(), to="approved", reason="", by=world.user("manager"), now=AFTER)
    assert close.lines.get().state == "approved", "a person may approve it by itself"


def test_the_forecast_names_the_authorization_to_ask_for_with_what_it_is_worth(worked):
    Rate.objects.create(practice=worked.practice, code="99457", year=2026, amount=Decimal("51.77"), source="test")
    profile(worked, authorization_codes=("99457",))
    close = compute(worked, now=DURING)
    (gain,) = [one.gain for one in next_actions(close, today=TODAY) if one.gain.authorization]
    assert (gain.code, gain.dollars, gain.until) == ("99457", Decimal("51.77"), MARCH_31)
    with time_machine.travel(DURING, tick=False):
        page = signed_in(worked.user("manager")).get("/months/2026-03/forecast/").content.decode()
    assert "prior authorization: ask the payer" in page
    authorization(worked, "99457")
    assert not [one for one in next_actions(compute(worked, now=DURING), today=TODAY) if one.gain.authorization]


def test_the_page_of_a_line_shows_its_filing_limit_and_that_an_authorization_is_missing(worked):
    line = compute(worked).lines.get()
    client = signed_in(worked.user("biller"))
    page = client.get(f"/lines/{line.public_id}/").content.decode()
    assert "limit of this payer not on" in page
    assert "none needed, as far as it is on file" in page
    profile(worked, filing_days=365, authorization_codes=("99457",))
    limits = limits_of(line)
    assert (limits.needs_authorization, limits.file_by) == (True, date(2027, 3, 31))
    page = client.get(f"/lines/{line.public_id}/").content.decode()
    assert "authorization missing" in page
    assert "Mar 31, 2027" in page
    assert "authorization missing" in client.get("/months/2026-03/?show=unauthorized").content.decode()


@pytest.mark.parametrize(
    ("today", "listed"),
    [
        (date(2026, 5, 14), False),
        (date(2026, 5, 15), True),
        (date(2026, 9, 27), True),
        (date(2026, 9, 28), False),
    ],
)
def test_a_line_is_listed_45_days_before_its_last_day_to_file_until_90_days_after(worked, today, listed):
    """90 days from Mar 31 end on Jun 29; 45 days before is May 15, and 90 days after is Sep 27."""
    profile(worked, filing_days=90)
    close = compute(worked)
    rows = near_filing_limit(worked.practice, today=today)
    assert [row.last_day for row in rows] == ([date(2026, 6, 29)] if listed else [])
    assert near_filing_limit(worked.other.practice, today=today) == []
    close.lines.update(state="dropped")
    assert near_filing_limit(worked.practice, today=today) == []


def test_the_limit_is_that_of_the_date_of_service(worked):
    """With the limit of April a line of March would end on Apr 30; its own limit ends on Jun 29."""
    profile(worked, filing_days=90)
    profile(worked, date(2026, 4, 1), filing_days=30)
    compute(worked)
    assert [row.last_day for row in near_filing_limit(worked.practice, today=date(2026, 6, 1))] == [date(2026, 6, 29)]


@pytest.mark.parametrize(("today", "listed"), [(date(2027, 2, 13), False), (date(2027, 2, 14), True)])
def test_a_line_of_medicare_without_a_recorded_limit_is_listed_by_the_calendar_year(worked, today, listed):
    """One calendar year from Mar 31, 2026 (42 CFR 424.44); 45 days before Mar 31, 2027 is Feb 14."""
    Payer.objects.filter(pk=worked.payer.pk).update(filing="MB")
    compute(worked)
    assert [row.last_day for row in near_filing_limit(worked.practice, today=today)] == (
        [date(2027, 3, 31)] if listed else []
    )
    Payer.objects.filter(pk=worked.payer.pk).update(filing="CI")
    assert near_filing_limit(worked.practice, today=today) == []


def test_a_line_is_listed_until_its_claim_is_delivered(world):
    """60 days from Mar 11 (set-up and supply) end on May 10, and from Mar 31 (management) on May 30."""
    complete(world)
    profile(world, filing_days=60)
    close = sealed(world)
    days_to_file = [date(2026, 5, 10), date(2026, 5, 10), date(2026, 5, 30)]
    today = date(2026, 5, 1)
    assert [row.last_day for row in near_filing_limit(world.practice, today=today)] == days_to_file
    submission = leave(world, close, delivered=False)
    assert [row.last_day for row in near_filing_limit(world.practice, today=today)] == days_to_file
    confirm_delivery(submission=submission, note="", by=world.members["manager"], now=AFTER)
    assert near_filing_limit(world.practice, today=today) == []


def test_a_line_on_hold_is_listed_also_if_the_rest_of_its_claim_is_with_the_payer(world):
    complete(world)
    profile(world, filing_days=60)
    close = reviewed(world)
    held = close.lines.get(code="99457")
    move_line(line=held, to="held", reason="asked the nurse", by=world.user("manager"), now=AFTER)
    seal(close, world, now=AFTER)
    leave(world, close)
    assert [row.code for row in near_filing_limit(world.practice, today=date(2026, 5, 1))] == ["99457"]


def test_the_months_page_lists_the_last_days_to_file_and_records_who_saw_them(worked):
    profile(worked, filing_days=30)
    compute(worked)
    with time_machine.travel(at("2026-05-02"), tick=False):
        page = signed_in(worked.user("biller")).get("/months/").content.decode()
    assert "Last days to file" in page
    assert "Passed" in page
    assert "Apr 30, 2026" in page
    assert Event.objects.get(action="list_filing_limits").detail == {"count": 1}
