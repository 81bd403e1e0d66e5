"""Posting payers' answers to sent claims, from a file or by hand: each answer once, each file completely or not."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction

from billing.answers import x12_reader
from billing.answers.reasons import patients_share
from billing.answers.x12_reader import X12Refused
from billing.models import Answer, AnswerStatus, ClaimLine, Export, Remittance, SentClaim
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.refusals import Refused

PROCESSED = {"1", "2", "3", "19", "20", "21"}


@transaction.atomic
def answer_by_hand(
    *, sent: SentClaim, status: str, paid: str, payer_control: str, note: str, by: Membership, now: datetime
) -> Answer:
    """Record a payer's answer that came without a file. Raises Refused for invalid input."""
    if status not in AnswerStatus.values:
        raise Refused("Choose what became of the claim.")
    try:
        amount = Decimal(paid) if paid.strip() else None
    except InvalidOperation:
        raise Refused("What was paid is an amount like 42.50.") from None
    if amount is not None and (not amount.is_finite() or amount < 0 or amount > sent.total * 10):
        raise Refused("What was paid is an amount like 42.50.")
    if status == AnswerStatus.PAID and amount is None:
        raise Refused("Say how much was paid.")
    if status in {AnswerStatus.DENIED, AnswerStatus.REJECTED} and len(note.strip()) < 3:
        raise Refused("Enter the payer's reason, so that the next person can fix the claim.")
    row = Answer.objects.create(
        practice_id=sent.practice_id,
        sent=sent,
        status=status,
        paid=amount,
        payer_control=payer_control.strip()[:50],
        note=note.strip()[:300],
        key=f"hand:{new_public_id()}",
        answered_at=now,
        answered_by=by.user,
    )
    record_change(sent, "answer_claim", by=by, now=now, status=status)
    return row


def post_file(*, practice: Practice, body: bytes, by: Membership, now: datetime) -> tuple[Remittance, int]:
    """Post an answer file; returns it and the number of new answers. The same file again changes nothing.

    Raises Refused if it is of another kind, does not balance, or names another payee or none of our claims; then
    nothing is stored.
    """
    digest = hashlib.sha256(body).hexdigest()
    posted = Remittance.objects.filter(practice=practice, sha256=digest).first()
    if posted is not None:
        return posted, 0
    try:
        segments = x12_reader.segments(body)
        kind = x12_reader.kind_of(segments)
        with transaction.atomic():
            return _post(practice, body, digest, kind, segments, by=by, now=now)
    except X12Refused as refusal:
        raise Refused(f"Nothing was posted. {refusal}") from None
    except IntegrityError:
        # Another user posted the same file at the same time.
        return Remittance.objects.get(practice=practice, sha256=digest), 0


def _post(
    practice: Practice, body: bytes, digest: str, kind: str, segments: list[list[str]], *, by: Membership, now: datetime
) -> tuple[Remittance, int]:
    payments = x12_reader.payments(segments) if kind == "835" else []
    file = Remittance(
        practice=practice,
        shape=kind,
        sha256=digest,
        body=body,
        trace=", ".join(payment.trace for payment in payments)[:50],
        paid=sum((payment.paid for payment in payments), Decimal()) if payments else None,
        posted_at=now,
        posted_by=by.user,
    )
    file.save(force_insert=True)
    if kind == "835":
        rows = list(_answers_of_payments(practice, payments))
    elif kind == "277CA":
        rows = list(_answers_of_277(practice, x12_reader.receipts_277(segments)))
    else:
        rows = list(_answers_of_999(practice, x12_reader.receipts_999(segments)))
    if not rows:
        raise X12Refused("It names no claim that this practice has sent.")
    known = set(
        Answer.objects.filter(practice=practice, key__in=[row["key"] for row in rows]).values_list("key", flat=True)
    )
    new_rows = {row["key"]: row for row in rows if row["key"] not in known}
    Answer.objects.bulk_create(
        Answer(practice=practice, remittance=file, answered_at=now, answered_by=by.user, **row)
        for row in new_rows.values()
    )
    record_change(file, "post_answers", by=by, now=now, kind=kind, answers=len(new_rows))
    return file, len(new_rows)


def _sent_by_control(practice: Practice, controls: set[str]) -> dict[str, SentClaim]:
    rows = SentClaim.objects.filter(practice=practice, control__in=controls)
    return {row.control: row for row in rows}


def _answers_of_payments(practice: Practice, payments: list[x12_reader.Payment]) -> Iterator[dict[str, object]]:
    for payment in payments:
        if payment.payee != practice.npi:
            raise X12Refused("It pays another NPI than this practice's.")
    sent_claims = _sent_by_control(practice, {claim.control for payment in payments for claim in payment.claims})
    controls = {line.control for payment in payments for claim in payment.claims for line in claim.lines}
    lines = {row.public_id: row for row in ClaimLine.objects.filter(practice=practice, public_id__in=controls)}
    for payment in payments:
        for claim in payment.claims:
            sent = sent_claims.get(claim.control)
            if sent is None:
                raise X12Refused(f"Claim {claim.control} is none that this practice has sent.")
            status = _status(claim)
            key = f"{payment.trace}|{payment.payer}|{claim.payer_control}|{claim.control}|{claim.status}"[:190]
            yield {
                "sent": sent,
                "status": status,
                "paid": claim.paid,
                "payer_control": claim.payer_control[:50],
                "reasons": claim.reasons,
                "key": key,
            }
            for place, line in enumerate(claim.lines):
                reasons = {"reasons": line.reasons, "note": line.code}
                row = lines.get(line.control)
                if row is not None:
                    # Paid 0 can still be allowed: the patient's deductible.
                    allowed = line.paid > 0 or patients_share(line.reasons)
                    state = AnswerStatus.PAID if allowed else AnswerStatus.DENIED
                    if status == AnswerStatus.REVERSED:
                        state = AnswerStatus.REVERSED
                    values = {"sent": sent, "line": row, "status": state, "paid": line.paid}
                    yield values | reasons | {"key": f"{key}|{place}"}


def _status(claim: x12_reader.PaidClaim) -> str:
    if claim.status == "22":
        return AnswerStatus.REVERSED
    if claim.status == "4":
        return AnswerStatus.DENIED
    if claim.status in PROCESSED:
        # Paid 0 is not always a denial: the patient's deductible.
        return AnswerStatus.PAID
    raise X12Refused(f"Claim {claim.control} has the status {claim.status}, which is not posted here.")


def _answers_of_277(practice: Practice, receipts: list[x12_reader.Receipt]) -> Iterator[dict[str, object]]:
    sent_claims = _sent_by_control(practice, {receipt.control for receipt in receipts})
    for receipt in receipts:
        sent = sent_claims.get(receipt.control)
        if sent is None:
            raise X12Refused(f"Claim {receipt.control} is none that this practice has sent.")
        yield {
            "sent": sent,
            "status": AnswerStatus.ACCEPTED if receipt.accepted else AnswerStatus.REJECTED,
            "payer_control": receipt.payer_control[:50],
            "note": receipt.reason[:300],
            "key": f"277|{receipt.control}|{receipt.reason}|{receipt.payer_control}"[:200],
        }


def _answers_of_999(practice: Practice, receipts: list[x12_reader.Receipt]) -> Iterator[dict[str, object]]:
    for receipt in receipts:
        number = int(receipt.control) if receipt.control.isdecimal() else -1
        export = Export.objects.filter(practice=practice, number=number, shape="837p").first()
        if export is None:
            raise X12Refused(f"Group {receipt.control} is no file of this practice.")
        for sent in export.sent.all():
            yield {
                "sent": sent,
                "status": AnswerStatus.ACCEPTED if receipt.accepted else AnswerStatus.REJECTED,
                "note": receipt.reason[:300],
                "key": f"999|{receipt.control}|{sent.control}|{receipt.accepted}",
            }
