"""Billing a code against the engine's decision: one person requests it, a second one decides, the packet shows both.

Only management codes: device days and set-up are facts from a device, and no judgment adds a day. The line needs the
billing provider's attestation whatever the payer's policy asks. Computing the month again keeps the line while its
facts are unchanged, and discards it once they differ.
"""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from billing.close.compute import claim_key, claims_for
from billing.close.moves import lock_close
from billing.facts.case_files import facts_of
from billing.models import (
    NOT_IN_FORCE_STATES,
    ClaimLine,
    CloseState,
    CodeVerdict,
    LineOverride,
    LineReview,
    LineState,
    MonthClose,
)
from billing.models.overrides import OVERRIDDEN
from billing.policies.rules_in_force import codes_of
from billing.review.month_lines import open_requests, unbilled_verdicts
from billing.rules.canonical import canonical, digest_of
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month
from rpm_portal.core.db.history import create_in_bulk
from rpm_portal.core.refusals import Refused

MIN_REASON_LENGTH, MAX_UNITS = 20, 4
OVERRIDE_COMPONENT = "management"


def verdict_to_override(close: MonthClose, enrollment: str, code: str) -> CodeVerdict:
    """The current verdict that an override would bill. Raises CodeVerdict.DoesNotExist."""
    rows = unbilled_verdicts(close).filter(component=OVERRIDE_COMPONENT)
    return rows.select_related("decision__enrollment__patient").get(
        decision__enrollment__public_id=enrollment, code=code
    )


@transaction.atomic
def ask(
    *, close: MonthClose, verdict: CodeVerdict, units: int, dos: date | None, reason: str, by: Membership, now: datetime
) -> LineOverride:
    """Request that a second person bills a code that is not earned. Raises Refused with what to correct."""
    close, reason = _lock_in_review(close), reason.strip()
    if verdict.close_id != close.pk or verdict.decision.replaced_in is not None or verdict.outcome == "bill":
        raise Refused("The month was computed again since; look at it again.")
    if verdict.component != OVERRIDE_COMPONENT:
        raise Refused("Device days and setup are facts and cannot be overridden.")
    if len(reason) < MIN_REASON_LENGTH:
        raise Refused(
            f"Say in at least {MIN_REASON_LENGTH} characters what the engine cannot know, and where it is written."
        )
    month, enrollment = Month.of(close.month), verdict.enrollment
    if dos is None or not month.first_day <= dos <= month.last_day:
        raise Refused(f"The date of service must be a day of {month.words}.")
    if enrollment.discharged_on is not None and dos > enrollment.discharged_on:
        raise Refused("The enrollment had ended before that day.")
    spec = codes_of(close.practice_id, on=month.last_day).by_code[verdict.code]
    if spec.role in {"base", "first10"}:
        _check_place(close, verdict)
    max_units = 1 if spec.role in {"base", "first10"} else MAX_UNITS
    if not 1 <= units <= max_units:
        raise Refused(f"{verdict.code} is billed once." if max_units == 1 else f"Choose 1 to {max_units} units.")
    if open_requests(close).filter(enrollment=enrollment, code=verdict.code).exists():
        raise Refused("An override for this code was requested already; it waits for a second person.")
    request = LineOverride.objects.create(
        practice_id=close.practice_id,
        close=close,
        run=close.run,
        enrollment=enrollment,
        code=verdict.code,
        units=units,
        dos=dos,
        reason=reason[:300],
        asked_at=now,
        asked_by=by.user,
    )
    record_change(request, "request_override", by=by, now=now, **_audit_detail(request))
    return request


def _check_place(close: MonthClose, verdict: CodeVerdict) -> None:
    """Raise Refused for a base code if the month already has a line of a base code."""
    lines = ClaimLine.objects.filter(close=close, enrollment=verdict.enrollment, component=OVERRIDE_COMPONENT)
    other = lines.filter(is_base=True).exclude(state__in=NOT_IN_FORCE_STATES).first()
    if other is not None:
        raise Refused(f"{other.code} is billed for this month, so {verdict.code} is not. Drop that line first.")


def check_no_open_requests(close: MonthClose) -> None:
    """Raise Refused if a request to bill a code waits for its second person. One statement."""
    waiting = open_requests(close).filter(decided_at__isnull=True).count()
    if waiting:
        requests = "1 override request waits" if waiting == 1 else f"{waiting} override requests wait"
        raise Refused(f"{requests} for a second person. Approve or refuse them first.")


@transaction.atomic
def decide(*, override: LineOverride, approve: bool, why: str, by: Membership, now: datetime) -> LineOverride:
    """Approve or refuse a request. Raises Refused for the requester, a stale request, or a code with a line already."""
    close = _lock_in_review(override.close)
    override = (
        LineOverride.objects.select_for_update(of=("self",))
        .select_related("enrollment", "asked_by")
        .get(pk=override.pk)
    )
    if override.decided_at is not None:
        raise Refused("This was decided already.")
    if override.asked_by_id == by.user_id and approve:
        raise Refused("A second person decides; you asked for it.")
    if not open_requests(close).filter(pk=override.pk).exists():
        raise Refused("The facts changed since this was asked, and the code was decided again. Ask again.")
    if not approve and len(why.strip()) < 3:
        raise Refused("Say why not.")
    override.decided_at, override.decided_by, override.why = now, by.user, why.strip()[:300]
    override.decision = "approved" if approve else "refused"
    if approve:
        override.line = _create_line(close, override, by=by, now=now)
    override.save(update_fields=["decided_at", "decided_by", "why", "decision", "line"])
    record_change(
        override, "approve_override" if approve else "refuse_override", by=by, now=now, **_audit_detail(override)
    )
    return override


def _lock_in_review(close: MonthClose) -> MonthClose:
    close = lock_close(close)
    if close.state != CloseState.IN_REVIEW:
        raise Refused(f"The month is {close.get_state_display()}; its lines do not change now.")
    return close


def _create_line(close: MonthClose, override: LineOverride, *, by: Membership, now: datetime) -> ClaimLine:
    """Create the approved line. Its reasons are the request with both persons, and the verdict's findings."""
    month, code = Month.of(close.month), override.code
    verdict = (
        unbilled_verdicts(close).select_related("decision").get(decision__enrollment=override.enrollment_id, code=code)
    )
    (file,) = facts_of(
        close.practice_id, [override.enrollment_id], month=month, zone=close.zone, today=month.plus(1).first_day
    )
    says = f"Billed by override: {override.reason} Asked by {override.asked_by}, approved by {by.signature}."
    reasons: list[dict[str, object]] = [{"code": "OVERRIDDEN", "gravity": "review", "says": says}, *verdict.findings]
    spec = codes_of(close.practice_id, on=month.last_day).by_code[code]
    sent = [code, override.units, override.dos, override.public_id, file.policy.name]
    line = ClaimLine(
        practice_id=close.practice_id,
        close=close,
        enrollment=override.enrollment,
        patient_id=override.enrollment.patient_id,
        code=code,
        component=OVERRIDE_COMPONENT,
        is_base=spec.role in {"base", "first10"},
        units=override.units,
        dos=override.dos,
        state=LineState.APPROVED,
        own_reasons=reasons,
        policy=file.policy.name,
        needs_attestation=True,
        flags=[OVERRIDDEN],
        needs_look=True,
        digest=digest_of(canonical(sent)),
    )
    key = claim_key(file, override.dos)
    line.claim = claims_for(close, [key])[key]
    try:
        with transaction.atomic():
            create_in_bulk(ClaimLine, [line], reason="Override approved by two persons", by=by.user)
    except IntegrityError:
        raise Refused("Another line of this patient and month has this code's place. Drop that line first.") from None
    LineReview.objects.create(
        practice_id=close.practice_id,
        line=line,
        moved_to=LineState.APPROVED,
        reason=says[:300],
        reviewed_by=by.user,
        reviewed_at=now,
    )
    return line


def _audit_detail(override: LineOverride) -> dict[str, object]:
    """The audit event's detail for a request."""
    detail = {"code": override.code, "units": override.units, "dos": str(override.dos), "month": str(override.close)}
    return detail | {"reason": override.why if override.decided_at and override.why else override.reason}
