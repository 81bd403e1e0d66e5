"""Writing off open amounts: always by a person with a reason, above the practice's limit by two."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from billing.claims.posting_lock import lock_posting
from billing.ledger.balances import update_balances
from billing.ledger.entered_amounts import entered_amount
from billing.models import (
    ClaimVersion,
    EntryKind,
    LedgerEntry,
    LineBalance,
    MoneyPolicy,
    WriteOff,
    WriteOffOutcome,
    WriteOffReason,
)
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MIN_NOTE = 3
_ZERO = Decimal("0.00")


def write_off_limit(practice: Practice) -> Decimal:
    """The dollars of a claim that one person may write off. One statement."""
    row = MoneyPolicy.objects.for_practice(practice).first() or MoneyPolicy(practice=practice)
    return Decimal(row.write_off_limit)


@transaction.atomic
def write_off(
    *, balance: LineBalance, amount: str | Decimal, reason: str, note: str, by: Membership, now: datetime
) -> WriteOff:
    """Write off an amount of a balance, or ask a second person if the claim's write-offs pass the limit.

    Raises Refused for an amount that is not open, an unknown reason, or while another request waits.
    """
    lock_posting(by.practice_id)
    row: LineBalance = LineBalance.objects.get(pk=balance.pk)
    value = entered_amount(amount, "Enter an amount like 202.06.")
    _check(row, value, reason, note)
    # Asked, not yet decided amounts count too: parts of one amount would each be below the limit.
    counted = WriteOff.objects.filter(claim=row.claim_id).exclude(outcome__in=_NOT_COUNTED)
    before = counted.aggregate(total=Sum("amount"))["total"] or _ZERO
    request: WriteOff = WriteOff.objects.create(
        practice=by.practice,
        claim_id=row.claim_id,
        version=_version(row),
        line_id=row.line_id,
        payer_rank=row.payer_rank,
        amount=value,
        claim_total=before + value,
        limit=write_off_limit(by.practice),
        reason=reason,
        note=note.strip()[:300],
        asked_at=now,
        asked_by=by.user,
    )
    record_change(request, "ask_write_off", by=by, now=now, reason=reason, amount=str(value))
    if request.claim_total <= request.limit:
        _post(request, by=by, now=now)
    return request


_NOT_COUNTED = (WriteOffOutcome.REFUSED, WriteOffOutcome.WITHDRAWN)


def _check(balance: LineBalance, amount: Decimal, reason: str, note: str) -> None:
    if reason not in WriteOffReason.values:
        raise Refused("Choose why the amount is written off.")
    if len(note.strip()) < MIN_NOTE:
        raise Refused("Say in a few words what was tried, for the next person.")
    if amount > balance.open:
        raise Refused(f"Only ${max(balance.open, _ZERO):,.2f} of it is open. Write off that or less.")
    waiting = WriteOff.objects.filter(claim=balance.claim_id, line=balance.line_id, payer_rank=balance.payer_rank)
    if waiting.filter(outcome__isnull=True).exists():
        raise Refused("A write-off of it waits for a second person. Decide on that one first.")


def _version(balance: LineBalance) -> ClaimVersion:
    """The newest delivered version of the claim for the payer's rank."""
    rows = ClaimVersion.objects.filter(claim=balance.claim_id, submission__delivered_at__isnull=False)
    newest = rows.order_by("-number").defer("content")
    version: ClaimVersion | None = newest.filter(payer_rank=balance.payer_rank).first() or newest.first()
    if version is None:
        raise Refused("Nothing of this claim was delivered, so nothing of it is open.")
    return version


@transaction.atomic
def decide_write_off(*, request: WriteOff, approve: bool, by: Membership, now: datetime) -> WriteOff:
    """Decide on a request as its second person, or withdraw one's own. Raises Refused.

    The amount must still be open: the payer may have answered in the meantime.
    """
    lock_posting(by.practice_id)
    row: WriteOff = WriteOff.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if row.outcome is not None:
        raise Refused("This write-off was decided already.")
    if not approve:
        _close(row, WriteOffOutcome.WITHDRAWN if row.asked_by_id == by.user_id else WriteOffOutcome.REFUSED, by, now)
        return row
    if row.asked_by_id == by.user_id:
        raise Refused("You asked for this write-off, so another person decides on it.")
    balance = LineBalance.objects.get(claim=row.claim_id, line=row.line_id, payer_rank=row.payer_rank)
    if row.amount > balance.open:
        raise Refused(f"Only ${max(balance.open, _ZERO):,.2f} of it is open now. Refuse this one and ask again.")
    _post(row, by=by, now=now)
    return row


@transaction.atomic
def take_back(*, written_off: WriteOff, note: str, by: Membership, now: datetime) -> WriteOff:
    """Open a written-off amount again, as when the payer pays after all. Raises Refused."""
    lock_posting(by.practice_id)
    row: WriteOff = WriteOff.objects.select_for_update(of=("self",)).get(pk=written_off.pk)
    if row.outcome != WriteOffOutcome.WRITTEN_OFF or row.amount < 0:
        raise Refused("Only an amount that is written off is taken back.")
    if WriteOff.objects.filter(takes_back=row).exists():
        raise Refused("This write-off was taken back already.")
    if len(note.strip()) < MIN_NOTE:
        raise Refused("Say in a few words why the amount is open again.")
    back: WriteOff = WriteOff.objects.create(
        practice=by.practice,
        claim_id=row.claim_id,
        version_id=row.version_id,
        line_id=row.line_id,
        payer_rank=row.payer_rank,
        amount=-row.amount,
        claim_total=_ZERO,
        limit=row.limit,
        reason=row.reason,
        note=note.strip()[:300],
        takes_back=row,
        asked_at=now,
        asked_by=by.user,
    )
    _post(back, by=by, now=now)
    return back


def _post(row: WriteOff, *, by: Membership, now: datetime) -> None:
    """Add the entry, and bring the balance up to date."""
    row.entry = LedgerEntry.objects.create(
        practice_id=row.practice_id,
        version_id=row.version_id,
        claim_id=row.claim_id,
        line_id=row.line_id,
        payer_rank=row.payer_rank,
        kind=EntryKind.WRITE_OFF,
        amount=row.amount,
        on=local_day(now, by.practice.zone),
        posted_at=now,
        posted_by=by.user,
    )
    _close(row, WriteOffOutcome.WRITTEN_OFF, by, now)
    update_balances(row.practice_id, [row.claim_id])


def _close(row: WriteOff, outcome: WriteOffOutcome, by: Membership, now: datetime) -> None:
    row.outcome, row.decided_at, row.decided_by = outcome, now, by.user
    row.save(update_fields=["outcome", "decided_at", "decided_by", "entry"])
    record_change(row, f"write_off_{outcome}", by=by, now=now, amount=str(row.amount))
