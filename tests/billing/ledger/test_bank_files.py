"""Deposits from a bank's CSV: read in the forms that banks write, saved once, matched by trace and amount."""

from datetime import date
from decimal import Decimal

import pytest

from billing.ledger import bank_files
from billing.models import Deposit, PayerCheck
from rpm_portal.core.refusals import Refused
from tests.billing.answers.answers_world import NOW, answers_world
from tests.billing.ledger.test_underpayments import pay
from tests.test_access import signed_in

TODAY = date(2026, 12, 1)
HEADER = "Date,Description,Amount\n"


@pytest.fixture
def world(db):
    """Checks EFT9001 of 135.00 and EFT9002 of 100.00."""
    world = answers_world()
    pay(world, 1, [], [])
    pay(world, 2, [("CO", "45", "35.00")], [], trace="EFT9002")
    return world


def read(text):
    return bank_files.read_bank_file(text.encode(), today=TODAY)


def save(world, text, *, by="biller"):
    return bank_files.save_bank_file(file=read(text), by=world.members[by], now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "Date,Description,Amount\n2026-11-30,MEDICARE EFT9001,135.00\n",
        'Account,*1234\nAs of,2026-12-01\n\nPosting Date,Credit Amount,Memo\n11/30/2026,"$1,35.00",MEDICARE EFT9001\n',
        "DATE,DEBIT,CREDIT,DETAILS\n11/30/26,,135,MEDICARE   EFT9001\n11/30/26,12.00,,FEE\n",
        "Transaction Date,Transaction Amount,Description\n11-30-2026,+135.00,MEDICARE EFT9001\n11-30-2026,(9.50),FEE\n,,\n",
        "\ufeffdate;x,amount,text\n",
    ],
)
def test_the_forms_of_several_banks_are_read(text):
    if ";" in text:
        with pytest.raises(Refused, match="No line of this file has a column for the date"):
            read(text)
        return
    (row,) = read(text).rows
    assert (row.on, row.amount, row.text) == (date(2026, 11, 30), Decimal("135.00"), "MEDICARE EFT9001")
    assert read(text).errors == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "no CSV file"), (b"%PDF\x00", "no CSV file"), (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
        (b"a,b\n1,2\n", "No line of this file"), (b'Date,Amount\n"' + b"x" * 131_073 + b'",1\n', "cannot be read as CSV"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_a_bank_is_refused(body, error):
    with pytest.raises(Refused, match=error):
        bank_files.read_bank_file(body, today=TODAY)


@pytest.mark.parametrize(
    ("day", "amount"),
    [("30.11.2026", "1"), ("2026-12-02", "1"), ("2026-11-30", "1.001"), ("2026-11-30", "NaN"), ("2026-11-30", "1e3"), ("", "1")],
)  # fmt: skip
def test_a_line_that_cannot_be_read_stops_the_whole_file(world, day, amount):
    file = read(f"{HEADER}2026-11-29,x,5.00\n{day},x,{amount}\n")
    assert file.errors[0].startswith("Line 3: ")
    with pytest.raises(Refused, match=r"Nothing was saved\. Line 3"):
        bank_files.save_bank_file(file=file, by=world.members["biller"], now=NOW)
    assert not Deposit.objects.exists()


def test_overlapping_files_add_each_deposit_once_and_equal_ones_of_a_day_are_two(world):
    first = f"{HEADER}2026-11-28,CARD,20.00\n2026-11-28,CARD,20.00\n2026-11-29,CARD,20.00\n2026-11-29,FEE,-3.00\n"
    assert save(world, first) == bank_files.SavedDeposits(added=3, known=0, matched=0)
    second = f"{HEADER}2026-11-29,CARD,20.00\n2026-11-28,CARD,20.00\n2026-11-28,CARD,20.00\n2026-11-30,CARD,20.00\n"
    assert save(world, second) == bank_files.SavedDeposits(added=1, known=3, matched=0)
    assert save(world, second).added == 0
    assert Deposit.objects.count() == 4
    with pytest.raises(Refused, match="no deposits"):
        save(world, f"{HEADER}2026-11-29,FEE,-3.00\n")


def test_a_deposit_that_names_its_check_with_its_amount_is_matched(world):
    saved = save(
        world,
        f"{HEADER}2026-11-30,ach medicare eft9001 ppd,135.00\n2026-11-30,EFT9002,99.99\n2026-11-30,OTHER,135.00\n",
    )
    assert saved == bank_files.SavedDeposits(added=3, known=0, matched=1)
    matched = Deposit.objects.get(check_row__isnull=False)
    assert (matched.check_row.trace, matched.matched_by) == ("EFT9001", world.user("biller"))
    assert [check.trace for check in PayerCheck.objects.filter(deposits__isnull=True)] == ["EFT9002"]
    again = save(world, f"{HEADER}2026-12-01,EFT9001,135.00\n")
    assert again.matched == 0, "this check is deposited already"


def test_a_trace_inside_another_word_matches_nothing(world):
    assert save(world, f"{HEADER}2026-11-30,XEFT90011,135.00\n").matched == 0


def test_the_page_shows_the_deposits_before_it_saves_them(world):
    client = signed_in(world.user("biller"))
    text = f"{HEADER}2026-11-10,MEDICARE EFT9001,135.00\n"
    page = client.post("/deposits/file/", {"act": "look", "text": text}).content.decode()
    assert "1 deposit, 1 new" in page
    assert not Deposit.objects.exists()
    assert "1 matched to" in client.post("/deposits/file/", {"act": "save", "text": text}).content.decode()
    assert "0 new" in client.post("/deposits/file/", {"act": "look", "text": text}).content.decode()
    assert client.post("/deposits/file/", {"act": "save", "text": ""}).status_code == 422
    assert signed_in(world.user("auditor")).post("/deposits/file/", {"act": "save", "text": text}).status_code == 403
    assert Deposit.objects.for_practice(world.other.practice).count() == 0
