"""The rows of a written file: a submission with the version of each claim, or a copy that submits nothing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from billing.claims.formats.content import Content
from billing.claims.ready_claims import Ready
from billing.models import (
    ClaimCopy,
    ClaimVersion,
    CopiedClaim,
    ExportFormat,
    MonthClose,
    Submission,
    SubmissionForm,
    VersionKind,
    content_digest,
)
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change


@dataclass(frozen=True, slots=True)
class Draft:
    """A validated file before it is stored: its number, the values of its sender, each claim's content, its bytes."""

    number: int
    sender: tuple[object, ...] | None
    contents: list[Content]
    body: bytes

    def fits(self, number: int, sender: tuple[object, ...] | None, contents: Sequence[Content]) -> bool:
        """Whether the same file would be written now. Control numbers are ignored: each draft makes its own."""
        own_contents = [replace(content, control="") for content in self.contents]
        return (number, sender, list(contents)) == (self.number, self.sender, own_contents)


def batch_reference(close: MonthClose, number: int) -> str:
    """BHT03: with the practice's NPI, since other systems of the practice may use the same numbers."""
    return f"{close.practice.npi}-{number}"


def store_submission(
    close: MonthClose, ready: list[Ready], draft: Draft, shape: str, *, by: Membership, now: datetime
) -> Submission:
    """Store a submission and the version of each of its claims."""
    contents, number = draft.contents, draft.number
    row = Submission(
        practice=close.practice,
        number=number,
        close=close,
        form=shape,
        made_at=now,
        made_by=by.user,
        sha256=hashlib.sha256(draft.body).hexdigest(),
        body=draft.body,
        claims=len(contents),
        lines=sum(len(content.services) for content in contents),
        total=_total(contents),
    )
    if shape == ExportFormat.X12:
        isa = draft.body[:106].decode().split("*")
        row.interchange, row.interchange_date, row.interchange_time = isa[13], isa[9], isa[10]
        row.group, row.batch = str(number), batch_reference(close, number)
    row.save(force_insert=True)
    _store_versions(row, ready, contents, by=by)
    record_change(row, "export_claims", by=by, now=now, **_detail(row, shape))
    return row


def _store_versions(row: Submission, ready: list[Ready], contents: Sequence[Content], *, by: Membership) -> None:
    payloads = [content.as_json() for content in contents]
    ClaimVersion.objects.bulk_create(
        ClaimVersion(
            practice=row.practice,
            submission=row,
            claim=one.claim,
            number=one.history.last_number + 1,
            previous=one.sent,
            correction=one.history.open_correction if one.due else None,
            reason=_reason(one),
            kind=_kind(one, content),
            frequency=content.frequency,
            control=content.control,
            original=content.original,
            lines=len(content.services),
            total=Decimal(content.total),
            content=payload,
            digest=content_digest(payload),
            opened_by=by.user,
            transaction_number=f"{row.number:04d}" if row.form == SubmissionForm.X12 else "",
        )
        for one, content, payload in zip(ready, contents, payloads, strict=True)
    )


def _reason(ready_claim: Ready) -> str:
    """The reason of the correction that the version sends; empty without one."""
    correction = ready_claim.history.open_correction if ready_claim.due else None
    return correction.reason if correction is not None else ""


def _kind(ready_claim: Ready, content: Content) -> str:
    if ready_claim.sent is None:
        return VersionKind.FIRST
    if not ready_claim.due:
        return VersionKind.AGAIN
    kinds = {"7": VersionKind.REPLACEMENT, "8": VersionKind.VOID}
    return kinds.get(content.frequency, VersionKind.CORRECTED)


def store_copy(
    close: MonthClose, ready: list[Ready], draft: Draft, shape: str, *, by: Membership, now: datetime
) -> ClaimCopy:
    """Store a copy and which claims are in it."""
    copy = ClaimCopy.objects.create(
        practice=close.practice,
        number=draft.number,
        close=close,
        shape=shape,
        made_at=now,
        made_by=by.user,
        sha256=hashlib.sha256(draft.body).hexdigest(),
        body=draft.body,
        claims=len(ready),
        total=_total(draft.contents),
    )
    CopiedClaim.objects.bulk_create(
        CopiedClaim(practice=close.practice, copy=copy, claim=one.claim, control=content.control)
        for one, content in zip(ready, draft.contents, strict=True)
    )
    record_change(copy, "copy_claims", by=by, now=now, **_detail(copy, shape))
    return copy


def _total(contents: Sequence[Content]) -> Decimal:
    """The sum of the charges, without voids."""
    return sum((Decimal(content.total) for content in contents if content.frequency != "8"), Decimal())


def _detail(row: Submission | ClaimCopy, shape: str) -> dict[str, object]:
    """What the audit has of a file."""
    return {"number": row.number, "shape": str(shape), "claims": row.claims, "sha256": row.sha256}
