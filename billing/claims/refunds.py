"""Duties to refund: opened with the amounts of the ledger, suspended by an investigation, ended only by proof."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from billing.claims.refund_sums import TO_PAYER, Refund, refund_of
from billing.claims.work_items import update_work
from billing.ledger.entered_amounts import entered_amount
from billing.models import (
    Answer,
    Claim,
    ClaimLine,
    ClaimState,
    Level,
    LineBalance,
    ProofKind,
    ProviderAdjustment,
    RefundDuty,
    RefundProof,
    RefundSource,
)
from billing.models.refunds import SUSPENDED_UNTIL_DAY
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

# PLB reasons by which a payer takes or acknowledges an overpayment (X12 code source 5010 PLB03-1).
OFFSET_CODES = ("WO", "72", "B2", "FB")


def paid_for(claim: Claim, line: ClaimLine | None) -> tuple[Decimal, Decimal]:
    """What payers paid for a claim or line and did not get back, and the share that they left to the patient."""
    rows, zero = LineBalance.objects.filter(claim=claim), Decimal("0.00")
    if line is not None:
        rows = rows.filter(line=line)
    sums = rows.aggregate(paid=Sum("paid"), patient=Sum("patient"))
    paid = (sums["paid"] or zero) - _returned(claim, line)
    return max(paid, zero), max(sums["patient"] or zero, zero)


def _returned(claim: Claim, line: ClaimLine | None) -> Decimal:
    """What was returned by check or offset before, and not reversed by the payer since."""
    proofs = RefundProof.objects.filter(duty__claim=claim, kind__in=[ProofKind.CHECK, ProofKind.OFFSET])
    reversed_rows = Answer.objects.filter(version__claim=claim, level=Level.PAYMENT, status=ClaimState.REVERSED)
    if line is not None:
        proofs, reversed_rows = proofs.filter(duty__line=line), reversed_rows.filter(line=line, is_line=True)
    else:
        reversed_rows = reversed_rows.filter(is_line=False)
    first = proofs.order_by("on").values_list("on", flat=True).first()
    if first is None:
        return Decimal()
    returned = proofs.aggregate(total=Sum("amount"))["total"] or Decimal()
    taken = reversed_rows.filter(on__gte=first).aggregate(total=Sum("paid"))["total"] or Decimal()
    return max(returned + taken, Decimal())


@transaction.atomic
def open_duty(
    *,
    claim: Claim,
    line: ClaimLine | None,
    source: str,
    reason: str,
    by: Membership,
    now: datetime,
    payer_amount: Decimal | None = None,
    patient_amount: Decimal | None = None,
) -> RefundDuty:
    """Open a duty; without amounts, those that the ledger says were paid and left to the patient. Raises Refused.

    The overpayment is identified on the day on which the duty is opened.
    """
    if source not in RefundSource.values or len(reason.strip()) < 10:
        raise Refused("Say in at least ten characters why it is an overpayment.", field="reason")
    if has_open_duty(claim, line):
        raise Refused("A refund of this claim is due already.")
    paid, share = paid_for(claim, line)
    payer, patient = paid if payer_amount is None else payer_amount, share if patient_amount is None else patient_amount
    if payer <= 0 and patient <= 0:
        raise Refused("Nothing was paid for it, so nothing is returned.")
    row: RefundDuty = RefundDuty.objects.create(
        practice_id=claim.practice_id,
        claim=claim,
        line=line,
        source=source,
        reason=reason.strip()[:300],
        payer_amount=payer,
        patient_amount=patient,
        identified_on=local_day(now, claim.practice.zone),
        opened_at=now,
        opened_by=by.user,
    )
    update_work(claim.practice, now=now, claims=[claim.pk])
    record_change(row, "open_refund", by=by, now=now, claim=claim.public_id, source=source, amount=str(payer))
    return row


def open_duties_of_unbilled(claims: Iterable[int], *, by: Membership, now: datetime) -> list[RefundDuty]:
    """Open a duty for each un-billed line that a payer paid all the same, after its answer was posted."""
    rows = LineBalance.objects.filter(claim__in=list(claims), paid__gt=0)
    rows = rows.filter(line__unbill_requests__decision="approved").select_related("claim__practice", "line")
    opened, source, reason = [], RefundSource.UNBILLED, "Paid although the line was un-billed."
    for row in rows.order_by("pk"):
        if paid_for(row.claim, row.line)[0] and not has_open_duty(row.claim, row.line):
            opened.append(open_duty(claim=row.claim, line=row.line, source=source, reason=reason, by=by, now=now))
    return opened


def has_open_duty(claim: Claim, line: ClaimLine | None) -> bool:
    """Whether a refund of the line, or of its whole claim, is due already; without a line, of any part of the claim."""
    rows = RefundDuty.objects.filter(claim=claim, ended_at__isnull=True)
    return (rows if line is None else rows.filter(Q(line=line) | Q(line__isnull=True))).exists()


def _locked(duty: RefundDuty) -> RefundDuty:
    """The duty as it is stored, locked. Raises Refused if it has ended."""
    rows = RefundDuty.objects.select_for_update(of=("self",)).select_related("practice", "claim")
    row: RefundDuty = rows.get(pk=duty.pk)
    if row.ended_at is not None:
        raise Refused("This refund is proved already.")
    return row


@transaction.atomic
def investigate(*, duty: RefundDuty, on: date | None, reason: str, by: Membership, now: datetime) -> RefundDuty:
    """Record that an investigation of related overpayments began: it suspends the deadline. Once. Raises Refused."""
    row = _locked(duty)
    today = local_day(now, row.practice.zone)
    if row.investigated_from is not None:
        raise Refused(f"An investigation began on {row.investigated_from}.")
    if on is None or not row.identified_on <= on <= today:
        raise Refused("Enter the day on which the investigation began: from the identification to today.")
    if on > row.due_on:
        raise Refused(f"The refund was due on {row.due_on}; an investigation after that day suspends nothing.")
    if len(reason.strip()) < 20:
        raise Refused("Say in at least 20 characters which related overpayments are investigated.")
    row.investigated_from, row.investigation_reason = on, reason.strip()[:300]
    row.save(update_fields=["investigated_from", "investigation_reason"])
    update_work(row.practice, now=now, claims=[row.claim_id])
    record_change(row, "begin_investigation", by=by, now=now, on=on.isoformat(), reason=row.investigation_reason)
    return row


@transaction.atomic
def conclude_investigation(*, duty: RefundDuty, on: date | None, by: Membership, now: datetime) -> RefundDuty:
    """Record the last day of an investigation: from then on the deadline runs again. Raises Refused."""
    row = _locked(duty)
    today = local_day(now, row.practice.zone)
    if row.investigated_from is None or row.investigated_until is not None:
        raise Refused("No investigation of this refund runs.")
    if on is None or not row.investigated_from <= on <= today:
        raise Refused("Enter the last day of the investigation: from its first day to today.")
    row.investigated_until = on
    row.save(update_fields=["investigated_until"])
    update_work(row.practice, now=now, claims=[row.claim_id])
    record_change(row, "end_investigation", by=by, now=now, on=on.isoformat())
    return row


def last_day_of_investigation(duty: RefundDuty) -> date:
    """The last day to which an investigation suspends the deadline: the 180th after the identification."""
    return duty.identified_on + SUSPENDED_UNTIL_DAY


@transaction.atomic
def prove(
    *, duty: RefundDuty, kind: str, amount: str, on: date | None, reference: str, by: Membership, now: datetime
) -> RefundProof:
    """Record a proof by check or EFT to the payer, or of money back to the patient. Raises Refused."""
    row = _locked(duty)
    if kind not in {ProofKind.CHECK, ProofKind.PATIENT}:
        raise Refused("Choose who got the money back.", field="kind")
    if on is None or not row.identified_on <= on <= local_day(now, row.practice.zone):
        raise Refused("Enter the day of the refund: from the identification to today.", field="on")
    if len(reference.strip()) < 2:
        raise Refused("Enter the number of the check or EFT.", field="reference")
    value, refund = entered_amount(amount, "Enter the amount that was returned, like 52.10."), refund_of(row)
    return _add_proof(refund, kind, value, on=on, reference=reference.strip()[:60], by=by, now=now)


def _add_proof(
    refund: Refund,
    kind: str,
    value: Decimal,
    *,
    on: date,
    reference: str,
    by: Membership,
    now: datetime,
    **rows: object,
) -> RefundProof:
    row = refund.duty
    left = refund.open_patient if kind == ProofKind.PATIENT else refund.open_payer
    if value > left:
        raise Refused(f"That is more than the ${left} that is still to be returned.", field="amount")
    if row.proofs.filter(kind=kind, reference=reference).exists():
        raise Refused("This proof is recorded already.", field="reference")
    proof: RefundProof = RefundProof.objects.create(
        practice_id=row.practice_id,
        duty=row,
        kind=kind,
        amount=value,
        on=on,
        reference=reference,
        recorded_at=now,
        recorded_by=by.user,
        **rows,
    )
    record_change(row, "prove_refund", by=by, now=now, kind=kind, amount=str(value), on=on.isoformat())
    if _is_met_with(refund, kind, value):
        row.ended_at = now
        row.save(update_fields=["ended_at"])
    update_work(row.practice, now=now, claims=[row.claim_id])
    return proof


def _is_met_with(refund: Refund, kind: str, value: Decimal) -> bool:
    """Whether all is returned once a proof is added."""
    payer = refund.to_payer + (value if kind in TO_PAYER else Decimal())
    patient = refund.to_patient + (value if kind == ProofKind.PATIENT else Decimal())
    return Refund(refund.duty, payer, patient).is_met


def reversals_of(duty: RefundDuty) -> QuerySet[Answer]:
    """The payer's reversals of the claim or line since the payment, which are no proof of this duty yet."""
    rows: QuerySet[Answer] = Answer.objects.filter(
        version__claim=duty.claim_id, level=Level.PAYMENT, status=ClaimState.REVERSED, paid__lt=0
    )
    rows = rows.filter(line=duty.line_id, is_line=True) if duty.line_id is not None else rows.filter(is_line=False)
    return rows.exclude(pk__in=RefundProof.objects.filter(answer__isnull=False).values("answer")).order_by("on", "pk")


def offsets_of(duty: RefundDuty) -> QuerySet[ProviderAdjustment]:
    """The amounts that the payer took from its payments for this claim (PLB), which are no proof of this duty yet."""
    rows: QuerySet[ProviderAdjustment] = ProviderAdjustment.objects.filter(
        version__claim=duty.claim_id, code__in=OFFSET_CODES, amount__gt=0
    )
    used = RefundProof.objects.filter(offset__isnull=False).values("offset")
    return rows.exclude(pk__in=used).select_related("check_row").order_by("check_row__paid_on", "pk")


@transaction.atomic
def prove_by_payer(*, duty: RefundDuty, kind: str, key: str, by: Membership, now: datetime) -> RefundProof:
    """Record a reversal or an amount taken from a payment as proof. Raises Refused if it is none of this claim."""
    row = _locked(duty)
    refund, number = refund_of(row), int(key) if key.isascii() and key.isdecimal() and len(key) < 19 else 0
    if kind == ProofKind.REVERSAL and (answer := reversals_of(row).filter(pk=number).first()) is not None:
        value = min(-(answer.paid or Decimal()), refund.open_payer)
        reference = f"reversal {answer.pk}"
        return _add_proof(refund, kind, value, on=answer.on, reference=reference, by=by, now=now, answer=answer)
    if kind == ProofKind.OFFSET and (taken := offsets_of(row).filter(pk=number).first()) is not None:
        value, on = min(taken.amount, refund.open_payer), taken.check_row.paid_on
        reference = f"{taken.code} {taken.check_row.trace} {taken.pk}"[:60]
        return _add_proof(refund, kind, value, on=on, reference=reference, by=by, now=now, offset=taken)
    raise Refused("Choose a reversal, or an amount of a check, that the payer posted for this claim.")
