"""Mock audits: a random sample of billed claims, a person's conclusion on each, and the refunds due."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.claims.refunds import has_open_duty, open_duty, paid_for
from billing.models import (
    CLOSED_STATES,
    AuditConclusion,
    CheckedClaim,
    ClaimLine,
    LineState,
    MockAudit,
    RefundSource,
)
from billing.policies.expected import worth_of
from billing.review.queries import REFUND_WITHIN
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused

MAX_CLAIMS = 200


@dataclass(frozen=True, slots=True)
class Owed:
    """A claim that the record does not support: its dollars at the rates on file, and the last day of the refund."""

    item: CheckedClaim
    dollars: Decimal | None
    until: date


@dataclass(frozen=True, slots=True)
class AuditProgress:
    """The progress of an audit: claims in all, claims concluded, and those not supported."""

    all: int
    concluded: int
    owed: list[Owed]

    @property
    def rate(self) -> str:
        """The error rate of the concluded claims, to a tenth of a percent; empty before the first."""
        if not self.concluded:
            return ""
        return f"{100 * len(self.owed) / self.concluded:.1f} %"


@transaction.atomic
def draw(
    *, practice: Practice, first: Month, last: Month, size: int, by: Membership, now: datetime, seed: int | None = None
) -> MockAudit:
    """Draw claims of sealed months at random, all equally likely. Raises Refused.

    The same seed draws the same claims from the same months.
    """
    if not 1 <= size <= MAX_CLAIMS:
        raise Refused(f"Draw between 1 and {MAX_CLAIMS} claims.")
    if last < first:
        raise Refused("The last month lies before the first one.")
    rows = ClaimLine.objects.filter(
        practice=practice,
        state=LineState.APPROVED,
        close__state__in=CLOSED_STATES,
        close__month__range=(first.first_day, last.first_day),
    )
    claims = sorted(rows.values_list("claim", flat=True).distinct().order_by())
    if not claims:
        raise Refused("No claim of these months is locked yet. Choose locked months.")
    seed = secrets.randbelow(2**31) if seed is None else seed
    chosen = random.Random(seed).sample(claims, min(size, len(claims)))  # noqa: S311 - repeatable on purpose
    audit = MockAudit.objects.create(
        practice=practice,
        first_month=first.first_day,
        last_month=last.first_day,
        drawn_from=len(claims),
        seed=seed,
        drawn_at=now,
        drawn_by=by.user,
    )
    CheckedClaim.objects.bulk_create(
        CheckedClaim(practice=practice, audit=audit, number=number, claim_id=claim)
        for number, claim in enumerate(chosen, start=1)
    )
    record_change(audit, "draw_mock_audit", by=by, now=now, count=len(chosen), of=len(claims))
    return audit


@transaction.atomic
def conclude(*, item: CheckedClaim, conclusion: str, note: str, by: Membership, now: datetime) -> CheckedClaim:
    """Record once whether the record supports a claim, with a reason if it does not. Raises Refused."""
    item = CheckedClaim.objects.select_for_update(of=("self",)).select_related("audit__practice").get(pk=item.pk)
    note = note.replace("\x00", " ").strip()
    if item.conclusion is not None:
        raise Refused("This claim is concluded already. A second look is another audit.")
    if conclusion not in AuditConclusion:
        raise Refused("Choose whether the record supports the claim.")
    if conclusion == AuditConclusion.NOT_SUPPORTED and len(note) < 10:
        raise Refused("Say in at least ten characters what the record lacks.")
    item.conclusion, item.note, item.concluded_at, item.concluded_by = conclusion, note[:300], now, by.user
    item.save(update_fields=["conclusion", "note", "concluded_at", "concluded_by"])
    record_change(item.audit, "conclude_claim", by=by, now=now, claim=item.number, conclusion=conclusion)
    if conclusion == AuditConclusion.NOT_SUPPORTED:
        _open_refund(item, by=by, now=now)
    return item


def _open_refund(item: CheckedClaim, *, by: Membership, now: datetime) -> None:
    """Open the duty to return what was paid for a claim that the record does not support, unless one is open."""
    claim = item.claim
    if has_open_duty(claim, None) or not any(paid_for(claim, None)):
        return
    reason = f"Mock audit, claim {item.number}: {item.note}"
    open_duty(claim=claim, line=None, source=RefundSource.AUDIT, reason=reason, by=by, now=now)


@transaction.atomic
def finish(*, audit: MockAudit, by: Membership, now: datetime) -> MockAudit:
    """Close an audit. Raises Refused unless all its claims are concluded."""
    audit = MockAudit.objects.select_for_update(of=("self",)).select_related("practice").get(pk=audit.pk)
    if audit.closed_at is not None:
        raise Refused("This audit is closed already.")
    if waiting := audit.claims.filter(conclusion__isnull=True).count():
        raise Refused(f"{waiting} claim{' waits' if waiting == 1 else 's wait'} for a conclusion.")
    audit.closed_at, audit.closed_by = now, by.user
    audit.save(update_fields=["closed_at", "closed_by"])
    record_change(audit, "close_mock_audit", by=by, now=now)
    return audit


def items_of(audit: MockAudit) -> list[CheckedClaim]:
    """The sample in the order it was drawn, with the refunds of its claims. Two statements."""
    joined = ("claim__patient", "claim__close", "claim__payer", "claim__billing_provider__user", "claim__practice")
    rows = audit.claims.select_related(*joined, "concluded_by")
    return list(rows.prefetch_related("claim__refund_duties"))


def outcome_of(practice: Practice, items: Sequence[CheckedClaim]) -> AuditProgress:
    """The progress of the sample and the refunds due. Three statements."""
    not_supported = [item for item in items if item.conclusion == AuditConclusion.NOT_SUPPORTED]
    lines = ClaimLine.objects.filter(claim__in=[item.claim_id for item in not_supported], state=LineState.APPROVED)
    worth = worth_of(practice, lines.select_related("claim"))
    owed = []
    for item in not_supported:
        assert item.concluded_at is not None  # noqa: S101 - the database keeps the two together
        until = local_day(item.concluded_at, practice.zone) + REFUND_WITHIN
        owed.append(Owed(item, worth.get(item.claim_id), until))
    return AuditProgress(len(items), sum(item.conclusion is not None for item in items), owed)
