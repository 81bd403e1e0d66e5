"""A payer's answer that came without a file: by telephone, on a portal, or on paper."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.answers.posting_run import PostingRun
from billing.answers.x12_parts import X12Refused
from billing.answers.x12_values import amount
from billing.claims.posting_lock import lock_posting
from billing.ledger.entries import entries_of
from billing.models import Answer, ClaimState, ClaimVersion, LedgerEntry, Level
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.refusals import Refused

LEVELS = {
    ClaimState.ACCEPTED: Level.CLAIM,
    ClaimState.REJECTED: Level.CLAIM,
    ClaimState.PAID: Level.PAYMENT,
    ClaimState.DENIED: Level.PAYMENT,
}


@transaction.atomic
def answer_by_hand(
    *,
    version: ClaimVersion,
    status: str,
    paid: str,
    payer_control: str,
    note: str,
    by: Membership,
    now: datetime,
    on: date | None = None,
) -> Answer:
    """Record a payer's answer that came without a file, with the payer's own day. Raises Refused for invalid input."""
    if status not in LEVELS:
        raise Refused("Choose what became of the claim.")
    value, today = _paid(paid, status, version), local_day(now, version.practice.zone)
    if status in {ClaimState.DENIED, ClaimState.REJECTED} and len(note.strip()) < 3:
        raise Refused("Enter the payer's reason, so that the next person can fix the claim.")
    if on is not None and on > today:
        raise Refused("The day of the payer's answer is in the future.")
    lock_posting(version.practice_id)
    row: Answer = Answer.objects.create(
        practice_id=version.practice_id,
        version=version,
        level=LEVELS[ClaimState(status)],
        status=status,
        on=on or today,
        order=f"{now:%y%m%d%H%M}|by hand|{now:%S.%f}",
        paid=value,
        payer_rank=version.payer_rank,
        payer_control=payer_control.strip()[:50],
        note=note.strip()[:300],
        key=f"hand:{new_public_id()}",
        answered_at=now,
        answered_by=by.user,
    )
    LedgerEntry.objects.bulk_create(entries_of(row, []))
    run = PostingRun(version.practice, None, by, now, {version.pk}, {version.submission_id})
    run.finish()
    record_change(version, "answer_claim", by=by, now=now, status=status)
    return row


def _paid(text: str, status: str, version: ClaimVersion) -> Decimal | None:
    """The amount paid. Raises Refused."""
    text = text.strip()
    if not text and status != ClaimState.PAID:
        return None
    if not text:
        raise Refused("Say how much was paid.")
    try:
        value = amount(text, "Paid")
    except X12Refused:
        raise Refused("What was paid is an amount like 42.50.") from None
    if value < 0 or value > version.total * 10:
        raise Refused("What was paid is an amount like 42.50.")
    return value
