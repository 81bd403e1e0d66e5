"""Draft of a payer's next policy, until a second person approves it."""

from django.db import models
from django.db.models import F, Q

from billing.models.policies import STRICTEST, PayerPolicy
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel


class DraftState(models.TextChoices):
    """The state of a draft. The last two are final."""

    DRAFT = "draft", "draft"
    SUBMITTED = "submitted", "waits for a second person"
    APPROVED = "approved", "approved"
    REFUSED = "refused", "refused"


class PolicyDraft(PracticeModel):
    """A payer's policy from a day on. It has no effect until a second person has approved it."""

    public_id = PublicIdField(unique=True)
    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, related_name="policy_drafts")
    preset = models.CharField(max_length=40, default=STRICTEST)
    departures = models.JSONField(default=list)
    starts_on = models.DateField()
    source = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=DraftState, default=DraftState.DRAFT)
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    submitted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    policy = models.ForeignKey(PayerPolicy, on_delete=models.PROTECT, null=True, related_name="+")
    history = PracticeHistory()

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                name="policydraft_one_open_a_payer",
                fields=["payer"],
                condition=Q(state__in=["draft", "submitted"]),
            ),
            models.CheckConstraint(
                name="policydraft_approved_by_a_second_person",
                condition=~Q(state="approved")
                | Q(decided_by__isnull=False, policy__isnull=False) & ~Q(decided_by=F("submitted_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} from {self.starts_on}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"policy_draft:{self.public_id}"
