"""Sums of a month, signed days, locked months, and what starts a clock."""

from django.db import models

from rpm_portal.core.access import Role
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only
from timetracking.months.lock_triggers import day_open


class MonthTotal(PracticeModel):
    """The kept sums of an enrollment in a calendar month of the practice's zone."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="month_totals")
    month = models.DateField(help_text="The first day of the month.")
    provider_seconds = models.PositiveIntegerField(default=0)
    staff_seconds = models.PositiveIntegerField(default=0)
    live_contacts = models.PositiveIntegerField(default=0)
    last_live_on = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="monthtotal_once", fields=["enrollment", "month"])]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class DaySignature(PracticeModel):
    """One person's attestation of one day's intervals and calls."""

    staff = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    signed_as = models.CharField(max_length=200)
    statement = models.TextField()
    signed_at = models.DateTimeField()

    database_objects = append_only("timetracking_daysignature")

    class Meta:
        constraints = [models.UniqueConstraint(name="daysignature_once", fields=["practice", "staff", "day"])]

    def __str__(self) -> str:
        return f"{self.day}"


class MonthLock(PracticeModel):
    """A month in which no time or call is added or changed any more. Set by the seal; the database refuses the rest."""

    month = models.DateField(help_text="The first day of the month.")
    zone = models.CharField(max_length=64)
    locked_at = models.DateTimeField()
    locked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = (
        *day_open("enrollment_order", "starts_on"),
        *day_open("enrollment_consent", "given_on"),
        *day_open("enrollment_consent", "withdrawn_on"),
        *day_open("enrollment_enrollment", "started_on"),
        *day_open("enrollment_enrollment", "discharged_on"),
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="monthlock_once", fields=["practice", "month"])]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} locked"


class StartRule(models.TextChoices):
    """What opening a chart does to a clock that stands still."""

    OFF = "off", "nothing"
    ASK = "ask", "offer to start it"
    AUTOMATIC = "automatic", "start it after five seconds"


class StartPolicy(PracticeModel):
    """What opening a chart starts, by role. A role without a row has nothing started for it."""

    role = models.CharField(max_length=20, choices=Role)
    starts = models.CharField(max_length=10, choices=StartRule, default=StartRule.OFF)
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "start policies"
        constraints = [models.UniqueConstraint(name="startpolicy_once", fields=["practice", "role"])]

    def __str__(self) -> str:
        return f"{self.get_role_display()}: {self.get_starts_display()}"
