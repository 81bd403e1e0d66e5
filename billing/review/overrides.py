"""Billing a code over the engine's word: one person asks with a reason, a second one decides, the packet prints both.

Only management codes: days of a device and its set-up are facts that a device sends, and no judgement adds a day. The
line waits for the billing provider's attestation whatever the payer's policy asks. Computing the month again keeps it
as long as the facts it was judged on are the same, and discards it once they differ.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from billing.close.compute import claim_key, claims_for
from billing.close.moves import held_close
from billing.facts.case_files import facts_of
from billing.models import ClaimLine, CloseState, CodeVerdict, LineReview, LineState, MonthClose, RaisedLine
from billing.models.overrides import RAISED
from billing.review.month_lines import asks_in_force, refused
from billing.rules import load_codes
from billing.rules.canonical import canonical, digest_of
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month
from rpm_portal.core.db.history import create_in_bulk
from rpm_portal.core.refusals import Refused

LEAST_REASON, MOST_UNITS = 20, 4
COMPONENT = "management"


def raisable(close: MonthClose, enrollment: str, code: str) -> CodeVerdict:
    """The verdict that stands and that a raised line would be over. Raises Verdict.DoesNotExist."""
    rows = refused(close).filter(component=COMPONENT)
    return rows.select_related("decision__enrollment__patient").get(
        decision__enrollment__public_id=enrollment, code=code
    )


@transaction.atomic
def ask(
    *, close: MonthClose, verdict: CodeVerdict, units: int, dos: date | None, reason: str, by: Membership, now: datetime
) -> RaisedLine:
    """Ask a second person to bill a code that is not earned. Raises Refused with what to mend."""
    close, reason = _in_review(close), reason.strip()
    if verdict.close_id != close.pk or verdict.decision.replaced_in is not None or verdict.outcome == "bill":
        raise Refused("The month was computed again since; look at it anew.")
    if verdict.component != COMPONENT:
        raise Refused("Days of a device and its set-up are facts; nobody raises them.")
    if len(reason) < LEAST_REASON:
        raise Refused(
            f"Say in at least {LEAST_REASON} characters what the engine cannot know, and where it is written."
        )
    month, row = Month.of(close.month), verdict.enrollment
    if dos is None or not month.first_day <= dos <= month.last_day:
        raise Refused(f"The date of service must be a day of {month.words}.")
    if row.discharged_on is not None and dos > row.discharged_on:
        raise Refused("The enrollment had ended before that day.")
    known = load_codes().by_code[verdict.code]
    most = 1 if known.role in {"base", "first10"} else MOST_UNITS
    if not 1 <= units <= most:
        raise Refused(f"{verdict.code} is billed once." if most == 1 else f"Choose 1 to {most} units.")
    if asks_in_force(close).filter(enrollment=row, code=verdict.code).exists():
        raise Refused("Somebody asked for this code already; it waits for a second person.")
    made = RaisedLine.objects.create(
        practice_id=close.practice_id, close=close, run=close.run, enrollment=row, code=verdict.code, units=units,
        dos=dos, reason=reason[:300], asked_at=now, asked_by=by.user,
    )  # fmt: skip
    record_change(made, "ask_raise", by=by, now=now, **_audit_detail(made))
    return made


@transaction.atomic
def decide(*, raised: RaisedLine, approve: bool, why: str, by: Membership, now: datetime) -> RaisedLine:
    """Bill it, or refuse. Raises Refused for the person who asked, a stale ask, or a code that stands already."""
    close = _in_review(raised.close)
    raised = (
        RaisedLine.objects.select_for_update(of=("self",)).select_related("enrollment", "asked_by").get(pk=raised.pk)
    )
    if raised.decided_at is not None:
        raise Refused("This was decided already.")
    if raised.asked_by_id == by.user_id and approve:
        raise Refused("A second person decides; you asked for it.")
    if not asks_in_force(close).filter(pk=raised.pk).exists():
        raise Refused("The facts changed since this was asked, and the code was decided again. Ask again.")
    if not approve and len(why.strip()) < 3:
        raise Refused("Say why not.")
    raised.decided_at, raised.decided_by, raised.why = now, by.user, why.strip()[:300]
    raised.decision = "approved" if approve else "refused"
    if approve:
        raised.line = _line(close, raised, by=by, now=now)
    raised.save(update_fields=["decided_at", "decided_by", "why", "decision", "line"])
    record_change(raised, "approve_raise" if approve else "refuse_raise", by=by, now=now, **_audit_detail(raised))
    return raised


def _in_review(close: MonthClose) -> MonthClose:
    close = held_close(close)
    if close.state != CloseState.IN_REVIEW:
        raise Refused(f"The month is {close.get_state_display()}; its lines do not change now.")
    return close


def _line(close: MonthClose, raised: RaisedLine, *, by: Membership, now: datetime) -> ClaimLine:
    """The line, approved by the second person, resting on what the engine missed and on the two who answer for it."""
    month, code = Month.of(close.month), raised.code
    verdict = refused(close).select_related("decision").get(decision__enrollment=raised.enrollment_id, code=code)
    (file,) = facts_of(
        close.practice_id, [raised.enrollment_id], month=month, zone=close.zone, today=month.plus(1).first_day
    )
    says = f"Raised over the engine's word: {raised.reason} Asked by {raised.asked_by}, approved by {by.signature}."
    reasons: list[dict[str, Any]] = [{"code": "RAISED", "gravity": "review", "says": says}, *verdict.findings]
    sent = [code, raised.units, raised.dos, raised.public_id, file.policy.name]
    line = ClaimLine(
        practice_id=close.practice_id, close=close, enrollment=raised.enrollment,
        patient_id=raised.enrollment.patient_id, code=code, component=COMPONENT,
        is_base=load_codes().by_code[code].role in {"base", "first10"}, units=raised.units, dos=raised.dos,
        state=LineState.APPROVED, own_reasons=reasons, policy=file.policy.name, needs_attestation=True, flags=[RAISED],
        needs_look=True, digest=digest_of(canonical(sent)),
    )  # fmt: skip
    line.claim = claims_for(close, [file])[claim_key(file)]
    try:
        with transaction.atomic():
            create_in_bulk(ClaimLine, [line], reason="Raised over the engine's word by two persons", by=by.user)
    except IntegrityError:
        raise Refused("Another line of this patient and month stands in its place. Drop that one first.") from None
    LineReview.objects.create(
        practice_id=close.practice_id, line=line, moved_to=LineState.APPROVED, reason=says[:300], reviewed_by=by.user,
        reviewed_at=now,
    )  # fmt: skip
    return line


def _audit_detail(raised: RaisedLine) -> dict[str, Any]:
    """The detail of an event about an ask."""
    detail = {"code": raised.code, "units": raised.units, "dos": str(raised.dos), "month": str(raised.close)}
    return detail | {"reason": raised.why if raised.decided_at and raised.why else raised.reason}
