"""Un-billing a line of a locked month: one person asks with a reason, another approves. The line is taken back.

What follows depends on the claim: off a claim that was not delivered, a correction of one that was, and a duty to
refund what was paid.
"""

from datetime import datetime

from django.db import transaction

from billing.claims.posting_lock import lock_posting
from billing.claims.refunds import open_duty, paid_for
from billing.close.moves import lock_close
from billing.models import (
    CLOSED_STATES,
    Adjustment,
    ClaimLine,
    ClaimState,
    LineState,
    MonthClose,
    RefundSource,
    UnbillReason,
    UnbillRequest,
)
from billing.seal.signed_month import check_rows, sign_month
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.history import update_in_bulk
from rpm_portal.core.refusals import Refused

MIN_REASON = 20


@transaction.atomic
def ask_unbill(*, line: ClaimLine, kind: str, reason: str, by: Membership, now: datetime) -> UnbillRequest:
    """Ask that a second person un-bills an approved line of a locked month. Raises Refused."""
    close = lock_close(line.close)
    line = _locked_line(line, close)
    if kind not in UnbillReason.values:
        raise Refused("Choose why the line was billed in error.", field="kind")
    if len(reason.strip()) < MIN_REASON:
        raise Refused(
            f"Say in at least {MIN_REASON} characters what happened, and where it is documented.", field="reason"
        )
    if line.unbill_requests.filter(decided_at__isnull=True).exists():
        raise Refused("This was requested already; it waits for a second person.")
    row: UnbillRequest = UnbillRequest.objects.create(
        practice_id=line.practice_id,
        line=line,
        kind=kind,
        reason=reason.strip()[:300],
        asked_at=now,
        asked_by=by.user,
    )
    record_change(row, "request_unbill", by=by, now=now, line=line.public_id, kind=kind, reason=row.reason)
    return row


@transaction.atomic
def decide_unbill(*, request: UnbillRequest, approve: bool, why: str, by: Membership, now: datetime) -> UnbillRequest:
    """Approve or refuse a request. Raises Refused for the requester, or while a submission with the line waits."""
    lock_posting(request.practice_id)  # before the month's lock, as in every posting
    close = lock_close(request.line.close)
    row: UnbillRequest = (
        UnbillRequest.objects.select_for_update(of=("self",))
        .select_related("line__claim", "practice")
        .get(pk=request.pk)
    )
    if row.decided_at is not None:
        raise Refused("This was decided already.")
    if approve and row.asked_by_id == by.user_id:
        raise Refused("A second person decides; you asked for it.")
    if not approve and len(why.strip()) < 3:
        raise Refused("Say why not.", field="why")
    row.decided_at, row.decided_by, row.why = now, by.user, why.strip()[:300]
    row.decision = "approved" if approve else "refused"
    if approve:
        row.adjustment = _take_off(close, row, by=by, now=now)
    row.save(update_fields=["decided_at", "decided_by", "why", "decision", "adjustment"])
    action = "approve_unbill" if approve else "refuse_unbill"
    record_change(row, action, by=by, now=now, line=row.line.public_id, why=row.why)
    return row


def _locked_line(line: ClaimLine, close: MonthClose) -> ClaimLine:
    """The approved line as it is stored. Raises Refused."""
    if close.state not in CLOSED_STATES:
        raise Refused(f"The month is {close.get_state_display()}. Hold or drop the line while the month is in review.")
    row: ClaimLine = ClaimLine.objects.select_for_update(of=("self",)).select_related("claim").get(pk=line.pk)
    if row.state != LineState.APPROVED:
        raise Refused(f"This line is {row.get_state_display()}; it is not billed.")
    _check_add_ons(row)
    waiting = row.claim.versions.filter(state=ClaimState.WRITTEN).select_related("submission").first()
    if waiting is not None:
        raise Refused(
            f"The claim is in submission {waiting.submission.number}, which is not delivered. Withdraw it, or confirm "
            "its delivery, first."
        )
    return row


def _check_add_ons(line: ClaimLine) -> None:
    """Raise Refused for a base line whose add-on lines would be left alone on the claim."""
    if not line.is_base:
        return
    lines = ClaimLine.objects.filter(close=line.close_id, patient=line.patient_id, component=line.component)
    add_on = lines.filter(state=LineState.APPROVED, is_base=False).first()
    if add_on is not None:
        raise Refused(f"{add_on.code} is billed in addition to {line.code}. Un-bill {add_on.code} first.")


def _take_off(close: MonthClose, request: UnbillRequest, *, by: Membership, now: datetime) -> Adjustment:
    """Reverse the line by an adjustment that names it, sign the month, and open the duty to refund what was paid."""
    check_rows(close)
    line = _locked_line(request.line, close)
    reason = f"Un-billed: {request.reason}"
    summary = {"line": line.public_id, "code": line.code, "units": line.units, "dos": line.dos.isoformat()}
    row: Adjustment = Adjustment.objects.create(
        practice_id=close.practice_id,
        close=close,
        claim=line.claim,
        reason=reason[:300],
        taken_back=[summary],
        put_in=[],
        facts_digest=line.digest,
        made_at=now,
        made_by=by.user,
    )
    line.state = LineState.REVERSED
    update_in_bulk(ClaimLine, [line], fields=["state"], reason=reason, by=by.user)
    sign_month(close, action="adjusted", by=by.user, now=now, claims=[line.claim_id])
    if any(paid_for(line.claim, line)):
        open_duty(claim=line.claim, line=line, source=RefundSource.UNBILLED, reason=request.reason, by=by, now=now)
    return row
