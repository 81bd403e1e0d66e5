"""Posting answer files: each transaction by itself, each once, in any order. What does not balance is held."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.answers.acknowledgments import post_groups, post_receipts, post_statuses
from billing.answers.kinds import kind_of
from billing.answers.payments import post_held as post_held_payment
from billing.answers.payments import post_payment, was_posted
from billing.answers.posting_run import FilePart, PostingRun, store_transaction
from billing.answers.x12_parts import Interchange, Transaction, X12Refused, interchanges
from billing.claims.posting_lock import lock_posting
from billing.models import Answer, AnswerFile, AnswerTransaction, PostingVerdict
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.gc_control import gc_paused
from rpm_portal.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class PostedFile:
    """A posted file, what was done with each of its transactions, and how many answers to claims and files are new."""

    file: AnswerFile
    transactions: list[AnswerTransaction]
    answers: int
    again: bool = False
    findings: tuple[str, ...] = ()


@gc_paused()
def post_file(*, practice: Practice, body: bytes, by: Membership, now: datetime, source: str = "upload") -> PostedFile:
    """Post an answer file: TA1, 999, 277CA or 835. The same file again changes nothing.

    Raises Refused, and keeps nothing, if no part of it can be read or it is of another kind. A transaction with
    something that is no amount is refused by itself, and one that does not balance is held for a person.
    """
    parts = list(_parts(interchanges(body)))
    kinds = [_kind(part) for part in parts]
    if not any(isinstance(kind, str) for kind in kinds):
        raise Refused(f"Nothing was posted. {next(str(kind) for kind in kinds)}")
    digest = hashlib.sha256(body).hexdigest()
    with transaction.atomic():
        lock_posting(practice.pk)
        posted = AnswerFile.objects.filter(practice=practice, sha256=digest).first()
        if posted is not None:
            return PostedFile(posted, list(posted.transactions.all()), 0, again=True)
        file = AnswerFile.objects.create(
            practice=practice, sha256=digest, body=body, source=source, posted_at=now, posted_by=by.user
        )
        run = PostingRun(practice, file, by, now)
        rows = [_post(run, part, kind) for part, kind in zip(parts, kinds, strict=True)]
        findings = run.finish()
        count = Answer.objects.filter(transaction__in=rows, is_line=False).count()
        record_change(file, "post_answers", by=by, now=now, answers=count, verdicts=[str(row.verdict) for row in rows])
        return PostedFile(file, rows, count, findings=tuple(findings))


def _parts(found: list[Interchange]) -> Iterator[FilePart]:
    """The transactions in their order, and each interchange that could not be read."""
    place = 0
    for interchange in found:
        sets: list[Transaction | None] = [*interchange.transactions] or [None]
        for transaction_set in sets:
            place += 1
            yield FilePart(place, interchange, transaction_set)


def _kind(part: FilePart) -> str | X12Refused:
    """The kind of a part, or why it is refused."""
    name = f"Interchange {part.interchange.control}" if part.interchange.control else "An interchange"
    if part.transaction is None:
        return X12Refused(f"{name} was not posted. {part.interchange.problem or 'It contains no transaction.'}")
    try:
        return kind_of(part.transaction)
    except X12Refused as refusal:
        return refusal


def _post(run: PostingRun, part: FilePart, kind: str | X12Refused) -> AnswerTransaction:
    if isinstance(kind, X12Refused) or part.transaction is None:
        return store_transaction(run, part, "unreadable", PostingVerdict.REFUSED, reasons=[str(kind)])
    if part.interchange.is_trial:
        reason = "A trial (ISA15 is T) has no effect."
        return store_transaction(run, part, kind, PostingVerdict.TRIAL, reasons=[reason])
    try:
        with transaction.atomic():
            if kind == "835":
                return post_payment(run, part)
            post = {"277CA": post_statuses, "999": post_groups, "TA1": post_receipts}[kind]
            return post(run, part, part.transaction)
    except X12Refused as refusal:
        return store_transaction(run, part, kind, PostingVerdict.REFUSED, reasons=[refusal.message])


@transaction.atomic
def post_held(*, row: AnswerTransaction, reason: str, by: Membership, now: datetime) -> AnswerTransaction:
    """Post a held payment as it is, because a person decided so. Raises Refused without a reason, or if it was posted.

    What does not add up remains as an unexplained difference on its lines and its check.
    """
    lock_posting(row.practice_id)
    row = AnswerTransaction.objects.select_related("file", "practice").get(pk=row.pk)
    if not row.waits:
        raise Refused("This payment is not held.")
    if len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters why it is posted as it is.")
    run = PostingRun(row.practice, row.file, by, now)
    if was_posted(run, row):
        raise Refused("This check was posted from another file meanwhile.")
    part = next(part for part in _parts(interchanges(bytes(row.file.body))) if part.place == row.place)
    row.posted_at, row.posted_by, row.post_reason = now, by.user, reason.strip()[:300]
    row.save(update_fields=["posted_at", "posted_by", "post_reason"])
    post_held_payment(run, part, row)
    run.finish()
    record_change(row, "post_held", by=by, now=now, reason=reason.strip()[:300])
    return row
