"""A practice's own audit of a random sample of its claims, with a person's conclusion on each claim."""

from django.db import models
from django.db.models import Q

from billing.models.lines import Claim
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class AuditConclusion(models.TextChoices):
    """Whether the record supports a claim."""

    SUPPORTED = "supported", "supported by the record"
    NOT_SUPPORTED = "not", "not supported by the record"


class MockAudit(PracticeModel):
    """A sample drawn at random from the claims of some months. The seed makes the draw repeatable."""

    public_id = PublicIdField(unique=True)
    first_month = models.DateField()
    last_month = models.DateField()
    drawn_from = models.PositiveIntegerField(help_text="How many claims of these months had an approved line.")
    seed = models.PositiveBigIntegerField()
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    database_objects = append_only("billing_mockaudit", marks=("closed_at", "closed_by_id"))

    class Meta:
        ordering = ["-drawn_at"]

    def __str__(self) -> str:
        return f"audit {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"mock_audit:{self.public_id}"


class CheckedClaim(PracticeModel):
    """One claim of a sample. It is concluded once; a second conclusion needs another audit."""

    public_id = PublicIdField(unique=True)
    audit = models.ForeignKey(MockAudit, on_delete=models.PROTECT, related_name="claims")
    number = models.PositiveSmallIntegerField()
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    conclusion = models.CharField(max_length=9, choices=AuditConclusion, null=True)
    note = models.CharField(max_length=300, null=True)
    concluded_at = models.DateTimeField(null=True)
    concluded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")

    database_objects = append_only(
        "billing_checkedclaim", marks=("conclusion", "note", "concluded_at", "concluded_by_id")
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="checkedclaim_once", fields=["audit", "claim"]),
            models.CheckConstraint(
                name="checkedclaim_whole",
                condition=Q(conclusion__isnull=True, concluded_at__isnull=True, concluded_by__isnull=True)
                | Q(conclusion__isnull=False, concluded_at__isnull=False, concluded_by__isnull=False),
            ),
            models.CheckConstraint(
                name="checkedclaim_says_why_not",
                condition=~Q(conclusion="not") | Q(note__isnull=False) & ~Q(note=""),
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.number} of {self.audit_id}"
