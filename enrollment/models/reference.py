"""Diagnosis codes with their releases, and drafts of cards that are typed but not saved."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q

from enrollment.models.orders import Enrollment
from rpm_portal.core.db.encrypted_fields import EncryptedJSONField
from rpm_portal.core.db.tenancy import PracticeModel


class DiagnosisCode(models.Model):
    """One ICD-10-CM code and the days on which it is valid. The same for every practice; loaded by command or file."""

    code = models.CharField(max_length=8)
    description = models.CharField(max_length=300)
    billable = models.BooleanField(help_text="A leaf of the code tree, valid on a claim.")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    words = models.GeneratedField(
        expression=Func(F("description"), function="to_tsvector", template="to_tsvector('simple', %(expressions)s)"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(name="diagnosiscode_once_from", fields=["code", "valid_from"]),
            models.CheckConstraint(
                name="diagnosiscode_ends_after_it_starts",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            ),
        ]
        indexes = [GinIndex(fields=["words"], name="diagnosiscode_words")]

    def __str__(self) -> str:
        return f"{self.code} {self.description}"


class DiagnosisRelease(models.Model):
    """A release of ICD-10-CM codes. The same for every practice. Not `complete`: only its known changes are on file."""

    name = models.CharField(max_length=40)
    valid_from = models.DateField(unique=True)
    complete = models.BooleanField(default=True)
    source = models.CharField(max_length=300, blank=True)
    loaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    loaded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-valid_from"]

    def __str__(self) -> str:
        return self.name


class CardDraft(PracticeModel):
    """Unsaved values of a card: one draft per enrollment shared by all, or one per person before the enrollment."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, null=True, related_name="+")
    card = models.CharField(max_length=20)
    values = EncryptedJSONField()
    saved_at = models.DateTimeField()
    # A prepared order that waits for the provider's signature.
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey("accounts.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    sent_to = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="carddraft_of_enrollment", fields=["enrollment", "card"]),
            models.UniqueConstraint(
                name="carddraft_of_person", fields=["practice", "user", "card"], condition=Q(enrollment__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"draft of {self.card}"
