"""Sending claims: the chosen claims of a sealed month in one file, stored byte for byte with their frozen content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from billing.claims.formats import cms1500, csv_file, fhir_claim, x12_837p
from billing.claims.formats.content import Content
from billing.claims.formats.validation import validation_errors
from billing.claims.ready_claims import Ready, claims_of
from billing.close.moves import lock_close
from billing.models import (
    CLOSED_STATES,
    ClaimSetup,
    CloseState,
    Export,
    ExportFormat,
    MonthClose,
    SentClaim,
    content_digest,
)
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.gc_control import gc_paused
from rpm_portal.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Draft:
    """A validated file before it is stored: its number, the practice's set-up, the content of each claim, its bytes."""

    number: int
    setup: tuple[object, ...] | None
    contents: list[Content]
    body: bytes

    def fits(self, number: int, setup: tuple[object, ...] | None, contents: Sequence[Content]) -> bool:
        """Whether the same file would be written now. Control numbers are ignored: each draft makes its own."""
        own_contents = [replace(content, control="") for content in self.contents]
        return (number, setup, list(contents)) == (self.number, self.setup, own_contents)


@gc_paused()
def prepare_draft(
    *, close: MonthClose, chosen: list[str], shape: str, now: datetime, again: bool = False, before: Draft | None = None
) -> tuple[list[Ready], Draft]:
    """The chosen claims and a validated draft of their file; `before` if nothing has changed since. Writes nothing.

    Raises Refused as `send` does.
    """
    if close.state not in CLOSED_STATES:
        raise Refused(f"The month is {close.get_state_display()}. Claims leave once it is sealed.")
    ready = claims_of(close, only=chosen)
    if not ready or len(ready) != len(set(chosen)):
        raise Refused("Choose claims of this month.")
    _check_sendable(ready, again=again)
    number = (Export.objects.filter(practice=close.practice_id).aggregate(n=Max("number"))["n"] or 0) + 1
    # Sender, receiver and the test flag are part of the file, not of any claim.
    setup = ClaimSetup.objects.filter(practice=close.practice_id).values_list().first()
    current = [replace(_content_to_send(ready_claim), control="") for ready_claim in ready]
    if before is not None and before.fits(number, setup, current):
        return ready, before
    contents = [replace(content, control=new_public_id().upper()) for content in current]
    return ready, Draft(number, setup, contents, _write_body(close, contents, shape, number=number, now=now))


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
) -> Export:
    """Write the chosen claims of a sealed month into one file and store it with their frozen content.

    A `draft` prepared before the month was locked is not validated again if its content is still the same. Raises
    Refused if the month is not sealed, nothing is chosen, a claim is incomplete, one was sent already (unless
    `again`), or the validator refuses the file; then nothing is stored.
    """
    close = lock_close(close)
    ready, checked_draft = prepare_draft(close=close, chosen=chosen, shape=shape, now=now, again=again, before=draft)
    number, contents, body = checked_draft.number, checked_draft.contents, checked_draft.body
    export = Export.objects.create(
        practice=close.practice,
        number=number,
        close=close,
        shape=shape,
        made_at=now,
        made_by=by.user,
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
        claims=len(contents),
        lines=sum(len(content.services) for content in contents),
        total=sum((Decimal(content.total) for content in contents if content.frequency != "8"), Decimal()),
    )
    payloads = [content.as_json() for content in contents]
    SentClaim.objects.bulk_create(
        SentClaim(
            practice=close.practice,
            export=export,
            claim=ready_claim.claim,
            version=ready_claim.sent.version + 1 if ready_claim.sent else 1,
            frequency=content.frequency,
            control=content.control,
            total=Decimal(content.total),
            content=payload,
            digest=content_digest(payload),
        )
        for ready_claim, content, payload in zip(ready, contents, payloads, strict=True)
    )
    if close.state == CloseState.SEALED:
        close.state = CloseState.SENT
        save_with_reason(close, reason=f"Sent in export {number}", by=by.user, fields=["state"])
    record(
        practice=close.practice,
        by=by.user,
        role=by.role,
        action="export_claims",
        subject=f"export:{export.public_id}",
        now=now,
        detail={"number": number, "shape": shape, "claims": export.claims, "sha256": export.sha256, "again": again},
    )
    return export


def _content_to_send(ready_claim: Ready) -> Content:
    """The current content if the claim is due; the sent content if it is sent again unchanged."""
    if ready_claim.due or ready_claim.sent is None:
        return ready_claim.content
    return Content.from_json(ready_claim.sent.as_sent())


def _check_sendable(ready: list[Ready], *, again: bool) -> None:
    incomplete = [ready_claim for ready_claim in ready if ready_claim.wrong]
    if incomplete:
        raise Refused(f"{len(incomplete)} of the chosen claims lack something; look at what each needs first.")
    sent_before = [ready_claim for ready_claim in ready if not ready_claim.due and ready_claim.sent is not None]
    if sent_before and not again:
        numbers = ", ".join(
            sorted({str(ready_claim.sent.export.number) for ready_claim in sent_before if ready_claim.sent})
        )
        raise Refused(
            f"{len(sent_before)} of these claims were already sent in export {numbers}. Tick to send them again."
        )


def _write_body(close: MonthClose, contents: list[Content], shape: str, *, number: int, now: datetime) -> bytes:
    if shape == ExportFormat.CSV:
        return csv_file.write(contents).encode()
    if shape == ExportFormat.FHIR:
        return fhir_claim.write(contents, number=number, at=now).encode()
    setup = ClaimSetup.objects.get(practice=close.practice_id)
    if shape == ExportFormat.FORM:
        return cms1500.write(contents, left=setup.form_left, top=setup.form_top)
    envelope = x12_837p.Envelope(
        submitter=close.practice.name,
        submitter_id=setup.submitter_id,
        contact=setup.contact,
        phone=setup.phone,
        receiver=setup.receiver,
        receiver_id=setup.receiver_id,
        control=number,
        at=now,
        test=setup.test,
    )
    text = "".join(x12_837p.write(envelope, contents))
    if wrong := validation_errors(text):
        raise Refused(f"The file was refused by the validator and not kept: {'; '.join(wrong[:3])}")
    return text.encode()
