"""Write-offs: by a person with a reason, by two above the limit, never more than is open, taken back by a person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.ledger import write_offs
from billing.ledger.check_ledger import ledger_differences
from billing.ledger.money_rules import MONEY_RULES
from billing.models import EntryKind, LedgerEntry, LineBalance, MoneyPolicy, WriteOff
from rpm_portal.accounts.setting_changes import approve_change, ask_change
from rpm_portal.core.refusals import Refused
from tests.billing.answers.answers_world import NOW, answers_world, balance, version
from tests.billing.ledger.test_underpayments import pay
from tests.roles import as_owner
from tests.test_access import signed_in


@pytest.fixture
def world(db):
    """Claim 1: line A denied with 65.00, line B paid."""
    world = answers_world()
    pay(world, 1, [("CO", "50", "65.00")], [("CO", "45", "22.13")])
    return world


def ask(world, amount="50.00", *, letter="A", number=1, by="biller", reason="appeal", note="Appeal lost", now=NOW):
    return write_offs.write_off(
        balance=balance(world, number, letter), amount=amount, reason=reason, note=note, by=world.members[by], now=now
    )


def decide(world, request, *, by="manager", approve=True):
    return write_offs.decide_write_off(request=request, approve=approve, by=world.members[by], now=NOW)


def written_off():
    return sum(LedgerEntry.objects.filter(kind=EntryKind.WRITE_OFF).values_list("amount", flat=True), Decimal())


@pytest.mark.parametrize(("amount", "at_once"), [("50.00", True), ("50.01", False)])
def test_one_person_writes_off_up_to_the_limit(world, amount, at_once):
    request = ask(world, amount)
    assert (request.outcome == "written_off") is at_once
    assert written_off() == (Decimal(amount) if at_once else 0)
    assert balance(world, 1, "A").open == 65 - (Decimal(amount) if at_once else 0)
    assert ledger_differences(world.practice) == []


def test_parts_of_a_claim_count_together(world):
    ask(world, "30.00")
    assert ask(world, "20.01").outcome is None
    with pytest.raises(Refused, match="waits for a second person"):
        ask(world, "1.00")
    assert written_off() == Decimal("30.00")


def test_a_waiting_part_counts_for_the_limit_of_another_line(world):
    pay(world, 2, [("CO", "50", "65.00")], [("CO", "50", "70.00")], trace="EFT9002")
    assert ask(world, "45.00", number=2).outcome == "written_off"
    assert ask(world, "5.01", number=2, letter="B").outcome is None


def test_above_the_limit_another_person_approves(world):
    request = ask(world, "65.00")
    with pytest.raises(Refused, match="another person decides"):
        decide(world, request, by="biller")
    assert decide(world, request).decided_by == world.user("manager")
    assert written_off() == Decimal("65.00")
    assert balance(world, 1, "A").open == 0
    assert balance(world, 1, "A").written_off == Decimal("65.00")
    with pytest.raises(Refused, match="decided already"):
        decide(world, request)
    assert ledger_differences(world.practice) == []


@pytest.mark.parametrize(("by", "outcome"), [("biller", "withdrawn"), ("manager", "refused")])
def test_a_request_that_is_refused_or_withdrawn_changes_nothing(world, by, outcome):
    assert decide(world, ask(world, "65.00"), by=by, approve=False).outcome == outcome
    assert written_off() == 0
    assert ask(world, "50.00").outcome == "written_off", "it does not count for the limit"


def test_an_amount_that_the_payer_has_paid_in_the_meantime_is_not_written_off(world):
    request = ask(world, "65.00")
    pay(world, 1, [("CO", "50", "65.00")], [("CO", "45", "22.13")], trace="EFT9003", reverse=True)
    pay(world, 1, [("CO", "45", "5.00")], [("CO", "45", "22.13")], trace="EFT9004")
    with pytest.raises(Refused, match=r"Only \$0.00 of it is open now"):
        decide(world, request)


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"amount": "65.01"}, "Only \\$65.00"), ({"amount": "0"}, "amount"), ({"amount": "-1"}, "amount"),
        ({"amount": "1e3"}, "Only"), ({"amount": "sNaN"}, "amount"), ({"amount": "1.001"}, "amount"), ({"amount": ""}, "amount"),
        ({"reason": ""}, "Choose why"), ({"reason": "x"}, "Choose why"), ({"note": " a "}, "few words"),
        ({"letter": "B", "amount": "0.01"}, "Only \\$0.00"),
    ],
)  # fmt: skip
def test_what_may_not_be_written_off_is_refused(world, values, error):
    with pytest.raises(Refused, match=error):
        ask(world, **values)
    assert not WriteOff.objects.exists()


def test_a_write_off_is_taken_back_once_and_the_amount_is_open_again(world):
    request = ask(world)
    with pytest.raises(Refused, match="few words"):
        write_offs.take_back(written_off=request, note="", by=world.members["biller"], now=NOW)
    later = NOW + timedelta(days=1)
    back = write_offs.take_back(written_off=request, note="Paid after all", by=world.members["biller"], now=later)
    assert (back.amount, written_off(), balance(world, 1, "A").open) == (-50, 0, 65)
    for row in (request, back):
        with pytest.raises(Refused):
            write_offs.take_back(written_off=row, note="again", by=world.members["biller"], now=later)
    assert ledger_differences(world.practice) == []


def test_two_persons_change_the_limit(world):
    members = world.members
    change = ask_change(
        MONEY_RULES, values={"write_off_limit": "0.00"}, reason="After the audit", by=members["manager"], now=NOW
    )
    with pytest.raises(Refused):
        approve_change(change=change, by=members["manager"], now=NOW)
    approve_change(change=change, by=members["physician"], now=NOW)
    assert MoneyPolicy.objects.get().write_off_limit == 0
    assert ask(world, "0.01").outcome is None
    assert write_offs.write_off_limit(world.other.practice) == 50


def test_the_database_refuses_one_person_above_the_limit_and_changes_of_what_was_decided(world):
    request = ask(world, "65.00")
    entry = LedgerEntry.objects.filter(claim=request.claim).first()
    values = {"outcome": "written_off", "decided_by": world.user("biller"), "decided_at": NOW, "entry": entry}
    with pytest.raises(IntegrityError), transaction.atomic():
        WriteOff.objects.filter(pk=request.pk).update(**values)
    decide(world, request)
    for change in ({"amount": 1}, {"outcome": "refused"}, {"limit": 9999}):
        with pytest.raises(DatabaseError), transaction.atomic():
            WriteOff.objects.filter(pk=request.pk).update(**change)


def test_the_check_of_the_ledger_names_an_entry_without_a_person_and_a_changed_one(world):
    request = ask(world)
    as_owner("UPDATE billing_ledgerentry SET amount = 49 WHERE id = %s", request.entry_id)
    LineBalance.objects.filter(claim=request.claim, line=request.line).update(written_off=49, open=16)
    assert any("not the one that was approved" in text for text in ledger_differences(world.practice))
    as_owner("UPDATE billing_writeoff SET entry_id = NULL, outcome = 'refused' WHERE id = %s", request.pk)
    assert any("no person's write-off" in text for text in ledger_differences(world.practice))


def test_the_pages_ask_decide_and_take_back(world):
    biller, manager = signed_in(world.user("biller")), signed_in(world.user("manager"))
    address = f"/claims/{version(world, 1).claim.public_id}/write-off/"
    page = biller.get(address).content.decode()
    assert "$65.00 open" in page
    assert "up to $50.00" in page
    form = {"balance": balance(world, 1, "A").pk, "amount": "65.00", "reason": "appeal", "note": "Appeal lost"}
    assert biller.post(address, form | {"balance": "x"}).status_code == 422
    assert biller.post(address, form | {"balance": balance(world, 2, "A").pk}).status_code == 422, "of another claim"
    assert biller.post(address, form).status_code == 302
    request = WriteOff.objects.get()
    decide_address = f"/write-offs/{request.public_id}/decide/"
    assert "waits for a second" in biller.get(address).content.decode()
    assert biller.post(decide_address, {"answer": "approve"}).status_code == 422
    assert signed_in(world.other.user("manager")).post(decide_address, {"answer": "approve"}).status_code == 404
    assert signed_in(world.user("auditor")).post(decide_address, {"answer": "approve"}).status_code == 403
    assert manager.post(decide_address, {"answer": "approve"}).status_code == 302
    assert "Open again" in biller.get("/write-offs/").content.decode()
    assert biller.post(f"/write-offs/{request.public_id}/take-back/", {"note": "Paid after all"}).status_code == 302
    assert "opened again" in biller.get("/write-offs/").content.decode()
