"""Keyed digests of a month from its preparation on: of its rows, and of every value that is written to a file."""

from django.db import models

from billing.models.lines import Claim
from billing.models.months import MonthClose
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class SealDigest(PracticeModel):
    """The digest over a month as one action left it: over its parts, and over the digests of all of its claims.

    Append-only; the latest counts. The same digest is in the audit event of the action, so that an older one cannot
    be put in its place.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="seal_digests", **PAIR_KEY)
    action = models.CharField(
        max_length=10, help_text="prepared, returned, sealed, reopened, adjusted, sent, confirmed or renewed"
    )
    key_name = models.CharField(max_length=8, help_text="Which of PORTAL_SEAL_KEYS made it.")
    parts = models.JSONField(help_text="The digest of each part of the month, by the part's name.")
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    database_objects = append_only("billing_sealdigest")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["close", "-id"], name="sealdigest_latest")]

    def __str__(self) -> str:
        return f"digest of a month {self.action}"


class SealedClaim(PracticeModel):
    """The digests of a claim's row, of each of its lines, and of each group of values that is written to a file.

    Append-only; the latest of a claim counts.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    key_name = models.CharField(max_length=8, help_text="Which of PORTAL_SEAL_KEYS made the digests.")
    row_digests = models.JSONField(help_text="The digest of the claim and of each line, by public ID.")
    value_digests = models.JSONField(help_text="The digest of each group of values that is written to a file.")

    database_objects = append_only("billing_sealedclaim")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["close", "claim", "-id"], name="sealedclaim_latest")]

    def __str__(self) -> str:
        return f"digests of claim {self.claim_id}"
