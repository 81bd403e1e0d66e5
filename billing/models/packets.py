"""Background runs that make evidence packets: the request, and each claim's packet."""

from django.db import models
from django.db.models import Q

from billing.models.lines import Claim
from rpm_portal.core.db.encrypted_fields import EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel


class PacketRun(PracticeModel):
    """A request for the packets of some claims, with the letter that precedes them."""

    public_id = PublicIdField(unique=True)
    title = models.CharField(max_length=120)
    letter = models.TextField(blank=True, help_text="Printed before the list of claims.")
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    signaled_at = models.DateTimeField(help_text="When the worker was last signaled.")
    cleared_at = models.DateTimeField(null=True, help_text="When the finished packets were deleted.")

    class Meta:
        ordering = ["-asked_at", "-pk"]

    def __str__(self) -> str:
        return self.title


class PacketItem(PracticeModel):
    """One claim's packet: waiting, ready with its digest, or failed with the kind of the failure."""

    run = models.ForeignKey(PacketRun, on_delete=models.CASCADE, related_name="items")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=40, blank=True)
    body = EncryptedBytesField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    missing_documents = models.JSONField(default=list)
    error = models.CharField(max_length=100, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(name="packetitem_once", fields=["run", "claim"])]
        indexes = [models.Index(fields=["run", "number"], condition=Q(done_at=None), name="packetitem_waiting")]

    def __str__(self) -> str:
        return self.name
