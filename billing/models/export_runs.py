"""Background runs that write files of claims: the request and its result."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.models.claim_versions import ClaimCopy
from billing.models.months import MonthClose
from billing.models.submissions import ExportFormat, Submission
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class ExportRun(PracticeModel):
    """A request, confirmed with the password, for a file of so many claims that the worker writes it.

    It ends with the file, or with a message that explains why there is none.
    """

    public_id = PublicIdField(unique=True)
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="export_runs", db_constraint=False)
    shape = models.CharField(max_length=8, choices=ExportFormat)
    chosen = ArrayField(models.CharField(max_length=12), help_text="The claims, by their public ids.")
    again = models.BooleanField(default=False, help_text="Also send claims that were sent already.")
    asked_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    asked_at = models.DateTimeField()
    signaled_at = models.DateTimeField(help_text="When the worker was last signaled.")
    done_at = models.DateTimeField(null=True)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    copy = models.ForeignKey(ClaimCopy, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    message = models.CharField(max_length=400, blank=True, help_text="Why there is no file.")

    database_objects = append_only(
        "billing_exportrun", marks=("done_at", "submission_id", "copy_id"), free=("signaled_at", "message")
    )

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="exportrun_one_waits_a_month", fields=["close"], condition=Q(done_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{len(self.chosen)} claims as {self.get_shape_display()}"
