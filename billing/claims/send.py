"""Writing claims of a sealed month into a file: a submission, or a copy that submits nothing.

A file is stored byte for byte. A submission has the frozen content of each claim as a version; it counts from its
delivery on (`delivery.py`).
"""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from billing.claims.billing_data import SENDER_COLUMNS, channel_on
from billing.claims.delivery import confirm_delivery
from billing.claims.formats import cms1500, csv_file, fhir_claim, x12_837p
from billing.claims.formats.content import Content
from billing.claims.formats.validation import validation_errors
from billing.claims.posting_lock import lock_numbers, lock_posting
from billing.claims.ready_claims import Ready, claims_of
from billing.claims.written_files import Draft, batch_reference, store_copy, store_submission
from billing.close.moves import lock_close
from billing.models import (
    CLOSED_STATES,
    SUBMITTED_FORMATS,
    ClaimCopy,
    ClaimState,
    ClearinghouseChannel,
    ExportFormat,
    FormMargins,
    MonthClose,
    Submission,
    SubmissionForm,
)
from billing.seal.changed_values import check_values
from billing.seal.signed_month import check_rows
from rpm_portal.accounts.models import Membership
from rpm_portal.core.days import local_day
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.gc_control import gc_paused
from rpm_portal.core.refusals import Refused

_ENVELOPED = {ExportFormat.X12, ExportFormat.TRIAL}


@gc_paused()
def prepare_draft(
    *, close: MonthClose, chosen: list[str], shape: str, now: datetime, again: bool = False, before: Draft | None = None
) -> tuple[list[Ready], Draft]:
    """The chosen claims and a validated draft of their file; `before` if nothing has changed since. Writes nothing.

    Raises Refused as `send` does.
    """
    if close.state not in CLOSED_STATES:
        raise Refused(f"The month is {close.get_state_display()}. Claims can be sent after it is locked.")
    ready = claims_of(close, only=chosen, on=local_day(now, close.practice.zone))
    if not ready or len(ready) != len(set(chosen)):
        raise Refused("Choose claims of this month.")
    _check_complete(ready)
    if shape in _SUBMITTED:
        _check_not_submitted(ready, again=again)
    if shape in SUBMITTED_FORMATS:
        _check_filed_in_time(ready, today=local_day(now, str(close.practice.zone)))
    number = _next_number(close.practice_id)
    current = [replace(_content_to_send(ready_claim), control="") for ready_claim in ready]
    # Sender and receiver are part of the file, not of any claim.
    channel = _channel(close, current, now=now) if shape in _ENVELOPED else None
    sender = None if channel is None else tuple(getattr(channel, name) for name in SENDER_COLUMNS)
    if before is not None and before.fits(number, sender, current):
        return ready, before
    contents = [replace(content, control=new_public_id().upper()) for content in current]
    if channel is None:
        return ready, Draft(number, None, contents, _write_body(close, contents, shape, number=number, now=now))
    body = _write_837p(close, channel, contents, number=number, now=now, test=shape == ExportFormat.TRIAL)
    return ready, Draft(number, sender, contents, body)


@transaction.atomic
@gc_paused()
def send(
    *,
    close: MonthClose,
    chosen: list[str],
    shape: str,
    by: Membership,
    now: datetime,
    again: bool = False,
    draft: Draft | None = None,
) -> Submission | ClaimCopy:
    """Write the chosen claims of a sealed month into one file and store it: a submission or a copy, by its shape.

    A `draft` prepared before the month was locked is not validated again if its content is still the same. Raises
    Refused if the month is not sealed, nothing is chosen, a claim is incomplete, one was submitted already (unless
    `again`), a row or value of the month is not as it was signed, or the validator refuses the file; then nothing is
    stored. A submission is not delivered yet; a copy has no effect on any state.
    """
    close = lock_close(close)
    lock_numbers(close.practice_id)
    if close.state in CLOSED_STATES:
        # Under the month's lock: an adjustment in between would look like an altered row.
        check_rows(close)
    ready, checked = prepare_draft(close=close, chosen=chosen, shape=shape, now=now, again=again, before=draft)
    if shape not in _SUBMITTED:
        return store_copy(close, ready, checked, shape, by=by, now=now)
    check_values(close, ready)
    return store_submission(close, ready, checked, shape, by=by, now=now)


_SUBMITTED = {*SUBMITTED_FORMATS, SubmissionForm.REPORTED}


@transaction.atomic
def report_filing(*, close: MonthClose, chosen: list[str], note: str, by: Membership, now: datetime) -> Submission:
    """Record that claims were filed outside of this portal, as their content is now. Raises Refused as `send` does."""
    if len(note.strip()) < 10:
        raise Refused("Enter where and when these claims were filed, in at least ten characters.")
    lock_posting(close.practice_id)  # before the month's lock, as in every posting
    row = send(close=close, chosen=chosen, shape=SubmissionForm.REPORTED, by=by, now=now)
    if not isinstance(row, Submission):
        raise TypeError("a reported filing is stored as a submission")
    return confirm_delivery(submission=row, note=note, by=by, now=now)


def _next_number(practice_id: int) -> int:
    """The next number of the practice's files: one counter for submissions and copies, never reused."""
    tables = (Submission, ClaimCopy)
    numbers = [table.objects.filter(practice=practice_id).aggregate(n=Max("number"))["n"] or 0 for table in tables]
    return max(numbers) + 1


def _content_to_send(ready_claim: Ready) -> Content:
    """The current content if the claim is due; the sent content if it is sent again unchanged."""
    if ready_claim.due or ready_claim.sent is None:
        return ready_claim.content
    return Content.from_json(ready_claim.sent.as_sent())


def _check_complete(ready: list[Ready]) -> None:
    incomplete = [ready_claim for ready_claim in ready if ready_claim.wrong]
    if incomplete:
        raise Refused(f"{len(incomplete)} of the chosen claims lack something; look at what each needs first.")


def _check_not_submitted(ready: list[Ready], *, again: bool) -> None:
    """Refuse what the payer has already, unless it is sent again, and what waits in a submission in any case."""
    if waiting := [one.sent for one in ready if one.sent is not None and one.status == ClaimState.WRITTEN]:
        raise Refused(
            f"{len(waiting)} of these claims are in submission {waiting[0].submission.number}, which is not delivered. "
            "Confirm its delivery or withdraw it first."
        )
    sent_before = [one.sent for one in ready if not one.due and one.sent is not None]
    if not sent_before or again:
        return
    numbers = ", ".join(sorted({str(row.submission.number) for row in sent_before}))
    raise Refused(
        f"{len(sent_before)} of these claims were already submitted in submission {numbers}. Tick to send them again."
    )


def _check_filed_in_time(ready: list[Ready], *, today: date) -> None:
    """Refuse new claims that the payer takes no more: such a denial has no appeal."""
    late = [one.file_by for one in ready if one.file_by is not None and one.file_by < today]
    if late:
        raise Refused(
            f"The last day to file has passed for {len(late)} of the chosen claims, the first on {min(late)}. Leave "
            "them out. If they were filed in time elsewhere, report that filing."
        )


def _channel(close: MonthClose, contents: list[Content], *, now: datetime) -> ClearinghouseChannel:
    """The clearinghouse of all claims of a file, as it is today. Raises Refused if there are two, or none."""
    counts = Counter(content.channel for content in contents)
    if len(counts) > 1:
        named = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
        raise Refused(f"These claims go to different clearinghouses: {named}. Create a claim file for each.")
    name = next(iter(counts), "")
    channel = channel_on(close.practice_id, name, local_day(now, str(close.practice.zone)))
    if channel is None:
        raise Refused(f"The clearinghouse {name!r} has no data in force today. Enter them under Billing settings.")
    return channel


def _write_body(close: MonthClose, contents: list[Content], shape: str, *, number: int, now: datetime) -> bytes:
    if shape in {ExportFormat.FORM, ExportFormat.PAPER}:
        margins = FormMargins.objects.filter(practice=close.practice_id).first() or FormMargins()
        return cms1500.write(contents, left=margins.left, top=margins.top)
    if shape == ExportFormat.CSV:
        return csv_file.write(contents).encode()
    if shape == ExportFormat.FHIR:
        return fhir_claim.write(contents, number=number, at=now).encode()
    return b""  # a filing that is reported has no file


def _write_837p(
    close: MonthClose,
    channel: ClearinghouseChannel,
    contents: list[Content],
    *,
    number: int,
    now: datetime,
    test: bool,
) -> bytes:
    envelope = x12_837p.Envelope(
        submitter=close.practice.name,
        control=number,
        batch=batch_reference(close, number),
        at=now.astimezone(ZoneInfo(str(close.practice.zone))),
        test=test,
        **{name: getattr(channel, name) for name in SENDER_COLUMNS},
    )
    text = "".join(x12_837p.write(envelope, contents))
    if wrong := validation_errors(text):
        raise Refused(f"The file was refused by the validator and not kept: {'; '.join(wrong[:3])}")
    return text.encode()
