"""Models of month totals, signed days, and locked months."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only
from timetracking.months.lock_triggers import locked_day_triggers


class MonthTotal(PracticeModel):
    """The stored totals of an enrollment in a calendar month of the practice's time zone."""

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
    """A person's attestation of their time entries and calls of one day, as they were on file when it was made.

    Work that is put on file later needs another signature of the day; `number` counts them.
    """

    staff = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    number = models.PositiveSmallIntegerField(default=1, db_default=1)
    signed_as = models.CharField(max_length=200)
    statement = models.TextField()
    signed_at = models.DateTimeField()

    database_objects = append_only("timetracking_daysignature")

    class Meta:
        constraints = [models.UniqueConstraint(name="daysignature_once", fields=["practice", "staff", "day", "number"])]

    def __str__(self) -> str:
        return f"{self.day}"


class MonthLock(PracticeModel):
    """A month in which time and calls cannot be added or changed. Set by the seal; database triggers enforce it."""

    month = models.DateField(help_text="The first day of the month.")
    zone = models.CharField(max_length=64)
    locked_at = models.DateTimeField()
    locked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = (
        *locked_day_triggers("enrollment_order", "starts_on"),
        *locked_day_triggers("enrollment_consent", "given_on"),
        *locked_day_triggers("enrollment_consent", "withdrawn_on"),
        *locked_day_triggers("enrollment_enrollment", "started_on"),
        *locked_day_triggers("enrollment_enrollment", "discharged_on"),
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="monthlock_once", fields=["practice", "month"])]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} locked"
