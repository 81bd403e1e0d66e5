"""Claims out: the chosen claims of a sealed month in one file, kept byte for byte with their frozen content."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max

from billing.claims.formats import cms1500, csv_file, fhir_claim, x12_837p
from billing.claims.formats.content import Content
from billing.claims.formats.validation import wrong_with
from billing.claims.ready_claims import Ready, claims_of
from billing.close.moves import held_close
from billing.models import SHUT, ClaimSetup, CloseState, Export, ExportFormat, MonthClose, SentClaim, content_digest
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.gc_control import collector_resting
from rpm_portal.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Draft:
    """A file as it would be kept: number and set-up of the practice, what each claim says, its bytes, validated."""

    number: int
    setup: tuple[Any, ...] | None
    contents: list[Content]
    body: bytes

    def fits(self, number: int, setup: tuple[Any, ...] | None, contents: Sequence[Content]) -> bool:
        """Whether the same file would be written now; each claim's control number is the draft's own."""
        ours = [replace(one, control="") for one in self.contents]
        return (number, setup, list(contents)) == (self.number, self.setup, ours)


@collector_resting()
def drafted(
    *, close: MonthClose, chosen: list[str], shape: str, now: datetime, again: bool = False, before: Draft | None = None
) -> tuple[list[Ready], Draft]:
    """The chosen claims and the file of them, checked; `before`, where nothing has changed since. Keeps nothing.

    Raises Refused as `send` does.
    """
    if close.state not in SHUT:
        raise Refused(f"The month is {close.get_state_display()}. Claims leave once it is sealed.")
    ready = claims_of(close, only=chosen)
    if not ready or len(ready) != len(set(chosen)):
        raise Refused("Choose claims of this month.")
    _all_may_go(ready, again=again)
    number = (Export.objects.filter(practice=close.practice_id).aggregate(n=Max("number"))["n"] or 0) + 1
    # Who sends to whom, and whether it is a trial, stands in the file and in no claim.
    setup = ClaimSetup.objects.filter(practice=close.practice_id).values_list().first()
    said = [replace(_content(one), control="") for one in ready]
    if before is not None and before.fits(number, setup, said):
        return ready, before
    contents = [replace(one, control=new_public_id().upper()) for one in said]
    return ready, Draft(number, setup, contents, _body(close, contents, shape, number=number, now=now))


@transaction.atomic
@collector_resting()
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
    """Write the chosen claims of a sealed month into one file and keep it with their frozen content.

    A `draft` made before the month was held spares validating it meanwhile, where it still says the same. Raises
    Refused where the month is not sealed, nothing is chosen, a claim lacks something, one was sent already
    (unless `again`), or the validator refuses the file; then nothing is kept.
    """
    close = held_close(close)
    ready, made = drafted(close=close, chosen=chosen, shape=shape, now=now, again=again, before=draft)
    number, contents, body = made.number, made.contents, made.body
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
    told = [content.as_json() for content in contents]
    SentClaim.objects.bulk_create(
        SentClaim(
            practice=close.practice,
            export=export,
            claim=one.claim,
            version=one.sent.version + 1 if one.sent else 1,
            frequency=content.frequency,
            control=content.control,
            total=Decimal(content.total),
            content=kept,
            digest=content_digest(kept),
        )
        for one, content, kept in zip(ready, contents, told, strict=True)
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


def _content(one: Ready) -> Content:
    """What is due as it is now; what is sent again unchanged, word for word as it was."""
    return one.content if one.due or one.sent is None else Content.from_json(one.sent.as_sent())


def _all_may_go(ready: list[Ready], *, again: bool) -> None:
    lacking = [one for one in ready if one.wrong]
    if lacking:
        raise Refused(f"{len(lacking)} of the chosen claims lack something; look at what each needs first.")
    gone = [one for one in ready if not one.due and one.sent is not None]
    if gone and not again:
        numbers = ", ".join(sorted({str(one.sent.export.number) for one in gone if one.sent}))
        raise Refused(f"{len(gone)} of these claims were already sent in export {numbers}. Tick to send them again.")


def _body(close: MonthClose, contents: list[Content], shape: str, *, number: int, now: datetime) -> bytes:
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
    if wrong := wrong_with(text):
        raise Refused(f"The file was refused by the validator and not kept: {'; '.join(wrong[:3])}")
    return text.encode()
