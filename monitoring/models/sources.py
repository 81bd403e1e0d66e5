"""Models of senders of readings, their deliveries, and entries that could not be matched."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from monitoring.models.reading_keys import both_or_neither
from rpm_portal.core.db.encrypted_fields import EncryptedTextField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class Shape(models.TextChoices):
    """Formats of bodies; one parser each in `monitoring.ingest`."""

    PORTAL = "portal", "portal JSON"
    TELLI = "telli", "Telli Health"
    TENOVI = "tenovi", "Tenovi"
    BODYTRACE = "bodytrace", "BodyTrace"
    WITHINGS = "withings", "Withings"
    FHIR = "fhir", "FHIR R4"
    FILE = "file", "a file brought in"
    HAND = "hand", "typed in the portal"


# Formats that people of the practice enter themselves; they have no key and no API address.
BY_PEOPLE = {Shape.FILE, Shape.HAND}


class Source(PracticeModel):
    """A sender of readings and the digest of its key; the key itself is not stored.

    A sender with a `signature_algorithm` also signs each body (HMAC) with a shared secret.
    """

    class Algorithm(models.TextChoices):
        """Hash functions of a signature, by their names in hashlib."""

        SHA256 = "sha256", "HMAC-SHA256"
        SHA512 = "sha512", "HMAC-SHA512"
        SHA1 = "sha1", "HMAC-SHA1"

    class Encoding(models.TextChoices):
        """How the bytes of a signature are written in its header."""

        HEX = "hex", "hexadecimal"
        BASE64 = "base64", "Base64"

    public_id = PublicIdField(unique=True)
    name = models.CharField(max_length=60)
    shape = models.CharField(max_length=12, choices=Shape)
    key_digest = models.CharField(max_length=64, unique=True)
    weight_unit = models.CharField(
        max_length=2,
        blank=True,
        choices=[("kg", "kilograms"), ("lb", "pounds")],
        help_text="Of weights that come without a unit.",
    )
    per_minute = models.PositiveIntegerField(
        default=600, help_text="Bodies processed at once in a minute; further ones are stored and wait for the worker."
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True,
        help_text="Networks (CIDR) from which the source may send; empty for any.",
    )  # fmt: skip
    signature_algorithm = models.CharField(max_length=6, blank=True, choices=Algorithm)
    signature_header = models.CharField(max_length=60, blank=True)
    signature_encoding = models.CharField(max_length=6, choices=Encoding, default=Encoding.HEX)
    signature_secret = EncryptedTextField(blank=True)
    renews = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        help_text="The first source of the same sender, if this one replaced its key.",
    )  # fmt: skip
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def sender_id(self) -> int:
        """The first source of the sender: its identifiers stay valid when its key is replaced."""
        return int(self.renews_id or self.pk)


class DeliveryState(models.TextChoices):
    """State of a delivery."""

    DONE = "done", "worked through"
    WAITING = "waiting", "kept, waits for the worker"
    REFUSED = "refused", "not understood"
    FAILED = "failed", "given up after five tries"


class Delivery(PracticeModel):
    """One received body, with its result, which may change when it is replayed.

    The body is a separate row (`DeliveryBody`) and never changes.
    """

    public_id = PublicIdField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    sent_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        help_text="Who brought in a file or typed a value.",
    )  # fmt: skip
    received_at = models.DateTimeField()
    body_digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.DONE)
    outcome = models.JSONField(null=True)
    message = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    times = models.PositiveIntegerField(default=1, help_text="How often the same body was received.")

    database_objects = append_only(
        "monitoring_delivery", free=("outcome", "state", "message", "tries", "due_at", "times")
    )

    class Meta:
        verbose_name_plural = "deliveries"
        # Not unique=True on the field: Django would add an index for LIKE patterns, which no query uses.
        constraints = [models.UniqueConstraint(name="delivery_public_id", fields=["public_id"])]
        indexes = [
            models.Index(fields=["source", "body_digest"], name="delivery_by_digest"),
            models.Index(fields=["source", "-received_at"], name="delivery_latest"),
            models.Index(fields=["due_at"], name="delivery_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["practice", "-received_at"], name="delivery_dead", condition=Q(state__in=["refused", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def body(self) -> bytes | None:
        """The body as received; None if it is no longer stored. One statement."""
        stored = getattr(self, "kept_body", None)
        return bytes(stored.body) if stored is not None else None


class DeliveryBody(PracticeModel):
    """The bytes of one delivery, stored before they are parsed, so that nothing acknowledged is lost.

    A separate table, because bodies are stored for months and deliveries for years.
    """

    # The foreign key to the delivery includes the practice.
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    delivery = models.OneToOneField(
        Delivery, on_delete=models.PROTECT, primary_key=True, related_name="kept_body", db_constraint=False
    )
    received_at = models.DateTimeField()
    body = models.BinaryField()

    database_objects = append_only("monitoring_deliverybody")

    class Meta:
        verbose_name_plural = "delivery bodies"

    def __str__(self) -> str:
        return f"body of delivery {self.pk}"


class DeviceContact(PracticeModel):
    """When something was last received from a device, and its battery and signal if it sent them.

    Never a reading day. A heartbeat counts as sent, a reading as received: measuring alone is no contact.
    """

    device = models.OneToOneField("enrollment.Device", on_delete=models.PROTECT, related_name="contact")
    heard_at = models.DateTimeField()
    battery = models.PositiveSmallIntegerField(null=True, help_text="Percent.")
    signal = models.SmallIntegerField(null=True, help_text="As the vendor sends it.")
    clock_lag_seconds = models.IntegerField(
        null=True,
        help_text="From measuring to receipt, of the latest automatic reading; negative if the device's clock is fast.",
    )

    def __str__(self) -> str:
        return f"heard {self.heard_at:%Y-%m-%d %H:%M}Z"

    @property
    def clock_words(self) -> str:
        """How far the clock is ahead, if it is; empty if no reading was received. A slow clock looks like a delay."""
        if self.clock_lag_seconds is None:
            return ""
        minutes = -self.clock_lag_seconds // 60
        if minutes < 1:
            return "not fast"
        return f"{minutes} min fast" if minutes < 120 else f"{minutes // 60:,} h fast"


class UnmatchedReading(PracticeModel):
    """An entry that could not be matched: stored with the reason until a person decides. Never dropped."""

    class Reason(models.TextChoices):
        """Why it could not be matched."""

        UNKNOWN_DEVICE = "unknown_device", "no device with this serial number in the practice"
        NOT_ASSIGNED = "not_assigned", "the device was with nobody at that time"
        FUTURE = "future", "measured more than five minutes in the future"
        IMPOSSIBLE = "impossible", "a value no living person has"
        UNKNOWN_UNIT = "unknown_unit", "a unit or device range that is not known for this measure"
        UNREADABLE = "unreadable", "a part is missing or not understood"
        SAME_NAME = "same_name", "the sender's identifier names two measurements; both are kept"
        VOIDED_HERE = "voided_here", "a person of the practice voided this reading before the sender changed it"

    class Resolution(models.TextChoices):
        """How it was resolved."""

        PLACED = "placed", "placed when it was tried again"
        SET_ASIDE = "set_aside", "set aside by a person"
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
