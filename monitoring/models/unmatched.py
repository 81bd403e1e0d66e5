"""Models of entries that could not be matched, and of senders' statements about readings."""

from django.db import models
from django.db.models import Q

from monitoring.models.reading_keys import both_or_neither
from monitoring.models.sources import Delivery, Source
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class UnmatchedReading(PracticeModel):
    """An entry that could not be matched: stored with the reason until a person decides. Never dropped."""

    class Reason(models.TextChoices):
        """Why it could not be matched."""

        UNKNOWN_DEVICE = "unknown_device", "no device with this serial number in the practice"
        NOT_ASSIGNED = "not_assigned", "the device was with nobody at that time"
        WHOSE = "whose", "a shared device: whose reading is it?"
        FUTURE = "future", "measured more than five minutes in the future"
        IMPOSSIBLE = "impossible", "a value no living person has"
        UNKNOWN_UNIT = "unknown_unit", "a unit or device range that is not known for this measure"
        UNREADABLE = "unreadable", "a part is missing or not understood"
        SAME_NAME = "same_name", "the sender's identifier names two measurements; both are kept"
        VOIDED_HERE = "voided_here", "a person of the practice voided this reading before the sender changed it"

    class Resolution(models.TextChoices):
        """How it was resolved."""

        PLACED = "placed", "placed when it was tried again"
        SET_ASIDE = "set_aside", "dismissed by a person"
        TAKEN_BACK = "taken_back", "taken back by the sender"

    public_id = PublicIdField()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="unmatched")
    serial = models.CharField(max_length=60, blank=True)
    payload = models.JSONField()
    reason = models.CharField(max_length=20, choices=Reason)
    message = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    resolution = models.CharField(max_length=10, choices=Resolution, null=True, blank=True)
    resolution_note = models.CharField(max_length=300, null=True, blank=True)
    digest = models.CharField(
        max_length=90, help_text="Makes it wait once; includes the delivery if it was sent again."
    )
    vendor_system = models.CharField(max_length=80, blank=True)
    vendor_id = models.CharField(max_length=80, blank=True)
    issued_at = models.DateTimeField(null=True)

    database_objects = append_only(
        "monitoring_unmatchedreading", marks=("resolved_at", "resolved_by_id", "resolution", "resolution_note")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="unmatched_public_id", fields=["public_id"]),
            # An entry that was matched or retracted and is sent again without a match waits again.
            models.UniqueConstraint(
                name="unmatched_once",
                fields=["practice", "digest"],
                condition=Q(resolved_at__isnull=True) | Q(resolution="set_aside"),
            ),
        ]
        indexes = [models.Index(fields=["practice", "vendor_id"], name="unmatched_by_name", condition=~Q(vendor_id=""))]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}"

    @property
    def waits(self) -> bool:
        """Whether it waits for a match; else the reading is stored or voided, and a person is to review it."""
        return self.reason not in {self.Reason.SAME_NAME, self.Reason.VOIDED_HERE}


class SenderStatement(PracticeModel):
    """A sender's statement about a reading it named, if no version of the reading contains it.

    A retraction, also one that arrived before its reading; or a newer version with the values that are stored already.
    """

    class Kind(models.TextChoices):
        """Kind of a statement."""

        RETRACTED = "retracted", "taken back"
        CONFIRMED = "confirmed", "the same values, said again later"

    sender = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", db_index=False)
    vendor_system = models.CharField(max_length=80, blank=True)
    vendor_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind)
    reading = models.ForeignKey("monitoring.Reading", on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    reading_measured_at = models.DateTimeField(null=True)
    measured_at = models.DateTimeField(null=True, help_text="Of the retracted reading, if it was sent.")
    amended = models.BooleanField(default=False)
    issued_at = models.DateTimeField(null=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.PositiveIntegerField(help_text="Its place in the body.")
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, help_text="When a retraction was applied to its reading.")

    database_objects = append_only("monitoring_senderstatement", marks=("applied_at",))

    class Meta:
        constraints = [
            both_or_neither("reading", name="senderstatement_reading_both"),
            models.UniqueConstraint(name="senderstatement_once", fields=["delivery", "entry", "vendor_id", "kind"]),
        ]
        indexes = [models.Index(fields=["sender", "vendor_id"], name="senderstatement_by_name")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"
