"""Duties to return an overpayment, the investigations that suspend their deadline, and the proof that ends them."""

from datetime import date, timedelta

from django.db import models
from django.db.models import Q

from billing.models.answers import Answer
from billing.models.ledger import ProviderAdjustment
from billing.models.lines import Claim, ClaimLine
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only

# An overpayment is reported and returned within sixty days after it was identified (42 CFR 401.305(b)(1)). A timely
# good-faith investigation of related overpayments suspends the deadline until it is concluded, at most until the 180th
# day after the identification (42 CFR 401.305(b)(3), since 2025-01-01).
REFUND_DAYS, SUSPENDED_UNTIL_DAY = timedelta(days=60), timedelta(days=180)


class RefundSource(models.TextChoices):
    """Where an overpayment was found."""

    UNBILLED = "unbilled", "un-billed line"
    LATE_FACTS = "late_facts", "late facts"
    AUDIT = "audit", "mock audit"
    PERSON = "person", "found by a person"


class RefundDuty(PracticeModel):
    """A duty to return what a payer and a patient paid for a line, or for a whole claim. It ends only with proof."""

    public_id = PublicIdField(unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="refund_duties")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="refund_duties")
    source = models.CharField(max_length=10, choices=RefundSource)
    reason = models.CharField(max_length=300)
    payer_amount = models.DecimalField(max_digits=12, decimal_places=2)
    patient_amount = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    identified_on = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    investigated_from = models.DateField(null=True)
    investigation_reason = models.CharField(max_length=300, null=True)
    investigated_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True, help_text="When the proof added up to what is owed.")

    database_objects = append_only(
        "billing_refundduty",
        marks=("investigated_from", "investigation_reason", "investigated_until", "ended_at"),
    )

    class Meta:
        ordering = ["identified_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="refundduty_one_open_a_line",
                fields=["claim", "line"],
                nulls_distinct=False,
                condition=Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="refundduty_has_amounts",
                condition=Q(payer_amount__gte=0, patient_amount__gte=0)
                & (Q(payer_amount__gt=0) | Q(patient_amount__gt=0)),
            ),
            models.CheckConstraint(
                name="refundduty_investigated_with_a_reason",
                condition=Q(investigated_from__isnull=True, investigated_until__isnull=True)
                | Q(investigated_from__isnull=False, investigation_reason__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["practice", "ended_at"], name="refundduty_open")]

    def __str__(self) -> str:
        return f"{self.payer_amount} of {self.identified_on}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"refund:{self.public_id}"

    @property
    def due_on(self) -> date:
        """The last day to return it: sixty days after it was identified, and the days that were suspended."""
        return self.identified_on + REFUND_DAYS + self.suspended

    @property
    def suspended(self) -> timedelta:
        """How long an investigation suspends the deadline; one that runs counts to its last permitted day."""
        if self.investigated_from is None:
            return timedelta()
        last = self.identified_on + SUSPENDED_UNTIL_DAY
        end = min(self.investigated_until or last, last)
        return max(end - self.investigated_from, timedelta())


class ProofKind(models.TextChoices):
    """What proves that money went back."""

    CHECK = "check", "check or EFT to the payer"
    OFFSET = "offset", "amount taken from a payment (PLB)"
    REVERSAL = "reversal", "reversal by the payer"
    PATIENT = "patient", "paid back to the patient"


class RefundProof(PracticeModel):
    """One proof of a refund. Append-only: a check by its number and day, a PLB amount, or a reversal of the payer."""

    duty = models.ForeignKey(RefundDuty, on_delete=models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=8, choices=ProofKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    on = models.DateField()
    reference = models.CharField(max_length=60)
    offset = models.ForeignKey(ProviderAdjustment, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_refundproof")

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.CheckConstraint(name="refundproof_is_an_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="refundproof_names_its_row",
                condition=Q(kind="offset", offset__isnull=False, answer__isnull=True)
                | Q(kind="reversal", answer__isnull=False, offset__isnull=True)
                | Q(kind__in=["check", "patient"], answer__isnull=True, offset__isnull=True),
            ),
            # A check number counts once for a duty, so that a second press adds nothing.
            models.UniqueConstraint(name="refundproof_once", fields=["duty", "kind", "reference"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
