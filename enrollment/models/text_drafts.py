"""Drafts of calls, messages and notes: what a person typed about a patient and has not saved."""

from django.db import models

from enrollment.models.orders import Enrollment
from rpm_portal.core.db.encrypted_fields import EncryptedJSONField
from rpm_portal.core.db.tenancy import PracticeModel


class TextDraft(PracticeModel):
    """The fields of one person's unsaved call, message or note about a patient. Nobody else sees them."""

    class Kind(models.TextChoices):
        """The form that was not saved."""

        CALL = "call", "call"
        MESSAGE = "message", "message"
        NOTE = "note", "note"

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    values = EncryptedJSONField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="textdraft_once", fields=["user", "enrollment", "kind"])]

    def __str__(self) -> str:
        return f"draft of a {self.kind}"
