"""Models of senders of readings and their deliveries."""

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from monitoring.ingest.registry import shape_choices, vendors
from monitoring.ingest.vendor import Vendor
from rpm_portal.core.db.encrypted_fields import EncryptedTextField
from rpm_portal.core.db.fields import PlainInMigrations, PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only

if TYPE_CHECKING:
    _Char = models.CharField[Any, Any]
else:
    _Char = models.CharField


class ShapeField(PlainInMigrations, _Char):
    """The format of a sender's bodies: the shape of a vendor in `monitoring/ingest/vendors/`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        fixed: dict[str, Any] = {"max_length": 12, "choices": shape_choices}
        super().__init__(*args, **fixed | kwargs)

    def deconstruct(self) -> Any:
        """For migrations: without the choices, so that a new vendor needs no migration."""
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("choices", None)
        return name, path, args, kwargs


# The units that can be set on a source for values that are sent without one, by metric.
UNIT_CHOICES = {
    "weight": [("kg", "kilograms"), ("lb", "pounds")],
    "temperature": [("Cel", "degrees Celsius"), ("[degF]", "degrees Fahrenheit")],
    "glucose": [("mg/dL", "mg/dL"), ("mmol/L", "mmol/L")],
}


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
    shape = ShapeField()
    key_digest = models.CharField(max_length=64, unique=True)
    weight_unit = models.CharField(
        max_length=2, blank=True, choices=UNIT_CHOICES["weight"], help_text="Of weights that come without a unit."
    )
    temperature_unit = models.CharField(max_length=6, blank=True, db_default="", choices=UNIT_CHOICES["temperature"])
    glucose_unit = models.CharField(max_length=6, blank=True, db_default="", choices=UNIT_CHOICES["glucose"])
    per_minute = models.PositiveIntegerField(
        default=600, help_text="Bodies processed at once in a minute; further ones are stored and wait for the worker."
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        help_text="Networks (CIDR) from which the source may send; empty for any.",
    )
    signature_algorithm = models.CharField(max_length=6, blank=True, choices=Algorithm)
    signature_header = models.CharField(max_length=60, blank=True)
    signature_encoding = models.CharField(max_length=6, choices=Encoding, default=Encoding.HEX)
    signature_secret = EncryptedTextField(blank=True)
    renews = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The first source of the same sender, if this one replaced its key.",
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    def __str__(self) -> str:
        return self.name

    @property
    def vendor(self) -> Vendor:
        """What is registered for the format of its bodies."""
        return vendors()[self.shape]

    @property
    def units(self) -> dict[str, str]:
        """The units that the practice set for values without one, by metric."""
        units = {"weight": self.weight_unit, "temperature": self.temperature_unit, "glucose": self.glucose_unit}
        return {metric: unit for metric, unit in units.items() if unit}

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
        "accounts.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Who imported a file or typed a value.",
    )
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


class VendorAccount(PracticeModel):
    """A patient's account with a vendor that only announces data, with the tokens to fetch it. One for each source.

    The tokens are encrypted in their columns and deleted when the account is unlinked.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="accounts")
    account = models.CharField(max_length=40, help_text="The vendor's own id of the account.")
    access_token = EncryptedTextField(blank=True)
    refresh_token = EncryptedTextField(blank=True)
    expires_at = models.DateTimeField(help_text="When the access token expires.")
    linked_at = models.DateTimeField()
    unlinked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="vendoraccount_once", fields=["source", "account"])]

    def __str__(self) -> str:
        return f"account {self.pk}"


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
