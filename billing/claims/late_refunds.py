"""Duties to refund that follow from an adjustment: a paid line is taken back, and no equal one takes its place."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from billing.claims.refunds import has_open_duty, open_duty, paid_for
from billing.models import Claim, ClaimLine, RefundSource
from billing.policies.expected import ExpectedAmounts, expected_amounts
from rpm_portal.accounts.models import Membership

Touched = tuple[Claim, list[ClaimLine], list[ClaimLine]]  # claim, lines taken back, lines added


def open_duties_of_late_facts(touched: Iterable[Touched], *, reason: str, by: Membership, now: datetime) -> None:
    """Open a duty for each paid line that was taken back, unless a line that is worth as much takes its place.

    The whole payment is owed: the payer reverses the old line when it processes the correction.
    """
    rows = list(touched)
    years = {line.dos.year for _, old, new in rows for line in [*old, *new]}
    amounts = expected_amounts(by.practice, years)
    for claim, taken_back, added in rows:
        for line in taken_back:
            if any(_replaces(other, line, claim, amounts) for other in added):
                continue
            if any(paid_for(claim, line)) and not has_open_duty(claim, line):
                open_duty(claim=claim, line=line, source=RefundSource.LATE_FACTS, reason=reason, by=by, now=now)


def _replaces(new: ClaimLine, old: ClaimLine, claim: Claim, amounts: ExpectedAmounts) -> bool:
    """Whether a line of the same component is expected to be allowed at least as much."""
    if (new.component, new.is_base, new.enrollment_id) != (old.component, old.is_base, old.enrollment_id):
        return False
    now = _worth(new, claim, amounts)
    before = _worth(old, claim, amounts)
    return now is not None and before is not None and now >= before


def _worth(line: ClaimLine, claim: Claim, amounts: ExpectedAmounts) -> Decimal | None:
    amount = amounts.amount(line.code, on=line.dos, payer=claim.payer_id)
    return None if amount is None else amount * line.units
