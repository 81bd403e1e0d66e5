"""Deposits: money at the bank, entered by a person, and the check that each one is."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from billing.ledger.amounts import parse_amount
from billing.models import Deposit, PayerCheck
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

_NEAR = 5  # calendar days that hold three business days


def with_deposits(checks: QuerySet[PayerCheck]) -> QuerySet[PayerCheck]:
    """Checks with the sum that was deposited for each (`deposited`)."""
    return checks.annotate(deposited=Coalesce(Sum("deposits__amount"), Value(Decimal())))


def not_deposited(checks: QuerySet[PayerCheck]) -> QuerySet[PayerCheck]:
    """Checks with an amount and no deposit yet, oldest first. A check of 0.00 expects none."""
    return checks.filter(amount__gt=0, deposits__isnull=True).order_by("paid_on", "pk")


def differing(checks: QuerySet[PayerCheck]) -> QuerySet[PayerCheck]:
    """Checks whose deposits add up to another amount."""
    rows = checks.filter(deposits__isnull=False).alias(sum=Sum("deposits__amount"))
    return with_deposits(rows.exclude(sum=F("amount")))


def with_suggestions(
    deposits: QuerySet[Deposit], checks: QuerySet[PayerCheck]
) -> list[tuple[Deposit, PayerCheck | None]]:
    """Each deposit with the check that it may be: by the trace in its text, else by amount within three business days.

    Reassociation by the trace number: CAQH CORE rule 370.
    """
    waiting = list(checks)
    return [(deposit, _suggestion(deposit, waiting)) for deposit in deposits]


def _suggestion(deposit: Deposit, checks: list[PayerCheck]) -> PayerCheck | None:
    text = deposit.text.upper()
    by_trace = [check for check in checks if check.trace and check.trace.upper() in text]
    near = timedelta(days=_NEAR)
    by_amount = [
        check for check in checks if check.amount == deposit.amount and abs(deposit.on - check.paid_on) <= near
    ]
    return next((found[0] for found in (by_trace, by_amount) if len(found) == 1), None)


@transaction.atomic
def enter_deposit(*, on: str, amount: str, text: str, by: Membership, now: datetime) -> Deposit:
    """Enter a deposit. Raises Refused for what is no day of the past or no amount."""
    day, value = _day(on), parse_amount(amount)
    if day > local_day(now, by.practice.zone):
        raise Refused("The day of the deposit is in the future.")
    row: Deposit = Deposit.objects.create(
        practice=by.practice, on=day, amount=value, text=text.strip()[:200], entered_at=now, entered_by=by.user
    )
    record_change(row, "enter_deposit", by=by, now=now)
    return row


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("Enter the day of the deposit.") from None


@transaction.atomic
def match_deposit(*, deposit: Deposit, check: PayerCheck, by: Membership, now: datetime) -> Deposit:
    """Record that a deposit is a check. Raises Refused if it is matched already."""
    row: Deposit = Deposit.objects.select_for_update(of=("self",)).get(pk=deposit.pk)
    if row.check_row_id is not None:
        raise Refused("This deposit is matched already.")
    row.check_row, row.matched_at, row.matched_by = check, now, by.user
    row.save(update_fields=["check_row", "matched_at", "matched_by"])
    record_change(row, "match_deposit", by=by, now=now, check=check.public_id)
    return row
