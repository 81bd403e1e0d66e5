"""A payer's procedures by day: policy document, limits, corrections, codes that need authorization."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from billing.models import PayerProfile
from billing.policies.profiles import (
    ProfileValues,
    appeal_by,
    needs_authorization,
    profiles_on,
    set_profile,
)
from billing.policies.timely_filing import FilingLimits
from rpm_portal.audit.models import Event
from rpm_portal.core.refusals import Refused
from tests.builders import at
from tests.test_access import signed_in

NOW = at("2026-03-20")


def record(world, starts_on, **more):
    values = ProfileValues(starts_on=starts_on, source=more.pop("source", "Manual of May 2026"), **more)
    return set_profile(payer=world.payer, values=values, by=world.members["manager"], now=NOW)


def test_the_next_profile_ends_the_one_before_on_the_day_before(world):
    first = record(world, date(2026, 1, 1), filing_days=365, correction="reopening")
    record(world, date(2026, 7, 1), filing_days=180, correction="replacement")
    first.refresh_from_db()
    assert first.ends_on == date(2026, 6, 30)
    limits = [
        profiles_on(world.practice.pk, day)[world.payer.pk].filing_days for day in (date(2026, 6, 30), date(2026, 7, 1))
    ]
    assert limits == [365, 180]
    assert profiles_on(world.practice.pk, date(2025, 12, 31)) == {}
    assert profiles_on(world.other.practice.pk, date(2026, 7, 1)) == {}
    assert Event.objects.filter(action="set_payer_profile").count() == 2


def test_limits_are_counted_in_days_and_unknown_ones_stay_unknown(world):
    """365 days from Mar 11, 2026 are Mar 11, 2027; 120 days from Apr 1 are Jul 30 (29 + 31 + 30 + 30)."""
    row = record(world, date(2026, 1, 1), filing_days=365, appeal_days=120, authorization_codes=("99454", "99457"))
    assert FilingLimits(world.practice.pk).last_day(world.payer, date(2026, 3, 11)) == date(2027, 3, 11)
    assert appeal_by(row, date(2026, 4, 1)) == date(2026, 7, 30)
    assert (needs_authorization(row, "99457"), needs_authorization(row, "99458")) == (True, False)
    unknown = record(world, date(2026, 2, 1))
    assert (unknown.filing_days, appeal_by(None, date(2026, 4, 1))) == (None, None)
    assert not needs_authorization(None, "99457")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"starts_on": None}, "first day"),
        ({"source": " "}, "Name the source"),
        ({"filing_days": 0}, "filing limit is 1 to"),
        ({"appeal_days": 1501}, "appeal limit is 1 to"),
        ({"correction": "shout"}, "corrections"),
        ({"authorization_codes": ("99454", "12345")}, "12345: not a code"),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_stored(world, more, message):
    with pytest.raises(Refused, match=message):
        record(world, **{"starts_on": date(2026, 1, 1)} | more)
    assert not PayerProfile.objects.exists()


def test_a_profile_that_begins_before_one_on_file_is_refused(world):
    record(world, date(2026, 7, 1))
    with pytest.raises(Refused, match="begin on 2026-07-01"):
        record(world, date(2026, 7, 1))
    assert record(world, date(2026, 7, 2)).starts_on == date(2026, 7, 2)
    with pytest.raises(IntegrityError, match="one_a_day"), transaction.atomic():
        PayerProfile.objects.create(
            practice=world.practice, payer=world.payer, starts_on=date(2026, 7, 5), source="past the service"
        )


def test_the_page_records_a_profile_and_shows_an_unread_text_as_unverified(world):
    manager, biller = signed_in(world.user("manager")), signed_in(world.user("biller"))
    address = "/policies/payers/record/"
    typed = {
        "payer": world.payer.name, "starts_on": "2026-05-08", "source": "CPB 1093 <i>", "policy_number": "CPB 1093",
        "policy_dated_on": "2026-05-08", "filing_days": "365", "authorization_codes": "99454 99457",
    }  # fmt: skip
    assert "No data on file" in biller.get("/policies/payers/").content.decode()
    assert biller.post(address, typed).status_code == 403
    assert manager.post(address, typed | {"payer": "nobody"}).status_code == 404
    bad = manager.post(address, typed | {"filing_days": "a year"})
    assert bad.status_code == 422
    assert "whole number of days" in bad.content.decode()
    assert 'value="CPB 1093"' in bad.content.decode(), "the typed values are shown again"
    assert manager.post(address, typed).status_code == 302
    page = biller.get("/policies/payers/").content.decode()
    assert "text unverified" in page
    assert "CPB 1093 &lt;i&gt;" in page
    assert "99454, 99457" in page
