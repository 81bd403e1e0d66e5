"""Rows of the outbox and receipts. The module's package describes the states."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only

OPEN_PROBLEMS = ("unsure", "undelivered", "refused", "dead")


class OutboxRow(PracticeModel):
    """One message to one recipient, or one write to another system."""

    class State(models.TextChoices):
        """Where the row is on its way."""

        READY = "ready"
        SENDING = "sending"
        ACCEPTED = "accepted"
        DELIVERED = "delivered"
        UNDELIVERED = "undelivered"
        UNSURE = "unsure", "not known whether it was sent"
        REFUSED = "refused"
        DEAD = "dead", "tried five times"
        HELD = "held"
        DROPPED = "dropped"

    public_id = PublicIdField(unique=True)
    kind = models.CharField(max_length=40)
    reference = models.CharField(max_length=120, help_text="What the kind resolves, for example patient:ab12cd.")
    key = models.CharField(max_length=160, help_text="An act queues a row once.")
    params = models.JSONField(default=dict, blank=True, help_text="Ids and codes only.")
    destination = models.CharField(max_length=60, blank=True, help_text="The account or system it is sent through.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.READY)
    due_at = models.DateTimeField()
    not_after = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Failed tries in a row; the next delay follows.")
    provider_id = models.CharField(max_length=120, blank=True)
    earlier_ids = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    why = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=20, blank=True, help_text="The other system's code of an error.")
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of what was sent.")
    parts = models.PositiveSmallIntegerField(default=0, help_text="Segments that the carrier charges.")
    cents = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the other system was asked about it.")
    sent_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    close_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="outboxrow_key_once", fields=["practice", "key"]),
            models.UniqueConstraint(
                name="outboxrow_provider_id_once",
                fields=["practice", "destination", "provider_id"],
                condition=~Q(provider_id=""),
            ),
            models.CheckConstraint(
                name="outboxrow_closed_with_reason", condition=Q(closed_at__isnull=True) | ~Q(close_reason="")
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="outboxrow_due", condition=Q(state__in=["ready", "held"])),
            models.Index(fields=["lease_until"], name="outboxrow_leased", condition=Q(state="sending")),
            models.Index(
                fields=["practice", "changed_at"],
                name="outboxrow_problems",
                condition=Q(state__in=OPEN_PROBLEMS, closed_at__isnull=True),
            ),
            models.Index(fields=["practice", "reference", "-made_at"], name="outboxrow_of_reference"),
            models.Index(fields=["practice", "destination", "sent_at"], name="outboxrow_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class SendReceipt(PracticeModel):
    """What another system reported about a row, once for each status."""

    row = models.ForeignKey(OutboxRow, on_delete=models.PROTECT, related_name="receipts")
    provider_id = models.CharField(max_length=120)
    status = models.CharField(max_length=20)
    error = models.CharField(max_length=20, blank=True)
    provider_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()

    database_objects = append_only("outbox_sendreceipt")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="sendreceipt_once", fields=["row", "provider_id", "status"]),
        ]

    def __str__(self) -> str:
        return f"{self.status} of {self.row_id}"


from rpm_portal.core.outbox.channels.models import CaughtMessage, ChannelAccount, HookBody  # noqa: E402

__all__ = ["OPEN_PROBLEMS", "CaughtMessage", "ChannelAccount", "HookBody", "OutboxRow", "SendReceipt"]
