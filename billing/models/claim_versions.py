"""Versions of claims with their frozen content, and copies of claims that submit nothing."""

from typing import Any

from django.db import models

from billing.models.claim_states import ClaimState
from billing.models.lines import Claim
from billing.models.months import MonthClose
from billing.models.submissions import ExportFormat, Submission, checked_body, content_digest
from rpm_portal.core.db.encrypted_fields import ContentChanged, EncryptedBytesField, EncryptedJSONField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only

# The content of a claim as it is stored: `Content.as_json`.
StoredContent = dict[str, Any]


class VersionKind(models.TextChoices):
    """Why a version of a claim was made."""

    FIRST = "first", "first"
    AGAIN = "again", "sent again, word for word"
    CORRECTED = "corrected", "corrected, as a new claim"
    REPLACEMENT = "replacement", "replacement"
    VOID = "void", "void"
    SECONDARY = "secondary", "to a later payer"


class ClaimVersion(PracticeModel):
    """One version of a claim: its content, frozen, with its own claim number (CLM01).

    `state`, `open_lines` and `decided_by` are kept values, derived from the answers (`claims/states.py`).
    """

    public_id = PublicIdField(unique=True)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=11, choices=VersionKind, default=VersionKind.FIRST)
    payer_rank = models.CharField(max_length=1, default="P", help_text="P, S or T: primary, secondary, tertiary payer.")
    previous = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    correction = models.ForeignKey(
        "billing.ClaimCorrection", on_delete=models.PROTECT, null=True, related_name="sent_as", **PAIR_KEY
    )
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="versions")
    transaction_number = models.CharField("ST02 of its transaction", max_length=9, blank=True)
    frequency = models.CharField(max_length=1, choices=[("1", "new"), ("7", "replacement"), ("8", "void")])
    control = models.CharField("CLM01", max_length=20, unique=True)
    original = models.CharField("payer's number that it names (REF*F8)", max_length=50, blank=True)
    lines = models.PositiveSmallIntegerField(help_text="How many lines it bills.")
    total = models.DecimalField(max_digits=12, decimal_places=2)
    content = EncryptedJSONField()
    digest = models.CharField(max_length=64)
    opened_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=14, choices=ClaimState, default=ClaimState.WRITTEN)
    open_lines = models.PositiveSmallIntegerField(default=0, help_text="Lines without an answer, once one has one.")
    decided_by = models.ForeignKey(
        "billing.Answer", on_delete=models.PROTECT, null=True, related_name="decides", **PAIR_KEY
    )

    database_objects = append_only("billing_claimversion", free=("content", "state", "open_lines", "decided_by_id"))

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(name="claimversion_once", fields=["claim", "number"])]
        indexes = [models.Index(fields=["practice", "state"], name="claimversion_by_state")]

    def __str__(self) -> str:
        return f"{self.control}, version {self.number}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the number the payer knows."""
        return f"claim:{self.control}"

    def as_sent(self) -> StoredContent:
        """The content that was sent. Raises ContentChanged if the stored content differs from its digest."""
        if content_digest(self.content) != self.digest:
            raise ContentChanged(
                f"Claim {self.control} is not what was sent: its digest differs. Nothing was done with it."
            )
        content: StoredContent = self.content
        return content


class ClaimCopy(PracticeModel):
    """A file of claims that submits nothing: a table, a preview, a trial. A disclosure without effect on any state."""

    public_id = PublicIdField(unique=True)
    number = models.PositiveIntegerField(help_text="From the one counter of the practice's files.")
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="copies")
    shape = models.CharField(max_length=8, choices=ExportFormat)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField()
    claims = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=12, decimal_places=2)

    database_objects = append_only("billing_claimcopy", free=("body",))

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="claimcopy_numbered_in_practice", fields=["practice", "number"])]

    def __str__(self) -> str:
        return f"copy {self.number}"

    def as_sent(self) -> bytes:
        """The file, byte for byte as it was written. Raises ContentChanged if it differs from its digest."""
        return checked_body(self.body, self.sha256, f"Copy {self.number}")


class CopiedClaim(PracticeModel):
    """A claim in a copy. `control` is the claim number that a trial used, so that an answer to it is recognized."""

    copy = models.ForeignKey(ClaimCopy, on_delete=models.PROTECT, related_name="copied")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    control = models.CharField(max_length=20)

    database_objects = append_only("billing_copiedclaim")

    class Meta:
        constraints = [models.UniqueConstraint(name="copiedclaim_once", fields=["copy", "claim"])]
        indexes = [models.Index(fields=["practice", "control"], name="copiedclaim_by_control")]

    def __str__(self) -> str:
        return f"{self.control}"
