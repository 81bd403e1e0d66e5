"""Deposits: entered by a person, suggested by trace or amount, matched once, and compared with the check."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.ledger import deposits
from billing.models import Deposit, PayerCheck
from rpm_portal.core.refusals import Refused
from tests.billing.answers.answers_world import NOW, answers_world, post_body, version
from tests.billing.ledger.test_ledger import written_lines
from tests.billing.ledger.writer_835 import WrittenClaim, write_835
from tests.test_access import signed_in


@pytest.fixture
def world(db):
    world = answers_world()
    claim = WrittenClaim(version(world, 1).control, "1", "PN1", written_lines(world, 1))
    post_body(world, write_835(npi=world.practice.npi, trace="EFT7001", day="20261130", claims=[claim]))
    return world


def entered(world, *, on="2026-12-01", amount="135.00", text=""):
    return deposits.enter_deposit(on=on, amount=amount, text=text, by=world.members["biller"], now=NOW)


def suggestion(world, **values):
    row = entered(world, **values)
    rows = deposits.with_suggestions(
        Deposit.objects.filter(pk=row.pk), deposits.not_deposited(PayerCheck.objects.all())
    )
    return rows[0][1]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({}, True), ({"amount": "134.99"}, False), ({"on": "2026-11-25"}, True), ({"on": "2026-11-24"}, False),
        ({"amount": "1.00", "text": "ach eft7001 medicare"}, True),
    ],
)  # fmt: skip
def test_a_check_is_suggested_by_its_trace_or_by_the_same_amount_near_its_day(world, values, found):
    assert (suggestion(world, **values) is not None) is found


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"on": "2026-13-01"}, "day of the deposit"), ({"on": ""}, "day of the deposit"), ({"on": "2026-12-02"}, "future"),
        ({"amount": "sNaN"}, "amount"), ({"amount": "1e400"}, "amount"), ({"amount": "-1"}, "amount"), ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"), ({"amount": ""}, "amount"),
    ],
)  # fmt: skip
def test_what_is_no_deposit_is_refused(world, values, error):
    with pytest.raises(Refused, match=error):
        entered(world, **values)
    assert not Deposit.objects.exists()


def test_a_deposit_is_matched_once_and_a_difference_is_shown(world):
    check = PayerCheck.objects.get()
    row = entered(world, amount="$1,35.00".replace(",", ""))
    assert row.amount == Decimal("135.00")
    deposits.match_deposit(deposit=row, check=check, by=world.members["biller"], now=NOW)
    with pytest.raises(Refused, match="matched already"):
        deposits.match_deposit(deposit=row, check=check, by=world.members["biller"], now=NOW)
    assert not deposits.not_deposited(PayerCheck.objects.all()).exists()
    assert not deposits.differing(PayerCheck.objects.all()).exists()

    more = entered(world, amount="0.01")
    deposits.match_deposit(deposit=more, check=check, by=world.members["biller"], now=NOW + timedelta(days=1))
    assert deposits.differing(PayerCheck.objects.all()).get().deposited == Decimal("135.01")


def test_the_pages_show_checks_and_deposits_of_the_own_practice_only(world):
    check = PayerCheck.objects.get()
    client, other = signed_in(world.user("biller")), signed_in(world.other.user("biller"))
    page = client.get(f"/remittances/{check.public_id}/").content.decode()
    assert "EFT7001: $135.00" in page
    assert "ASHBY" in page
    assert "EFT7001" in client.get("/remittances/").content.decode()
    assert "EFT7001" not in other.get("/remittances/").content.decode()
    assert other.get(f"/remittances/{check.public_id}/").status_code == 404
    form = {"on": date(2026, 11, 17).isoformat(), "amount": "135.00", "text": "EFT7001"}
    assert client.post("/deposits/enter/", form | {"amount": "x"}).status_code == 422
    assert client.post("/deposits/enter/", form).status_code == 302
    deposit = Deposit.objects.get()
    assert "selected" in client.get("/deposits/").content.decode()
    assert other.post(f"/deposits/{deposit.public_id}/match/", {"check": check.public_id}).status_code == 404
    assert client.post(f"/deposits/{deposit.public_id}/match/", {"check": ""}).status_code == 404
    assert client.post(f"/deposits/{deposit.public_id}/match/", {"check": check.public_id}).status_code == 302
    assert "Every check is deposited" in client.get("/deposits/").content.decode()
    claim = version(world, 1).claim
    text = client.get(f"/claims/{claim.public_id}/").content.decode()
    assert "Claim total" in text
    assert other.get(f"/claims/{claim.public_id}/").status_code == 404
