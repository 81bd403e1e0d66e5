"""The last day to file: one calendar year for Medicare Part B, a payer's days for others, checked before the file."""

from datetime import date

import pytest

from billing.claims.ready_claims import claims_of
from billing.claims.send import report_filing
from billing.models import PayerProfile, Submission
from billing.policies.timely_filing import FilingLimits, a_year_after
from rpm_portal.core.refusals import Refused
from tests.billing.sending_world import complete, leave, sealed
from tests.builders import at


@pytest.mark.parametrize(
    ("day", "last"),
    [
        ("2026-03-11", "2027-03-11"),
        ("2028-02-28", "2029-02-28"),
        ("2028-02-29", "2029-02-28"),
        ("2027-02-28", "2028-02-28"),
    ],
)
def test_a_calendar_year_ends_on_the_same_day_or_on_28_february(day, last):
    assert a_year_after(date.fromisoformat(day)) == date.fromisoformat(last)


def limit(world, days, **values):
    PayerProfile.objects.create(
        practice=world.practice,
        payer=world.payer,
        filing_days=days,
        source="manual",
        **{"starts_on": date(2019, 1, 1)} | values,
    )


def test_a_payers_own_limit_precedes_medicares_and_no_limit_is_invented(world):
    world.payer.filing = "CI"
    assert FilingLimits(world.practice.pk).last_day(world.payer, date(2026, 3, 11)) is None
    world.payer.filing = "MB"
    assert FilingLimits(world.practice.pk).last_day(world.payer, date(2026, 3, 11)) == date(2027, 3, 11)
    limit(world, 90, ends_on=date(2026, 3, 11))
    limits = FilingLimits(world.practice.pk)
    assert limits.last_day(world.payer, date(2026, 3, 11)) == date(2026, 6, 9)
    assert limits.last_day(world.payer, date(2026, 3, 12)) == date(2027, 3, 12)


@pytest.mark.parametrize("shape", ["837p", "paper"])
def test_a_claim_leaves_on_the_last_day_and_not_on_the_next(world, shape):
    complete(world)
    close = sealed(world)
    (claim,) = claims_of(close)
    assert claim.file_by == date(2027, 3, 11)  # of its earliest line
    with pytest.raises(
        Refused, match="last day to file has passed for 1 of the chosen claims, the first on 2027-03-11"
    ):
        leave(world, close, shape=shape, now=at("2027-03-12", "06:30:00"))
    assert not Submission.objects.exists()

    assert leave(world, close, shape=shape, now=at("2027-03-11", "22:30:00")).claims == 1


def test_copies_and_filings_made_elsewhere_are_not_stopped(world):
    complete(world)
    close, late = sealed(world), at("2027-05-01")
    assert leave(world, close, shape="csv", now=late).claims == 1
    chosen = [claims_of(close)[0].claim.public_id]
    row = report_filing(
        close=close,
        chosen=chosen,
        note="Filed on the payer's site on 2026-04-20",
        by=world.members["manager"],
        now=late,
    )

    assert row.delivered_at == late
