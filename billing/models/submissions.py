"""Claim setup, exports of claims, and the payers' answers."""

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from billing.models.lines import Claim, ClaimLine
from billing.models.months import MonthClose
from rpm_portal.core.db.encrypted_fields import ContentChanged, EncryptedBytesField, EncryptedJSONField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ClaimSetup(PracticeModel):
    """The practice's own data on every claim, and the receiver of its files. One row a practice."""

    street = models.CharField(max_length=55)
    city = models.CharField(max_length=30)
    state = models.CharField(max_length=2, validators=[RegexValidator(r"^[A-Z]{2}$", "Two capitals, like IL.")])
    postal_code = models.CharField(
        "ZIP of nine digits", max_length=10, validators=[RegexValidator(r"^\d{5}-?\d{4}$", "Write it as 60601-1234.")]
    )
    taxonomy = models.CharField(
        "taxonomy code",
        max_length=10,
        validators=[RegexValidator(r"^[0-9A-Z]{9}X$", "Ten characters that end in X, like 207Q00000X.")],
    )
    place_of_service = models.CharField(max_length=2, default="11")
    contact = models.CharField(max_length=60)
    phone = models.CharField(max_length=20, validators=[RegexValidator(r"^(\D*\d){10}\D*$", "A number of ten digits.")])
    submitter_id = models.CharField(max_length=15)
    receiver = models.CharField(max_length=60, help_text="The clearinghouse or payer the file goes to.")
    receiver_id = models.CharField(max_length=15)
    form_left = models.PositiveSmallIntegerField(
        "CMS-1500 left margin", default=24, help_text="In points; move the print until it meets the form."
    )
    form_top = models.PositiveSmallIntegerField("CMS-1500 top margin", default=20, help_text="In points.")
    test = models.BooleanField(default=True, help_text="Files are marked as trials until this is taken away.")
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "claim setup"
        constraints = [models.UniqueConstraint(name="claimsetup_once", fields=["practice"])]

    def __str__(self) -> str:
        return f"to {self.receiver}"


class Charge(PracticeModel):
    """The practice's charge for a unit of a code from a day on."""

    code = models.CharField(max_length=5)
    starts_on = models.DateField()
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    history = PracticeHistory()

    class Meta:
        ordering = ["code", "-starts_on"]
        constraints = [
            models.UniqueConstraint(name="charge_once_from", fields=["practice", "code", "starts_on"]),
            models.CheckConstraint(name="charge_is_an_amount", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} from {self.starts_on}: {self.amount}"


class PlaceOfService(PracticeModel):
    """The place of service of a payer's lines, of a code's, or of both, from a day on; else the one of the set-up."""

    payer = models.ForeignKey(
        "enrollment.Payer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: every payer.",
    )
    code = models.CharField(max_length=5, blank=True, help_text="Empty: every code.")
    place = models.CharField(
        "place of service", max_length=2, validators=[RegexValidator(r"^[0-9]{2}$", "Two digits, like 11.")]
    )
    starts_on = models.DateField("from")
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "places of service"
        ordering = ["payer", "code", "-starts_on"]
        constraints = [
            models.UniqueConstraint(
                name="placeofservice_once_from",
                fields=["practice", "payer", "code", "starts_on"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.place} from {self.starts_on}"


class ExportFormat(models.TextChoices):
    """The file format of an export."""

    X12 = "837p", "837P"
    CSV = "csv", "CSV"
    FORM = "1500", "CMS-1500"
    FHIR = "fhir", "FHIR Claim"


def content_digest(content: dict[str, object]) -> str:
    """HMAC-SHA256 of a claim's content as canonical JSON. A digest without a key could be guessed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(settings.AUDIT_KEY, b"claim content" + text, hashlib.sha256).hexdigest()


class Export(PracticeModel):
    """A file of claims, byte for byte as it was sent. Append-only."""

    public_id = PublicIdField(unique=True)
    number = models.PositiveIntegerField()
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="exports")
    shape = models.CharField(max_length=4, choices=ExportFormat)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField()
    claims = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=12, decimal_places=2)

    database_objects = append_only("billing_export", free=("body",))

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="export_numbered_in_practice", fields=["practice", "number"])]

    def __str__(self) -> str:
        return f"export {self.number}"

    def as_sent(self) -> bytes:
        """The file, byte for byte as it was sent. Raises ContentChanged if the stored file differs from its digest."""
        if hashlib.sha256(self.body).hexdigest() != self.sha256:
            raise ContentChanged(
                f"Export {self.number} is not the file that left: its digest differs. Nothing was handed out."
            )
        return bytes(self.body)


class SentClaim(PracticeModel):
    """One version of a claim as it was sent, with a copy of its content."""

    public_id = PublicIdField(unique=True)
    export = models.ForeignKey(Export, on_delete=models.PROTECT, related_name="sent")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="sent")
    version = models.PositiveSmallIntegerField()
    frequency = models.CharField(max_length=1, choices=[("1", "new"), ("7", "replacement"), ("8", "void")])
    control = models.CharField(max_length=20, unique=True)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    content = EncryptedJSONField()
    digest = models.CharField(max_length=64)

    database_objects = append_only("billing_sentclaim", free=("content",))

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(name="sentclaim_once", fields=["claim", "version"])]

    def __str__(self) -> str:
        return f"{self.control}, version {self.version}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the number the payer knows."""
        return f"claim:{self.control}"

    def as_sent(self) -> dict[str, Any]:
        """The content that was sent. Raises ContentChanged if the stored content differs from its digest."""
        if content_digest(self.content) != self.digest:
            raise ContentChanged(
                f"Claim {self.control} is not what was sent: its digest differs. Nothing was done with it."
            )
        content: dict[str, object] = self.content
        return content


class AnswerStatus(models.TextChoices):
    """The payer's answer to a sent claim."""

    ACCEPTED = "accepted", "accepted"
    REJECTED = "rejected", "rejected"
    PAID = "paid", "paid"
    DENIED = "denied", "denied"
    REVERSED = "reversed", "reversed"


class Remittance(PracticeModel):
    """An answer file as it was received. It is posted once; the same bytes again change nothing."""

    public_id = PublicIdField(unique=True)
    shape = models.CharField(max_length=5, choices=[("835", "835"), ("999", "999"), ("277CA", "277CA")])
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField()
    trace = models.CharField(max_length=50, blank=True)
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    posted_at = models.DateTimeField()
    posted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_remittance", free=("body",))

    class Meta:
        ordering = ["-posted_at"]
        constraints = [models.UniqueConstraint(name="remittance_once", fields=["practice", "sha256"])]

    def __str__(self) -> str:
        return f"{self.shape} {self.trace}".strip()


class Answer(PracticeModel):
    """One answer to a sent claim, or to one line of it. The latest answer is the current state."""

    sent = models.ForeignKey(SentClaim, on_delete=models.PROTECT, related_name="answers")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="answers")
    status = models.CharField(max_length=8, choices=AnswerStatus)
    paid = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    payer_control = models.CharField("payer's number of the claim", max_length=50, blank=True)
    reasons = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)
    remittance = models.ForeignKey(Remittance, on_delete=models.PROTECT, null=True, related_name="answers")
    key = models.CharField(max_length=200, help_text="Trace, payer's number and line: the same answer is stored once.")
    answered_at = models.DateTimeField()
    answered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_answer")

    class Meta:
        ordering = ["answered_at", "pk"]
        constraints = [models.UniqueConstraint(name="answer_once", fields=["practice", "key"])]

    def __str__(self) -> str:
        return f"{self.status}"


class Adjustment(PracticeModel):
    """A correction of a sealed month's claim after late facts: the lines taken back and their replacements."""

    public_id = PublicIdField(unique=True)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="adjustments")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="adjustments")
    reason = models.CharField(max_length=300)
    taken_back = models.JSONField(default=list)
    put_in = models.JSONField(default=list)
    facts_digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_adjustment")

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return f"adjustment of {self.made_at:%Y-%m-%d}"
