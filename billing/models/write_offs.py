"""Amounts that people write off, and the practice's limit above which two persons do."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from billing.models.claim_versions import ClaimVersion
from billing.models.ledger import LedgerEntry
from billing.models.lines import Claim, ClaimLine
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class MoneyPolicy(PracticeModel):
    """A practice's limit for write-offs by one person. A practice without a row has the default."""

    write_off_limit = models.DecimalField(
        "dollars of a claim that one person may write off", max_digits=7, decimal_places=2, default=Decimal(50)
    )
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="moneypolicy_once", fields=["practice"]),
            models.CheckConstraint(
                name="moneypolicy_limit_is_an_amount",
                condition=Q(write_off_limit__gte=0),
                violation_error_message="The limit is 0.00 or more.",
            ),
        ]

    def __str__(self) -> str:
        return f"limit {self.write_off_limit}"


class WriteOffReason(models.TextChoices):
    """Why an amount is given up."""

    SMALL = "small", "small balance"
    LATE = "late", "filed too late"
    APPEAL = "appeal", "appeal lost or not possible"
    NOT_COVERED = "not_covered", "not covered"
    CONTRACT = "contract", "reduction by contract that the payer did not take"
    OTHER = "other", "other, see note"


class WriteOffOutcome(models.TextChoices):
    """What became of a request."""

    WRITTEN_OFF = "written_off", "written off"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


class WriteOff(PracticeModel):
    """A request to write off an open amount; above the practice's limit a second person decides. Append-only.

    `claim_total` is what would be written off of the claim with it, so that parts do not pass below the limit.
    An amount below zero takes an earlier write-off back.
    """

    public_id = PublicIdField(unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="write_offs")
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    payer_rank = models.CharField(max_length=1, default="P")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    claim_total = models.DecimalField(max_digits=12, decimal_places=2)
    limit = models.DecimalField(max_digits=7, decimal_places=2, help_text="Of the practice, when it was asked.")
    reason = models.CharField(max_length=11, choices=WriteOffReason)
    note = models.CharField(max_length=300, blank=True)
    takes_back = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, related_name="taken_back_by", db_constraint=False
    )
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=11, choices=WriteOffOutcome, null=True)
    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, null=True, related_name="write_off")

    database_objects = append_only("billing_writeoff", marks=("decided_at", "decided_by_id", "outcome", "entry_id"))

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="writeoff_one_waits",
                fields=["claim", "line", "payer_rank"],
                condition=Q(outcome__isnull=True),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="writeoff_takes_back_less_than_nothing",
                condition=Q(takes_back__isnull=True, amount__gt=0) | Q(takes_back__isnull=False, amount__lt=0),
            ),
            models.CheckConstraint(
                name="writeoff_has_an_entry_if_written_off",
                condition=Q(outcome="written_off", entry__isnull=False, decided_by__isnull=False)
                | ~Q(outcome="written_off") & Q(entry__isnull=True),
            ),
            models.CheckConstraint(
                name="writeoff_second_person_above_the_limit",
                condition=~Q(outcome="written_off")
                | Q(claim_total__lte=F("limit"))
                | Q(amount__lt=0)
                | ~Q(decided_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount}"
