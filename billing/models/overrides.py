"""Line that two persons add although the engine does not earn it."""

from django.db import models
from django.db.models import F, Q

from billing.models.lines import ClaimLine
from billing.models.months import MonthClose
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only

OVERRIDDEN = "overridden"  # the flag of such a line


class LineOverride(PracticeModel):
    """A request to bill a code that the engine does not earn, made by one person and decided by another."""

    public_id = PublicIdField(unique=True)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="overrides")
    run = models.PositiveIntegerField(help_text="The computation that it overrides.")
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=5)
    units = models.PositiveSmallIntegerField()
    dos = models.DateField("date of service")
    reason = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=8, null=True, choices=[("approved", "approved"), ("refused", "refused")])
    why = models.CharField(max_length=300, null=True)
    line = models.OneToOneField(ClaimLine, on_delete=models.PROTECT, null=True, related_name="raised_by")

    database_objects = append_only(
        "billing_lineoverride", marks=("decided_at", "decided_by_id", "decision", "why", "line_id")
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="lineoverride_one_open_a_code",
                fields=["close", "run", "enrollment", "code"],
                condition=Q(decided_at__isnull=True),
            ),
            models.CheckConstraint(
                name="lineoverride_approved_by_a_second_person",
                condition=Q(decision__isnull=True)
                | ~Q(decision="approved")
                | Q(line__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} x{self.units}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"override:{self.public_id}"
