"""Appeals of denied claims and lines, one row a level."""

from django.db import models
from django.db.models import Q

from billing.models.answers import Answer
from billing.models.claim_versions import ClaimVersion
from billing.models.lines import ClaimLine
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class AppealOutcome(models.TextChoices):
    """How a level of an appeal ended."""

    FAVORABLE = "favorable", "favorable"
    PARTLY = "partly", "partly favorable"
    UNFAVORABLE = "unfavorable", "unfavorable"
    DISMISSED = "dismissed", "dismissed"
    WITHDRAWN = "withdrawn", "withdrawn"


class Appeal(PracticeModel):
    """One level of an appeal. What was filed and decided is written once."""

    public_id = PublicIdField(unique=True)
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, related_name="appeals")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="appeals")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    level = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    argument = models.CharField(max_length=2000)
    due_on = models.DateField(help_text="The day to file by.")
    last_day = models.DateField(help_text="The last day, with the presumed days of receipt.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    filed_on = models.DateField(null=True)
    filed_how = models.CharField(max_length=100, null=True)
    reference = models.CharField(max_length=60, null=True)
    filed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=11, choices=AppealOutcome, null=True)
    decided_on = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    end_note = models.CharField(max_length=300, null=True)

    database_objects = append_only(
        "billing_appeal",
        marks=(
            *("filed_on", "filed_how", "reference", "filed_by_id"),
            *("outcome", "decided_on", "ended_at", "ended_by_id", "end_note"),
        ),
    )

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="appeal_once_a_level", fields=["version", "line", "answer", "level"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="appeal_decided_after_it_was_filed",
                condition=Q(outcome__isnull=True, ended_at__isnull=True)
                | Q(outcome="withdrawn", ended_at__isnull=False)
                | Q(outcome__isnull=False, ended_at__isnull=False, filed_on__isnull=False, decided_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.level

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"appeal:{self.public_id}"
