"""Corrections of claims: opened by a person, with what differs; a reopening is asked of the payer and answered."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from billing.claims.content_differences import ContentDifference, differences
from billing.claims.correction_ways import Offer, offer, reopening_limits
from billing.claims.posting_lock import lock_posting
from billing.claims.ready_claims import Ready, claims_of
from billing.claims.work_items import update_work
from billing.ledger.balances import update_balances
from billing.ledger.charges import post_charges
from billing.models import (
    REJECTED_STATES,
    Answer,
    Claim,
    ClaimCorrection,
    ClaimState,
    ClaimVersion,
    CorrectionOutcome,
    CorrectionWay,
    Level,
)
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

MIN_REASON = 10


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """A claim with what would differ, how it can be corrected, and the correction that is open."""

    ready: Ready
    version: ClaimVersion
    differences: list[ContentDifference]
    offer: Offer
    correction: ClaimCorrection | None
    limits: tuple[date, date] | None

    @property
    def is_suggested(self) -> bool:
        """Whether something differs that the payer's decision rests on."""
        return any(not one.is_minor for one in self.differences)


def correction_page(claim: Claim, *, on: date) -> CorrectionPage:
    """What can be corrected of a sent claim on a day. Raises Refused if it was never sent."""
    found = claims_of(claim.close, only=[claim.public_id], on=on)
    if not found or found[0].sent is None:
        raise Refused("This claim was not sent, so nothing of it is corrected. Correct its data and send it.")
    (ready,) = found
    history = ready.history
    version = history.payers_version or history.last
    assert version is not None  # noqa: S101 - it was sent
    last = history.last or version
    way = offer(
        last.state if last.state == ClaimState.WRITTEN else version.state,
        mode=history.mode,
        has_lines=ready.content.frequency != "8" and bool(ready.content.services),
        number_known=bool(history.payer_control),
    )
    limits = None
    if way.way == CorrectionWay.REOPENING and (decided := _decision(version)) is not None:
        limits = reopening_limits(decided.on)
    changed = differences(version.as_sent(), ready.content.as_json())
    return CorrectionPage(ready, version, changed, way, history.open_correction, limits)


@transaction.atomic
def open_correction(
    *, claim: Claim, reason: str, by: Membership, now: datetime, good_cause: str = ""
) -> ClaimCorrection:
    """Open a correction of a claim, in the form that its payer takes. The claim is then due, or its reopening is.

    Raises Refused if the claim cannot be corrected now, nothing differs, one is open, or its time is over.
    """
    if len(reason.strip()) < MIN_REASON:
        raise Refused(f"Say in at least {MIN_REASON} characters what was wrong.", field="reason")
    lock_posting(claim.practice_id)
    today = local_day(now, claim.practice.zone)
    page = correction_page(claim, on=today)
    if page.offer.refusal:
        raise Refused(page.offer.refusal)
    if page.correction is not None:
        raise Refused("A correction of this claim is open. Send it, or withdraw it first.")
    if not page.differences:
        raise Refused("Nothing differs from what was sent. Correct the patient, coverage, order or diagnosis first.")
    cause = good_cause.strip()[:300]
    _check_limits(page.limits, cause, today)
    _end_sent(claim, by=by, now=now)
    row: ClaimCorrection = ClaimCorrection.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        version=page.version,
        way=page.offer.way,
        reason=reason.strip()[:300],
        content=_asked(page.ready),
        due_on=page.limits[1 if cause else 0] if page.limits else None,
        good_cause=cause,
        opened_at=now,
        opened_by=by.user,
    )
    update_work(claim.practice, now=now, claims=[claim.pk])
    record_change(row, "open_correction", by=by, now=now, way=row.way, claim=claim.public_id, reason=row.reason)
    return row


def _asked(ready: Ready) -> dict[str, object]:
    """The content as it should be; a claim without lines has no services."""
    content = ready.content.as_json()
    return content | {"services": [], "total": "0"} if ready.content.frequency == "8" else content


def _check_limits(limits: tuple[date, date] | None, cause: str, today: date) -> None:
    if limits is None or today <= limits[0]:
        return
    if today > limits[1]:
        raise Refused(f"The time for a reopening ended on {limits[1]}, four years after the payer's decision.")
    if len(cause) < MIN_REASON:
        raise Refused(
            f"The year for a reopening ended on {limits[0]}. Until {limits[1]} it needs good cause: say which.",
            field="good_cause",
        )


def _end_sent(claim: Claim, *, by: Membership, now: datetime) -> None:
    """End the correction that was sent before, so that another one can be open."""
    for row in claim.corrections.filter(ended_at__isnull=True):
        row.outcome, row.ended_at, row.ended_by = CorrectionOutcome.SENT, now, by.user
        row.save(update_fields=["outcome", "ended_at", "ended_by"])


def _decision(version: ClaimVersion) -> Answer | None:
    """The payer's first answer on payment level to a version: the initial determination."""
    answers = Answer.objects.filter(version=version, level=Level.PAYMENT, is_line=False)
    return answers.exclude(status=ClaimState.INFORMATION).order_by("on", "order", "pk").first()


@transaction.atomic
def ask_reopening(
    *, correction: ClaimCorrection, on: date | None, how: str, reference: str, by: Membership, now: datetime
) -> ClaimCorrection:
    """Record that the payer was asked for a reopening: when, how, and its reference number. Raises Refused."""
    lock_posting(correction.practice_id)
    row = _open_row(correction)
    today = local_day(now, row.practice.zone)
    if row.way != CorrectionWay.REOPENING:
        raise Refused("This correction is sent with a claim; the payer is not asked for it.")
    if row.asked_on is not None:
        raise Refused(f"The payer was asked on {row.asked_on}.")
    if on is None or on > today or on < local_day(row.opened_at, row.practice.zone):
        raise Refused("Enter the day on which the payer was asked: not before the correction was opened, not later.")
    if row.due_on is not None and on > row.due_on:
        raise Refused(f"The time for this reopening ended on {row.due_on}.")
    if len(how.strip()) < 3:
        raise Refused("Enter how the payer was asked: telephone, portal, fax, or letter.")
    row.asked_on, row.asked_how, row.asked_by = on, how.strip()[:100], by.user
    row.reference = reference.strip()[:60]
    row.save(update_fields=["asked_on", "asked_how", "asked_by", "reference"])
    update_work(row.practice, now=now, claims=[row.claim_id])
    record_change(row, "ask_reopening", by=by, now=now, on=on.isoformat(), how=row.asked_how)
    return row


@transaction.atomic
def end_correction(
    *, correction: ClaimCorrection, outcome: str, note: str, by: Membership, now: datetime
) -> ClaimCorrection:
    """End a correction: withdrawn before it was sent, or a reopening that the payer refused or made. Raises Refused.

    Only a remittance since the request proves that the payer has corrected the claim.
    """
    if outcome not in {CorrectionOutcome.CORRECTED, CorrectionOutcome.REFUSED, CorrectionOutcome.WITHDRAWN}:
        raise Refused("Choose how the correction ended.")
    if len(note.strip()) < 3:
        raise Refused("Say in a few words what happened, for the next person.")
    lock_posting(correction.practice_id)
    row = _open_row(correction)
    if outcome != CorrectionOutcome.WITHDRAWN:
        row.answer = _answer_to(row, outcome)
    row.outcome, row.ended_at, row.ended_by, row.end_note = outcome, now, by.user, note.strip()[:300]
    row.save(update_fields=["outcome", "answer", "ended_at", "ended_by", "end_note"])
    if outcome == CorrectionOutcome.CORRECTED:
        post_charges([row.claim_id], on=local_day(now, row.practice.zone), by=by.user_id, now=now)
        update_balances(row.practice_id, [row.claim_id])
    update_work(row.practice, now=now, claims=[row.claim_id])
    record_change(row, "end_correction", by=by, now=now, outcome=outcome, note=row.end_note)
    return row


def _open_row(correction: ClaimCorrection) -> ClaimCorrection:
    """The row as it is stored, if it is open. Raises Refused."""
    row: ClaimCorrection = ClaimCorrection.objects.select_related("practice", "version").get(pk=correction.pk)
    sent = row.sent_as.exclude(state__in=[ClaimState.WITHDRAWN, *REJECTED_STATES]).exists()
    if row.ended_at is not None or sent:
        raise Refused(f"This correction is {row.get_outcome_display() or 'sent'}.")
    return row


def _answer_to(row: ClaimCorrection, outcome: str) -> Answer | None:
    if row.way != CorrectionWay.REOPENING or row.asked_on is None:
        raise Refused("Record first when and how the payer was asked.")
    answers = Answer.objects.filter(version=row.version, level=Level.PAYMENT, is_line=False)
    answers = answers.filter(on__gte=row.asked_on, answered_at__gte=row.opened_at)
    answers = answers.exclude(status__in=[ClaimState.INFORMATION, ClaimState.REVERSED, ClaimState.OTHER_PAYER])
    latest = answers.order_by("on", "order", "pk").last()
    if outcome == CorrectionOutcome.CORRECTED and latest is None:
        raise Refused(f"No remittance for this claim since {row.asked_on} is posted. Post it first.")
    return latest if outcome == CorrectionOutcome.CORRECTED else None
