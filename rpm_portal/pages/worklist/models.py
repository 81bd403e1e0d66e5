"""One row for each enrollment on the worklist, what it shows, who is put off until when, and saved views."""

from datetime import UTC, date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.rules.release import release
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only
from rpm_portal.pages.worklist.invalidation import TRIGGERS
from rpm_portal.pages.worklist.queryset import WorklistQuerySet

# A `place_until` of a row that must be placed before it is shown.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WorklistRow(PracticeModel):
    """Where one enrollment is on the worklist, and the columns that filters and orders use.

    `place` and `refresh` write it, and the triggers in `invalidation.py`; nothing else does. It has short columns only,
    because a filter or an order reads the whole panel; what a row shows is in `WorklistDisplay`.
    """

    enrollment = models.OneToOneField("enrollment.Enrollment", on_delete=models.PROTECT, related_name="worklist_row")

    # Copied by the triggers from the enrollment and the patient.
    listed = models.BooleanField(
        db_default=False, help_text="Active; or not active, with an open alert or a device to get back. RPM and RTM."
    )
    state = models.CharField(max_length=10, db_default="")
    started_on = models.DateField(null=True)
    discharged_on = models.DateField(null=True)
    program = models.CharField(max_length=10, db_default="")
    condition = models.CharField(max_length=80, db_default="")
    language = models.CharField(max_length=10, db_default="")
    sort_name = models.CharField(max_length=170, db_default="", help_text="Family and given name in lower case.")
    clinic = models.ForeignKey("enrollment.Clinic", models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    looked_after_by = models.ForeignKey("accounts.Membership", models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    billing_provider = models.ForeignKey("accounts.Membership", models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    supervised_by = models.ForeignKey("accounts.Membership", models.PROTECT, null=True, related_name="+", **PAIR_KEY)

    # Written by place(): the place, and the live columns it is computed from.
    band = models.SmallIntegerField(db_default=0, help_text="0 snoozed, 1 now, 2 this week, 3 no action needed.")
    section = models.CharField(max_length=2, db_default="C", help_text="A, A3, B1 to B6, or C.")
    rank = models.BigIntegerField(db_default=0, help_text="The clinical order; smaller is first.")
    place_until = models.DateTimeField(db_default=EPOCH, help_text="When time alone changes the place.")
    place_version = models.BigIntegerField(db_default=1, help_text="Raised by the database when the place is due.")
    open_critical = models.PositiveIntegerField(db_default=0)
    open_high = models.PositiveIntegerField(db_default=0)
    open_other = models.PositiveIntegerField(db_default=0, help_text="Low clinical alerts and adherence alerts.")
    alert_owners = ArrayField(models.BigIntegerField(), db_default=[], help_text="Memberships that own an open alert.")
    last_reading_at = models.DateTimeField(null=True)
    last_metric = models.CharField(max_length=20, db_default="")
    last_value = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    last_value_2 = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    last_bounds = models.CharField(max_length=8, db_default="")
    live_on = models.DateField(null=True, help_text="The last live call, in the practice's zone.")
    seconds = models.IntegerField(db_default=0, help_text="Tracked time of the calendar month.")
    reviewed_on = models.DateField(null=True, help_text="When the readings were last reviewed.")
    unsigned_on = models.DateField(null=True, help_text="The first day of the month with time that is not signed.")
    devices_out = models.PositiveSmallIntegerField(db_default=0, help_text="Devices to get back after the discharge.")
    snoozed_until = models.DateField(null=True)
    alert = models.JSONField(null=True, help_text="The most severe open alert, clinical ones first.")

    # Written by refresh(), from the decision.
    payer = models.ForeignKey("enrollment.Payer", models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    blocked = models.BooleanField(db_default=False)
    period_to = models.DateField(null=True)
    slack = models.SmallIntegerField(null=True, help_text="Days that may still be missed; null if none is needed.")
    short_seconds = models.IntegerField(null=True, help_text="What the next management code lacks.")
    ends_on = models.DateField(null=True, help_text="The last day of what ends first: a document, or the month.")
    document_ends_on = models.DateField(null=True, help_text="The last day of the document that ends first.")

    # Freshness. The database raises `version`, refresh() writes the rest.
    version = models.BigIntegerField(db_default=1)
    decided_version = models.BigIntegerField(db_default=0)
    decided_on = models.DateField(null=True, help_text="The practice's local day of the decision.")
    release = models.CharField(max_length=12, db_default="", help_text="Engine and code set of the decision.")

    objects = WorklistQuerySet.as_manager()  # type: ignore[misc]
    database_objects = TRIGGERS

    class Meta:
        db_table = "worklist_row"
        indexes = [
            models.Index(
                fields=["practice", "band", "rank", "id"],
                include=["open_critical", "place_until"],
                condition=Q(listed=True),
                name="worklist_place",
            ),
            models.Index(
                fields=["practice", "band", "sort_name", "id"], condition=Q(listed=True), name="worklist_name"
            ),
            models.Index(fields=["practice", "place_until"], condition=Q(listed=True), name="worklist_due"),
        ]

    def __str__(self) -> str:
        return f"worklist row of {self.enrollment_id}"

    def is_fresh(self, today: date) -> bool:
        """Whether the decision is of the facts, the day and the release of now."""
        decided = (self.decided_version, self.decided_on, self.release)
        return decided == (self.version, today, release())


class WorklistDisplay(PracticeModel):
    """What a row and the chart show of the decision (`display.DisplayData`); written by refresh()."""

    row = models.OneToOneField(WorklistRow, on_delete=models.CASCADE, primary_key=True, related_name="display")
    data = models.JSONField()

    class Meta:
        db_table = "worklist_display"

    def __str__(self) -> str:
        return f"display of {self.row_id}"


class Snooze(PracticeModel):
    """A person put a patient off the worklist until a day, and why. A new alert or `ended_at` ends it earlier."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="snoozes")
    until_on = models.DateField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, help_text="When a person brought the patient back.")

    database_objects = append_only("worklist_snooze", marks=["ended_at"])

    def __str__(self) -> str:
        return f"until {self.until_on}"


class SavedView(PracticeModel):
    """A person's filters under a name. Holds an address query, never a patient."""

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="savedview_once", fields=["practice", "user", "name"])]

    def __str__(self) -> str:
        return self.name
