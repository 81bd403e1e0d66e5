"""Delivery of a submission: what is evidence of it, what follows from it, and withdrawal before it.

A month is sent from its first delivered submission on. A file that nobody uploaded counts for nothing.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from billing.claims.posting_lock import lock_posting
from billing.claims.states import update_states, versions_of
from billing.claims.work_items import update_work
from billing.close.moves import lock_close
from billing.ledger.balances import update_balances
from billing.ledger.charges import post_charges
from billing.models import CloseState, EventKind, MonthClose, Submission, SubmissionEvent, SubmissionForm
from billing.seal.signed_month import check_rows, sign_month
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.refusals import Refused

_CONFIRMED_AS = {
    SubmissionForm.X12: EventKind.SAID_UPLOADED,
    SubmissionForm.PAPER: EventKind.MAILED,
    SubmissionForm.REPORTED: EventKind.REPORTED,
}


def note_download(submission: Submission, *, by: Membership, now: datetime) -> None:
    """Record that a person downloaded the file."""
    _add_event(submission, EventKind.DOWNLOADED, by=by.user, now=now)
    if submission.downloaded_at is None:
        Submission.objects.filter(pk=submission.pk, downloaded_at__isnull=True).update(downloaded_at=now)


@transaction.atomic
def confirm_delivery(*, submission: Submission, note: str, by: Membership, now: datetime) -> Submission:
    """Record a person's statement that the file was uploaded or the forms were mailed. Raises Refused."""
    lock_posting(submission.practice_id)
    row = _locked(submission)
    if row.delivered_at is not None:
        raise Refused("This submission is delivered already.")
    if row.withdrawn_at is not None:
        raise Refused("This submission is withdrawn. Write the claims into a new file.")
    close = lock_close(row.close)
    check_rows(close)
    deliver([row], kind=_CONFIRMED_AS[SubmissionForm(row.form)], note=note.strip()[:300], by=by.user, now=now)
    mark_sent(close, row, by=by.user, now=now)
    update_work(row.practice, now=now, claims=list(row.versions.values_list("claim", flat=True)))
    record_change(row, "confirm_delivery", by=by, now=now, form=row.form)
    return row


def deliver(submissions: Iterable[Submission], *, kind: str, by: User, now: datetime, note: str = "") -> None:
    """Mark submissions as delivered, with the evidence, and post the charges of their claims.

    The caller has the practice's posting lock. Those that are delivered already are left as they are.
    """
    new = [row for row in submissions if row.delivered_at is None]
    for row in new:
        _add_event(row, kind, by=by, now=now, note=note)
        row.delivered_at = now
        row.save(update_fields=["delivered_at"])
    if not new:
        return
    versions = list(versions_of(submission__in=new))
    claims = [row.claim_id for row in versions]
    post_charges(claims, on=local_day(now, new[0].practice.zone), by=by.pk, now=now)
    update_balances(new[0].practice_id, claims)
    update_states(versions)


def mark_sent(close: MonthClose, submission: Submission, *, by: User, now: datetime) -> None:
    """Move a locked month to sent, signed. Its rows were checked; the caller has locked it."""
    if close.state == CloseState.SEALED:
        close.state = CloseState.SENT
        save_with_reason(close, reason=f"Delivered in submission {submission.number}", by=by, fields=["state"])
        sign_month(close, action="sent", by=by, now=now, claims=())


def deliver_answered(submissions: Iterable[Submission], *, by: User, now: datetime) -> list[str]:
    """Mark submissions as delivered because an answer to them was received. Returns findings.

    An answer is posted even if rows of the month are not as they were signed: then the month is not moved to sent.
    """
    rows = [row for row in submissions if row.delivered_at is None]
    deliver(rows, kind=EventKind.ACKNOWLEDGED, by=by, now=now)
    findings = [f"Submission {row.number} was withdrawn, but it was delivered." for row in rows if row.withdrawn_at]
    for row in rows:
        close = lock_close(row.close)
        try:
            check_rows(close)
        except Refused as refusal:
            findings.append(refusal.message)
        else:
            mark_sent(close, row, by=by, now=now)
    return findings


@transaction.atomic
def withdraw(*, submission: Submission, reason: str, by: Membership, now: datetime) -> Submission:
    """Withdraw a submission before its delivery: its claims can be sent in another one.

    One that nobody downloaded is withdrawn by one person. A downloaded one needs two: the first states that it was
    not uploaded, another one withdraws it. Raises Refused.
    """
    lock_posting(submission.practice_id)
    row = _locked(submission)
    if row.delivered_at is not None or row.withdrawn_at is not None:
        raise Refused(f"This submission is {row.state}; it cannot be withdrawn.")
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters why it is withdrawn.")
    stated = row.events.filter(kind=EventKind.NOT_UPLOADED).last()
    if row.downloaded_at is not None and stated is None:
        _add_event(row, EventKind.NOT_UPLOADED, by=by.user, now=now, note=reason.strip()[:300])
        record_change(row, "state_not_uploaded", by=by, now=now, reason=reason.strip()[:300])
        return row
    if stated is not None and stated.by_id == by.user_id:
        raise Refused("You stated that it was not uploaded. Another person withdraws it.")
    _add_event(row, EventKind.WITHDRAWN, by=by.user, now=now, note=reason.strip()[:300])
    row.withdrawn_at = now
    row.save(update_fields=["withdrawn_at"])
    update_states(versions_of(submission=row))
    record_change(row, "withdraw_submission", by=by, now=now, reason=reason.strip()[:300])
    return row


def _locked(submission: Submission) -> Submission:
    rows = Submission.objects.select_for_update(no_key=True, of=("self",)).select_related("close", "practice")
    row: Submission = rows.defer("body").get(pk=submission.pk)
    return row


def _add_event(submission: Submission, kind: str, *, by: User, now: datetime, note: str = "") -> None:
    SubmissionEvent.objects.create(
        practice_id=submission.practice_id, submission=submission, kind=kind, at=now, by=by, note=note
    )
