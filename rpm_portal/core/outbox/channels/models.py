"""A practice's accounts at carriers and mail servers, what these sent to us, and messages caught on a trial."""

from django.db import models
from django.db.models import Q

from rpm_portal.core.db.encrypted_fields import EncryptedTextField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ChannelAccount(PracticeModel):
    """An account at a carrier or mail server. Its secrets are encrypted and never shown again."""

    class Kind(models.TextChoices):
        """What it sends."""

        SMS = "sms", "texts"
        MAIL = "mail", "e-mail"

    class Provider(models.TextChoices):
        """Which adapter speaks to it."""

        TWILIO_SHAPED = "twilio_shaped", "Twilio, or a carrier with the same interface"
        KANNEL = "kannel", "our own SMS gateway (Kannel)"
        SMTP = "smtp", "a mail server (SMTP)"
        LOCAL = "local", "a page of this portal (trial only)"

    public_id = PublicIdField(unique=True)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    provider = models.CharField(max_length=14, choices=Provider.choices)
    account_name = models.CharField("account or user name", max_length=80, blank=True)
    host = models.CharField("mail server", max_length=120, blank=True)
    port = models.PositiveIntegerField(default=587)
    secret = EncryptedTextField(blank=True)
    earlier_secret = EncryptedTextField(blank=True)
    earlier_until = models.DateTimeField(null=True, blank=True, help_text="Until then callbacks with it are accepted.")
    hook_secret = EncryptedTextField(help_text="Part of the address to which a carrier that signs nothing reports.")
    sender = models.CharField(max_length=120)
    outside_name = models.CharField(
        "name in messages",
        max_length=30,
        help_text="Anybody may read it: choose one that does not reveal a condition.",
    )
    help_phone = models.CharField("telephone in messages", max_length=20)
    per_day = models.PositiveIntegerField("messages a day", default=2000)
    per_month_cents = models.PositiveIntegerField("budget a month in cents", default=20_000)
    cents_per_part = models.DecimalField("cents for a segment", max_digits=6, decimal_places=3, default=1)
    provider_answers_stop = models.BooleanField("the carrier confirms STOP itself", default=True)
    baa_signed_on = models.DateField("business associate agreement signed on", null=True, blank=True)
    is_on = models.BooleanField("in use", default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="channelaccount_one_in_use", fields=["practice", "kind"], condition=Q(is_on=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} through {self.get_provider_display()}"

    @property
    def destination(self) -> str:
        """The name of this account in rows of the outbox."""
        return f"channel:{self.public_id}"


class HookBody(PracticeModel):
    """A genuine callback, stored before it is understood. The same callback again changes nothing."""

    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=8, choices=[("receipt", "receipt"), ("inbound", "incoming message")])
    key = models.CharField(max_length=160, help_text="The carrier's id, and for a receipt its status.")
    row = models.ForeignKey("outbox.OutboxRow", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    body = EncryptedTextField()
    sha256 = models.CharField(max_length=64)
    received_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)

    database_objects = append_only("outbox_hookbody", marks=("handled_at",), free=("body",))

    class Meta:
        constraints = [models.UniqueConstraint(name="hookbody_once", fields=["account", "about", "key"])]
        indexes = [
            models.Index(fields=["received_at"], name="hookbody_open", condition=Q(handled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.about} {self.pk}"


class CaughtMessage(PracticeModel):
    """A message of the local provider: shown on a page of the portal instead of leaving it."""

    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    address = EncryptedTextField()
    subject = models.CharField(max_length=120, blank=True)
    body = EncryptedTextField()
    at = models.DateTimeField()

    database_objects = append_only("outbox_caughtmessage", free=("address", "body"))

    class Meta:
        indexes = [models.Index(fields=["practice", "-id"], name="caughtmessage_newest")]

    def __str__(self) -> str:
        return f"message {self.pk}"
