"""What of each duty to refund was returned, and what is open."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from billing.models import ProofKind, RefundDuty
from rpm_portal.accounts.models import Practice

TO_PAYER = (ProofKind.CHECK, ProofKind.OFFSET, ProofKind.REVERSAL)


@dataclass(frozen=True, slots=True)
class Refund:
    """A duty with what was returned so far."""

    duty: RefundDuty
    to_payer: Decimal
    to_patient: Decimal

    @property
    def open_payer(self) -> Decimal:
        """What the payer still gets."""
        return max(self.duty.payer_amount - self.to_payer, Decimal())

    @property
    def open_patient(self) -> Decimal:
        """What the patient still gets."""
        return max(self.duty.patient_amount - self.to_patient, Decimal())

    @property
    def is_met(self) -> bool:
        """Whether proof of all of it is on file."""
        return not (self.open_payer or self.open_patient)


def refund_of(duty: RefundDuty) -> Refund:
    """A duty with the sums of its proofs, which may be loaded already."""
    proofs = list(duty.proofs.all())
    payer = sum((proof.amount for proof in proofs if proof.kind in TO_PAYER), Decimal())
    patient = sum((proof.amount for proof in proofs if proof.kind == ProofKind.PATIENT), Decimal())
    return Refund(duty, payer, patient)


def duties(practice: Practice, *, ended: bool = False) -> list[Refund]:
    """The open or the ended duties, by due date. Two statements."""
    rows: QuerySet[RefundDuty] = RefundDuty.objects.filter(practice=practice, ended_at__isnull=not ended)
    rows = rows.select_related("claim__patient", "claim__payer", "claim__close", "line", "opened_by")
    found = [refund_of(row) for row in rows.prefetch_related("proofs__recorded_by")]
    return sorted(found, key=lambda one: (one.duty.due_on, one.duty.pk))
