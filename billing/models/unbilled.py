"""Requests to un-bill a line of a locked month: made by one person and decided by another."""

from django.db import models
from django.db.models import F, Q

from billing.models.lines import ClaimLine
from billing.models.submissions import Adjustment
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class UnbillReason(models.TextChoices):
    """Why a line was billed in error."""

    NOT_FURNISHED = "not_furnished", "service not furnished"
    NO_CONSENT = "no_consent", "no consent on file"
    WRONG_PATIENT = "wrong_patient", "wrong patient"
    DOUBLE = "double", "billed twice"
    OTHER_PRACTICE = "other_practice", "billed by another practice"
    AUDIT = "audit", "audit finding"


class UnbillRequest(PracticeModel):
    """A request to take one approved line of a locked month off its claim. The line keeps its row, as taken back."""

    public_id = PublicIdField(unique=True)
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, related_name="unbill_requests")
    kind = models.CharField(max_length=14, choices=UnbillReason)
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=8, null=True, choices=[("approved", "approved"), ("refused", "refused")])
    why = models.CharField(max_length=300, null=True)
    adjustment = models.ForeignKey(Adjustment, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)

    database_objects = append_only(
        "billing_unbillrequest", marks=("decided_at", "decided_by_id", "decision", "why", "adjustment_id")
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="unbillrequest_one_open_a_line", fields=["line"], condition=Q(decided_at__isnull=True)
            ),
            models.CheckConstraint(
                name="unbillrequest_approved_by_a_second_person",
                condition=Q(decision__isnull=True)
                | ~Q(decision="approved")
                | Q(adjustment__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"unbill:{self.public_id}"
