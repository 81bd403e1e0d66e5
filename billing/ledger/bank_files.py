"""Deposits from a bank's CSV file: read, shown, and then saved, each once however often files overlap."""

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from billing.claims.posting_lock import lock_posting
from billing.ledger import deposits
from billing.models import Deposit, PayerCheck
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.plain_text import without_invisible
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import check_csv

MAX_BYTES, MAX_LINES = 2 * 1024 * 1024, 5_000
# Names of columns that banks use, in small letters, the better one first.
_DAY = ("posting date", "post date", "posted date", "transaction date", "date", "as of date", "day")
_CREDIT = ("credit amount", "credit", "credits", "deposit", "deposits", "amount", "transaction amount")
_TEXT = ("description", "memo", "addenda", "details", "text", "extended description", "bank reference", "reference")
_DAY_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y")


@dataclass(frozen=True, slots=True)
class BankRow:
    """A deposit in a bank's file, with its key: day, amount and text, and how many equal rows precede it."""

    on: date
    amount: Decimal
    text: str
    key: str


@dataclass(slots=True)
class BankFile:
    """What a file has: deposits, rows that are none (withdrawals), and sentences for rows that cannot be read."""

    rows: list[BankRow] = field(default_factory=list)
    others: int = 0
    errors: list[str] = field(default_factory=list)


def read_bank_file(body: bytes, *, today: date) -> BankFile:
    """The deposits of a bank's CSV. Raises Refused if it is no CSV, or without columns for day and amount."""
    rows = list(csv.reader(io.StringIO(_text_of(body))))
    at, columns = _header(rows)
    if len(rows) - at > MAX_LINES:
        raise Refused(f"This file has more than {MAX_LINES:,} lines. Export fewer days.")
    found, seen = BankFile(), Counter[tuple[date, Decimal, str]]()
    for number, cells in enumerate(rows[at + 1 :], start=at + 2):
        if any(cell.strip() for cell in cells):
            _read_row(found, seen, number, cells, columns, today)
    return found


def _text_of(body: bytes) -> str:
    if len(body) > MAX_BYTES:
        raise Refused("This file is larger than 2 MB. Export fewer days.")
    if not body.strip() or b"\x00" in body:
        raise Refused("This is no CSV file. Choose the CSV export on the bank's page.")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    text = without_invisible(text)
    check_csv(text)
    return text


def _header(rows: list[list[str]]) -> tuple[int, dict[str, list[int]]]:
    """The place of the header, which some banks precede by lines about the account, and the places of its columns."""
    for at, cells in enumerate(rows[:20]):
        names = [re.sub(r"\s+", " ", cell.strip().lower()) for cell in cells]
        columns = {
            "day": [names.index(name) for name in _DAY if name in names][:1],
            "amount": [names.index(name) for name in _CREDIT if name in names][:1],
            "text": [place for place, name in enumerate(names) if name in _TEXT],
        }
        if columns["day"] and columns["amount"]:
            return at, columns
    raise Refused(
        "No line of this file has a column for the date and one for the amount. Their names may be Date, Posting date, "
        "Amount, Credit or Deposit."
    )


def _read_row(
    found: BankFile,
    seen: Counter[tuple[date, Decimal, str]],
    number: int,
    cells: Sequence[str],
    columns: Mapping[str, list[int]],
    today: date,
) -> None:
    day = _day(_cell(cells, columns["day"][0]))
    amount = _amount(_cell(cells, columns["amount"][0]))
    if day is None or amount is None or day > today:
        found.errors.append(f"Line {number}: the date or the amount cannot be read, or the date is in the future.")
        return
    if amount <= 0:
        found.others += 1
        return
    text = " ".join(part for place in columns["text"] if (part := _cell(cells, place)))[:200]
    same = (day, amount, text)
    key = hashlib.sha256(repr((*map(str, same), seen[same])).encode()).hexdigest()
    seen[same] += 1
    found.rows.append(BankRow(day, amount, text, key))


def _cell(cells: Sequence[str], place: int) -> str:
    return re.sub(r"\s+", " ", cells[place]).strip() if place < len(cells) else ""


def _day(text: str) -> date | None:
    for form in _DAY_FORMATS:
        try:
            return datetime.strptime(text.split(" ")[0], form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


def _amount(text: str) -> Decimal | None:
    """An amount, negative in parentheses or with a minus; an empty credit is 0. None if it cannot be read."""
    text = text.replace("$", "").replace(",", "").replace(" ", "")
    if text.startswith("(") and text.endswith(")"):
        text = f"-{text[1:-1]}"
    if not re.fullmatch(r"[+-]?\d{0,9}(\.\d{1,2})?", text):
        return None
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return None


def known_keys(practice: Practice, rows: Sequence[BankRow]) -> set[str]:
    """The keys of rows that are deposits already. One statement."""
    found = Deposit.objects.for_practice(practice).filter(bank_key__in=[row.key for row in rows])
    return {key for key in found.values_list("bank_key", flat=True) if key}


@dataclass(frozen=True, slots=True)
class SavedDeposits:
    """How many deposits a file added, how many were known, and how many were matched to their check."""

    added: int
    known: int
    matched: int


@transaction.atomic
def save_bank_file(*, file: BankFile, by: Membership, now: datetime) -> SavedDeposits:
    """Add the deposits of a file that are not known yet, and match those that name their check.

    A deposit is matched if its text has the trace number of one check only and its amount is that of the check; others
    are suggested on the page. Raises Refused if the file has no deposits or lines that cannot be read.
    """
    if file.errors:
        raise Refused("Nothing was saved. " + " ".join(file.errors[:5]))
    if not file.rows:
        raise Refused("This file has no deposits. Nothing was saved.")
    lock_posting(by.practice_id)
    known = known_keys(by.practice, file.rows)
    rows = [
        Deposit(
            practice=by.practice,
            on=row.on,
            amount=row.amount,
            text=row.text,
            bank_key=row.key,
            entered_at=now,
            entered_by=by.user,
        )
        for row in file.rows
        if row.key not in known
    ]
    matched = _match(by.practice, rows, by=by, now=now)
    Deposit.objects.bulk_create(rows, batch_size=1000)
    record_change(
        None,
        "save_bank_file",
        by=by,
        now=now,
        added=len(rows),
        known=len(known),
        matched=matched,
        on=local_day(now, by.practice.zone).isoformat(),
    )
    return SavedDeposits(len(rows), len(known), matched)


def _match(practice: Practice, rows: list[Deposit], *, by: Membership, now: datetime) -> int:
    """Set the check of each row that names it by trace and amount; returns how many."""
    checks = deposits.not_deposited(PayerCheck.objects.for_practice(practice))
    by_trace = {check.trace.upper(): check for check in checks if len(check.trace) >= MIN_TRACE}
    matched = 0
    for row in rows:
        words = set(re.findall(r"[A-Z0-9]+", row.text.upper()))
        named = [by_trace[word] for word in words & by_trace.keys()]
        if len(named) == 1 and named[0].amount == row.amount:
            row.check_row, row.matched_at, row.matched_by = named[0], now, by.user
            del by_trace[named[0].trace.upper()]
            matched += 1
    return matched


MIN_TRACE = 5  # a shorter number occurs in other texts
