"""Charges, places of service, submissions of claims with their events, and adjustments."""

import hashlib
import hmac
import json

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from billing.models.lines import Claim
from billing.models.months import MonthClose
from rpm_portal.core.db.encrypted_fields import ContentChanged, EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


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
    """The place of service of a payer's lines, of a code's, or of both, from a day on.

    Without one it is that of the billing profile.
    """

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
    """What a file of claims is written as. The first two submit claims; the others are copies and submit nothing."""

    X12 = "837p", "837P"
    PAPER = "paper", "Paper forms to mail"
    TRIAL = "trial", "Trial 837P"
    FORM = "1500", "CMS-1500 preview"
    CSV = "csv", "CSV"
    FHIR = "fhir", "FHIR Claim"


class SubmissionForm(models.TextChoices):
    """How claims are submitted."""

    X12 = "837p", "837P"
    PAPER = "paper", "paper forms"
    REPORTED = "reported", "filed elsewhere, reported"


SUBMITTED_FORMATS = (ExportFormat.X12, ExportFormat.PAPER)


def content_digest(content: dict[str, object]) -> str:
    """HMAC-SHA256 of a claim's content as canonical JSON. A digest without a key could be guessed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    return hmac.new(settings.AUDIT_KEY, b"claim content" + text, hashlib.sha256).hexdigest()


def checked_body(body: bytes, sha256: str, name: str) -> bytes:
    """A stored file. Raises ContentChanged if it differs from its digest."""
    if hashlib.sha256(body).hexdigest() != sha256:
        raise ContentChanged(f"{name} is not the file that was written: its digest differs. Nothing was handed out.")
    return bytes(body)


class Submission(PracticeModel):
    """Claims that are submitted: a file byte for byte as it was written, paper forms, or a filing that was reported.

    It counts from its delivery on (`SubmissionEvent`); until then it may be withdrawn. Append-only; the three moments
    are kept values of its events, each set once.
    """

    public_id = PublicIdField(unique=True)
    number = models.PositiveIntegerField(help_text="From the one counter of the practice's files.")
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="submissions")
    form = models.CharField(max_length=8, choices=SubmissionForm)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField()
    claims = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=12, decimal_places=2)
    interchange = models.CharField("ISA13", max_length=9, blank=True)
    interchange_date = models.CharField("ISA09", max_length=6, blank=True)
    interchange_time = models.CharField("ISA10", max_length=4, blank=True)
    group = models.CharField("GS06", max_length=9, blank=True)
    batch = models.CharField("BHT03", max_length=50, blank=True)
    downloaded_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    database_objects = append_only(
        "billing_submission", marks=("downloaded_at", "delivered_at", "withdrawn_at"), free=("body",)
    )

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="submission_numbered_in_practice", fields=["practice", "number"])]

    def __str__(self) -> str:
        return f"submission {self.number}"

    @property
    def state(self) -> str:
        """Delivered, withdrawn, downloaded or written. Evidence of delivery outranks a withdrawal."""
        moments = {
            "delivered": self.delivered_at,
            "withdrawn": self.withdrawn_at,
            "downloaded": self.downloaded_at,
        }
        return next((state for state, moment in moments.items() if moment is not None), "written")

    def as_sent(self) -> bytes:
        """The file, byte for byte as it was written. Raises ContentChanged if it differs from its digest."""
        return checked_body(self.body, self.sha256, f"Submission {self.number}")


class EventKind(models.TextChoices):
    """What happened to a submission. The evidence of its delivery comes first."""

    SAID_UPLOADED = "uploaded", "uploaded, as reported"
    MAILED = "mailed", "mailed, as reported"
    REPORTED = "reported", "filed elsewhere, as reported"
    ACKNOWLEDGED = "acknowledged", "answered by the receiver"
    DOWNLOADED = "downloaded", "downloaded"
    NOT_UPLOADED = "not_uploaded", "not uploaded, as stated"
    WITHDRAWN = "withdrawn", "withdrawn"


class SubmissionEvent(PracticeModel):
    """One event of a submission, append-only: a download, evidence of delivery, or a step of its withdrawal."""

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=EventKind)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=300, blank=True)

    database_objects = append_only("billing_submissionevent")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind}"


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
