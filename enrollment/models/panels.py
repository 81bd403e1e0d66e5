"""Imported files of patients (panels): checked first, then committed once."""

from django.db import models

from rpm_portal.core.db.encrypted_fields import EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel


class PanelState(models.TextChoices):
    """State of a file."""

    CHECKED = "checked", "checked"
    COMMITTING = "committing", "being committed"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class Panel(PracticeModel):
    """An uploaded file. The body is stored until the commit; problems stay stored, without names."""

    public_id = PublicIdField(unique=True)
    state = models.CharField(max_length=10, choices=PanelState, default=PanelState.CHECKED)
    uploaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    sha256 = models.CharField(max_length=64)
    body = EncryptedBytesField(null=True)
    rows = models.PositiveIntegerField()
    good = models.PositiveIntegerField()
    same = models.PositiveIntegerField()
    # [line, column, reason] of each refused cell.
    problems = models.JSONField(default=list)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"panel {self.public_id}"


class PanelProgress(PracticeModel):
    """Progress of a commit, in its own table because it is written outside the transaction of the commit."""

    panel = models.OneToOneField(Panel, on_delete=models.CASCADE, primary_key=True, related_name="progress")
    done = models.PositiveIntegerField(default=0)
    stage = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"{self.done} {self.stage}"
