"""Corrections of claims that a payer has: opened by a person on one claim, with what would be different."""

from django.db import models
from django.db.models import Q

from billing.models.answers import Answer
from billing.models.claim_versions import ClaimVersion, StoredContent
from billing.models.lines import Claim
from rpm_portal.core.db.encrypted_fields import EncryptedJSONField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class CorrectionWay(models.TextChoices):
    """The form of a correction: what is sent, or asked of the payer."""

    NEW = "new", "new claim (frequency 1)"
    REPLACEMENT = "replacement", "replacement (frequency 7)"
    VOID = "void", "void (frequency 8)"
    REOPENING = "reopening", "reopening"


class CorrectionOutcome(models.TextChoices):
    """How a correction ended."""

    SENT = "sent", "sent"
    CORRECTED = "corrected", "corrected by the payer"
    REFUSED = "refused", "refused by the payer"
    WITHDRAWN = "withdrawn", "withdrawn"


class ClaimCorrection(PracticeModel):
    """A correction of one version of a claim. One at a time is open.

    A reopening is asked for by telephone, portal or letter: `content` is the claim as the payer is asked to have it.
    """

    public_id = PublicIdField(unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="corrections")
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, related_name="corrections")
    way = models.CharField(max_length=11, choices=CorrectionWay)
    reason = models.CharField(max_length=300)
    content = EncryptedJSONField()
    due_on = models.DateField(null=True, help_text="The last day to ask for a reopening.")
    good_cause = models.CharField(max_length=300, blank=True, help_text="Why a reopening is asked after one year.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_on = models.DateField(null=True)
    asked_how = models.CharField(max_length=100, null=True)
    reference = models.CharField("the payer's reference number", max_length=60, null=True)
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=9, choices=CorrectionOutcome, null=True)
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    end_note = models.CharField(max_length=300, null=True)

    database_objects = append_only(
        "billing_claimcorrection",
        marks=(
            *("asked_on", "asked_how", "reference", "asked_by_id"),
            *("outcome", "answer_id", "ended_at", "ended_by_id", "end_note"),
        ),
        free=("content",),
    )

    class Meta:
        ordering = ["opened_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="claimcorrection_one_open", fields=["claim"], condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="claimcorrection_ended_by_a_person",
                condition=Q(outcome__isnull=True, ended_at__isnull=True, ended_by__isnull=True)
                | Q(outcome__isnull=False, ended_at__isnull=False, ended_by__isnull=False),
            ),
            models.CheckConstraint(
                name="claimcorrection_asked_on_a_day",
                condition=Q(asked_on__isnull=True, asked_by__isnull=True, asked_how__isnull=True)
                | Q(asked_on__isnull=False, asked_by__isnull=False, asked_how__isnull=False),
            ),
            # Only a remittance proves that a payer has corrected a claim.
            models.CheckConstraint(
                name="claimcorrection_corrected_by_an_answer",
                condition=~Q(outcome="corrected") | Q(answer__isnull=False, asked_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_way_display()}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"correction:{self.public_id}"

    def as_asked(self) -> StoredContent:
        """The content as the payer was asked to have it."""
        content: StoredContent = self.content
        return content
