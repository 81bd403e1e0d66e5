"""The policies page: each payer's policy described from the data, and a month replayed under another policy."""

from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from billing.models import ClaimLine, PayerPolicy, Rate
from billing.review.policy_replay import replay
from billing.rules import load_preset
from enrollment.models import Payer
from tests.billing.close.test_close import compute
from tests.billing.sending_world import complete, sealed


@pytest.fixture
def closed(world):
    complete(world)
    world.close = sealed(world)
    world.close.refresh_from_db()
    return world


def test_under_the_same_policy_nothing_differs(closed):
    result = replay(closed.close, closed.payer, load_preset("medicare_general_supervision"))

    assert (result.enrollments, result.more, result.less, result.patients, result.expected) == (
        1,
        {},
        {},
        [],
        Decimal(),
    )


def test_under_the_strictest_the_nurses_time_and_call_earn_nothing(closed):
    Rate.objects.create(practice=closed.practice, code="99457", year=2026, amount=Decimal("51.77"), source="test")
    before = list(ClaimLine.objects.values_list("pk", "state"))
    result = replay(closed.close, closed.payer, load_preset("strict_provider_only"))

    assert (result.more, result.less, result.expected) == ({}, {"99457": 1}, Decimal("-51.77"))
    assert [(one.patient, one.less) for one in result.patients] == [(closed.patient, {"99457": 1})]
    assert list(ClaimLine.objects.values_list("pk", "state")) == before


def test_another_payers_enrollments_are_not_replayed(closed):
    other = Payer.objects.create(practice=closed.practice, name="Lakeside")

    assert replay(closed.close, other, load_preset("strict_provider_only")).enrollments == 0


@pytest.mark.slow
def test_the_page_shows_each_payers_terms_on_a_day_and_replays_a_month(closed):
    Payer.objects.create(practice=closed.practice, name="Lakeside <b>")
    PayerPolicy.objects.filter(payer=closed.payer).update(
        departures=[{"key": "max_units_99458", "value": 1, "from": "2026-01-01", "source": "Bulletin 7"}]
    )
    client = Client()
    client.force_login(closed.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")
    page = client.get("/policies/?on=2026-03-31").content.decode()
    assert "Bulletin 7" in page
    assert "1 exception" in page
    assert '<a href="https://www.rivkinrounds.com/2021/01/cms-clarifies-rpm-reimbursement/" rel="noreferrer">' in page
    assert "<b>Not verified.</b> No requirement of Medicare was found." in page
    assert "no rules on file; strictest rules apply" in page
    assert "Lakeside &lt;b&gt;" in page
    assert "Bulletin 7" not in client.get("/policies/?on=2025-12-31").content.decode()
    assert "lines with such a date of service wait" in client.get("/policies/?on=2027-01-01").content.decode()
    query = {"month": "2026-03", "payer": "Medicare Part B", "preset": "strict_provider_only"}
    page = client.get("/policies/", query).content.decode()
    assert "1 patient would differ" in page
    assert "99457 x1" in page
    assert str(closed.patient) in page
    assert "No expected amount on file for 99457" in page
    for wrong in ({"month": "x"}, {"payer": "nobody"}, {"preset": "../../etc"}, {"on": "tomorrow"}):
        assert client.get("/policies/", query | wrong).status_code == 200


def test_a_month_being_computed_is_not_replayed(world):
    close = compute(world)
    close.state = "computing"
    close.save()
    client = Client()
    client.force_login(world.user("biller"), backend="rpm_portal.accounts.backends.PortalBackend")

    assert "Test a month under other rules" not in client.get("/policies/").content.decode()
    assert date(2026, 3, 1) == close.month
