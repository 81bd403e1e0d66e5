"""Work on claims that came back: items in queues, each with an owner and a due date, and what people noted."""

from django.db import models
from django.db.models import Q

from billing.models.answers import Answer, AnswerTransaction
from billing.models.claim_versions import ClaimVersion
from billing.models.lines import Claim, ClaimLine
from billing.models.refunds import RefundDuty
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class Queue(models.TextChoices):
    """The queues of work, in the order of the page."""

    REJECTED = "rejected", "Rejections"
    DENIED = "denied", "Denials"
    UNMATCHED = "unmatched", "Part answered or not matched"
    NO_ANSWER = "no_answer", "No answer"
    OTHER_PAYER = "other_payer", "With another payer"
    UNDERPAID = "underpaid", "Underpaid"
    FILING = "filing", "Filing limit near"
    CORRECTION = "correction", "Corrections to ask for"
    REFUND = "refund", "Refunds"
    HELD = "held", "Held payments"


class WorkItem(PracticeModel):
    """One piece of work. It is opened and ended by rule; a person ends it only with a reason."""

    public_id = PublicIdField(unique=True)
    queue = models.CharField(max_length=11, choices=Queue)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, related_name="work")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    transaction = models.ForeignKey(
        AnswerTransaction, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY
    )
    duty = models.ForeignKey(RefundDuty, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    due_on = models.DateField()
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    snoozed_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: it ended by rule."
    )
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="workitem_once",
                fields=["practice", "queue", "claim", "line", "version", "answer", "transaction", "duty"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="workitem_ended_by_a_person_with_a_reason",
                condition=Q(ended_by__isnull=True) | Q(ended_at__isnull=False) & ~Q(end_reason=""),
            ),
            models.CheckConstraint(
                name="workitem_is_about_a_claim_or_a_payment",
                condition=Q(claim__isnull=False) ^ Q(transaction__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "due_on"], name="workitem_open", condition=Q(ended_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.get_queue_display()}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"work:{self.public_id}"


class WorkNote(PracticeModel):
    """What a person did or found on an item. Append-only."""

    item = models.ForeignKey(WorkItem, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_worknote")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.text[:30]
