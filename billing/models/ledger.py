"""The ledger of claim lines, the payers' checks with what else they paid, and the deposits."""

from django.db import models
from django.db.models import Q

from billing.models.answers import Answer, AnswerTransaction
from billing.models.claim_states import ClaimState
from billing.models.claim_versions import ClaimVersion
from billing.models.lines import Claim, ClaimLine
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class EntryKind(models.TextChoices):
    """What an entry is. A reversal has the kinds of what it reverses, with negative amounts."""

    CHARGE = "charge", "charge"
    TRANSFER = "transfer", "transferred to a later payer"
    PAYMENT = "payment", "payment"
    CONTRACTUAL = "contractual", "contractual reduction"
    SEQUESTRATION = "sequestration", "sequestration"
    PATIENT = "patient", "patient share"
    OTHER_PAYER = "other_payer", "paid or adjusted by another payer"
    INFORMATION = "information", "informational adjustment"
    REFUSAL = "refusal", "refused"
    UNEXPLAINED = "unexplained", "unexplained difference"
    REFUND = "refund", "refund"
    WRITE_OFF = "write_off", "written off"


class LedgerEntry(PracticeModel):
    """One amount on a claim line or, without a line, on its claim. Append-only; money is derived by adding."""

    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, related_name="entries")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="entries")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="entries")
    payer_rank = models.CharField(max_length=1, default="P")
    kind = models.CharField(max_length=13, choices=EntryKind)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    group = models.CharField(max_length=2, blank=True)
    reason = models.CharField(max_length=10, blank=True)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, null=True, related_name="entries")
    on = models.DateField(help_text="The day it takes effect: the payer's own date, or the day of delivery.")
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    database_objects = append_only("billing_ledgerentry")

    class Meta:
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class LineBalance(PracticeModel):
    """The sums of a line's entries for one payer rank; without a line, those of the claim itself. Recomputable.

    Always: charge = payments + contractual + sequestration + patient share + other payer + other + written off + open,
    where open = refused and not written off + not answered yet.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="balances")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="balances")
    payer_rank = models.CharField(max_length=1, default="P")
    charge = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    paid = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    contractual = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    sequestration = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    patient = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    other_payer = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    other = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    refused = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    written_off = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    open = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    outcome = models.CharField(max_length=14, choices=ClaimState, blank=True)
    answer = models.ForeignKey(
        Answer, on_delete=models.PROTECT, null=True, related_name="decides_lines", help_text="It decided the outcome."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="linebalance_once", fields=["claim", "line", "payer_rank"], nulls_distinct=False
            )
        ]
        indexes = [models.Index(fields=["practice", "outcome"], name="linebalance_by_outcome")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.open}"


class PayerCheck(PracticeModel):
    """One payment of a payer (a check or an EFT): amount = ours + foreign - adjusted + unexplained. Append-only."""

    public_id = PublicIdField(unique=True)
    transaction = models.OneToOneField(AnswerTransaction, on_delete=models.PROTECT, related_name="check_row")
    payer = models.CharField(max_length=60)
    payer_id = models.CharField(max_length=30)
    trace = models.CharField(max_length=50)
    paid_on = models.DateField()
    method = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    ours = models.DecimalField(max_digits=16, decimal_places=2)
    foreign = models.DecimalField(max_digits=16, decimal_places=2)
    adjusted = models.DecimalField(max_digits=16, decimal_places=2)
    unexplained = models.DecimalField(max_digits=16, decimal_places=2)

    database_objects = append_only("billing_payercheck")

    class Meta:
        ordering = ["-paid_on", "-pk"]
        constraints = [models.CheckConstraint(name="payercheck_is_no_debt", condition=Q(amount__gte=0))]

    def __str__(self) -> str:
        return f"{self.trace}"


class ForeignClaim(PracticeModel):
    """A claim in a payer's answer that was not sent from this portal: numbers and amounts only, never a name."""

    transaction = models.ForeignKey(AnswerTransaction, on_delete=models.PROTECT, related_name="foreign_claims")
    control = models.CharField(max_length=50)
    status = models.CharField(max_length=20, blank=True)
    charge = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    payer_control = models.CharField(max_length=50, blank=True)

    database_objects = append_only("billing_foreignclaim")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.control}"


class ProviderAdjustment(PracticeModel):
    """One amount of a check that belongs to no claim (PLB). A positive amount lowers the payment. Append-only."""

    check_row = models.ForeignKey(PayerCheck, on_delete=models.PROTECT, related_name="adjustments")
    code = models.CharField(max_length=2)
    reference = models.CharField(max_length=60, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    note = models.CharField(max_length=100, blank=True)

    database_objects = append_only("billing_provideradjustment")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.code} {self.amount}"


class Deposit(PracticeModel):
    """Money received at the bank, entered by a person or read from the bank's file. Append-only; its check is set once.

    `bank_key` identifies a row of a bank's file, so that overlapping files add it once.
    """

    public_id = PublicIdField(unique=True)
    on = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    text = models.CharField(max_length=200, blank=True)
    bank_key = models.CharField(max_length=64, null=True)
    check_row = models.ForeignKey(PayerCheck, on_delete=models.PROTECT, null=True, related_name="deposits")
    matched_at = models.DateTimeField(null=True)
    matched_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_deposit", marks=("check_row_id", "matched_at", "matched_by_id"))

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="deposit_is_an_amount", condition=Q(amount__gt=0)),
            models.UniqueConstraint(name="deposit_once_in_the_banks_files", fields=["practice", "bank_key"]),
        ]

    def __str__(self) -> str:
        return f"{self.amount} on {self.on}"
