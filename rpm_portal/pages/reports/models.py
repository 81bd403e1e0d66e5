"""Saved reports, and background runs that write large ones as files."""

from django.db import models
from django.db.models import Q

from rpm_portal.core.db.encrypted_fields import EncryptedBytesField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class SavedReport(PracticeModel):
    """A person's report under a name. Holds an address query, never a patient; shared ones are listed for everybody."""

    public_id = PublicIdField(unique=True)
    owner = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    subject = models.CharField(max_length=12)
    query = models.CharField(max_length=2000)
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(name="savedreport_once", fields=["practice", "owner", "name"])]

    def __str__(self) -> str:
        return self.name


class ReportRun(PracticeModel):
    """A request for a file with so many rows that the worker writes it. Only the person who asked downloads it.

    It ends with the file, or with a message that explains why there is none. The file is deleted after some days.
    """

    public_id = PublicIdField(unique=True)
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    asked_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    title = models.CharField(max_length=60, blank=True)
    subject = models.CharField(max_length=12)
    query = models.CharField(max_length=2000)
    first_month = models.DateField()
    last_month = models.DateField()
    shape = models.CharField(max_length=4, choices=[("csv", "CSV"), ("xlsx", "Excel")])
    asked_at = models.DateTimeField()
    signaled_at = models.DateTimeField(help_text="When the worker was last signaled.")
    done_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True, help_text="When the file was deleted.")
    body = EncryptedBytesField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField(null=True)
    message = models.CharField(max_length=200, blank=True, help_text="Why there is no file.")

    database_objects = append_only(
        "reports_reportrun", marks=("done_at", "cleared_at", "rows"), free=("signaled_at", "body", "sha256", "message")
    )

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["signaled_at"], condition=Q(done_at__isnull=True), name="reportrun_waiting"),
        ]

    def __str__(self) -> str:
        return self.title or self.subject
