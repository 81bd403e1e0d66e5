"""The expected amount of a code: the payer's contract, then the fee schedule; the practice's locality, then national."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Rate
from billing.policies.expected import expected_amounts
from billing.policies.rates import set_basis
from billing.review.month_lines import expected_of
from enrollment.models import Payer
from rpm_portal.core.refusals import Refused
from tests.billing.close.test_close import compute
from tests.builders import at, days

NOW = at("2026-03-20")
MARCH_31 = date(2026, 3, 31)


def rate(world, amount, *, code="99457", year=2026, **more):
    return Rate.objects.create(
        practice=world.practice, code=code, year=year, amount=Decimal(amount), source="test", **more
    )


def amount(world, *, on=MARCH_31, payer="own", code="99457"):
    key = world.payer.pk if payer == "own" else payer
    return expected_amounts(world.practice, [on.year]).amount(code, on=on, payer=key)


def test_the_contract_of_the_payer_has_priority_over_the_schedule(world):
    rate(world, "51.77")
    assert amount(world) == Decimal("51.77")
    rate(world, "61.00", payer=world.payer)
    other = Payer.objects.create(practice=world.practice, name="Lakeside")
    assert amount(world) == Decimal("61.00")
    assert amount(world, payer=other.pk) == Decimal("51.77"), "another payer's contract is not this one's"
    assert amount(world, payer=None) == Decimal("51.77")
    assert amount(world, code="99458") is None


def test_a_contract_that_begins_in_july_applies_from_its_first_day(world):
    rate(world, "51.77")
    rate(world, "60.00", payer=world.payer)
    rate(world, "64.00", payer=world.payer, starts_on=date(2026, 7, 1))
    assert amount(world, on=date(2026, 6, 30)) == Decimal("60.00")
    assert amount(world, on=date(2026, 7, 1)) == Decimal("64.00")
    assert amount(world, on=date(2027, 1, 1)) is None, "an amount is of its year"


def test_only_rows_of_the_practices_locality_setting_and_factor_apply(world):
    rate(world, "51.77")
    rate(world, "56.57", locality="16")
    rate(world, "40.00", facility=True)
    rate(world, "52.03", factor_class="qualifying")
    assert amount(world) == Decimal("51.77")
    manager = world.members["manager"]
    set_basis(locality="16", facility=False, factor_class="nonqualifying", by=manager, now=NOW)
    assert amount(world) == Decimal("56.57")
    set_basis(locality="", facility=True, factor_class="nonqualifying", by=manager, now=NOW)
    assert amount(world) == Decimal("40.00")
    set_basis(locality="17", facility=False, factor_class="qualifying", by=manager, now=NOW)
    assert amount(world) == Decimal("52.03"), "no row of locality 17: the national one"
    with pytest.raises(Refused, match="conversion factor"):
        set_basis(locality="", facility=False, factor_class="best", by=manager, now=NOW)


def test_a_months_expected_payment_is_units_times_the_contracts_amounts(world):
    """March: 99454 for the period Feb 10 to Mar 11 and 99457 for 21:40 with a live call: 50.00 + 61.00 = 111.00."""
    world.read(days("2026-02-10", "2026-03-31"))
    world.work("2026-03-12", 1300)
    world.call("2026-03-12")
    rate(world, "52.11", code="99454")
    rate(world, "50.00", code="99454", payer=world.payer)
    rate(world, "61.00", payer=world.payer)
    close = compute(world)
    lines = sorted(close.lines.values_list("code", "units"))
    assert [line for line in lines if line[0] != "99453"] == [("99454", 1), ("99457", 1)]
    assert expected_of(close) == Decimal("111.00")
