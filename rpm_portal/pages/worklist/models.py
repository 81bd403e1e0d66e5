"""What the worklist keeps: each enrollment's row as it was last decided, and who is put off until when."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only
from rpm_portal.pages.worklist.cache.copied_columns import COPIED
from rpm_portal.pages.worklist.cache.invalidation_triggers import TRIGGERS


class Kept(PracticeModel):
    """One enrollment as the engine last saw it, so that a page need not ask it again.

    The database itself counts `facts_moved` and `values_moved` up, in the transaction that changes a fact
    (`cache/invalidation_triggers.py`). What is kept holds while the counts are those it was made from and the day is
    the same: no figure older than its facts is ever shown. `active` and `live_on` are set by the database too.
    """

    enrollment = models.OneToOneField("enrollment.Enrollment", on_delete=models.PROTECT, related_name="kept")
    active = models.BooleanField(db_default=False, help_text="An RPM or RTM enrollment that runs.")
    live_on = models.DateField(null=True, help_text="The last live call, in the practice's zone.")
    # What it carries of enrollment, patient and standing; set by the database with them (`copied_columns.py`).
    belongs = ArrayField(
        models.TextField(),
        db_default=models.Value([], ArrayField(models.TextField())),
        help_text="Colleagues, clinic, payer, program, condition and language, by which filters name people.",
    )
    last_reading_at = models.DateTimeField(null=True)
    open_critical = models.PositiveIntegerField(db_default=0)
    open_high = models.PositiveIntegerField(db_default=0)

    facts_moved = models.BigIntegerField(db_default=1)
    facts_kept = models.BigIntegerField(db_default=0)
    values_moved = models.BigIntegerField(db_default=1)
    values_kept = models.BigIntegerField(db_default=0)
    kept_on = models.DateField(null=True, help_text="The practice's local day on which it was decided.")
    release = models.CharField(max_length=12, db_default="", help_text="Engine, codes and template it was made with.")

    # Short: the list is narrowed and ordered by these.
    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, null=True, related_name="+")
    period_from = models.DateField(null=True)
    period_to = models.DateField(null=True)
    device_days = models.SmallIntegerField(null=True, help_text="Days of the running period that count.")
    device_need = models.SmallIntegerField(null=True, help_text="Days the payer's longer code asks for.")
    slack = models.SmallIntegerField(null=True, help_text="Days that may still be missed; null where none is needed.")
    short_seconds = models.IntegerField(null=True, help_text="What the next management code lacks.")
    needs_call = models.BooleanField(db_default=False)
    blocked = models.BooleanField(db_default=False)
    named = models.CharField(
        max_length=170, db_default="", help_text="Family and given name, as the list is sorted by."
    )
    cells = models.CharField(max_length=30, db_default="", help_text="The thirty days of the period, a letter each.")

    # Long: read for the rows of one page only, and kept out of the way of the rest by the database.
    statuses = models.JSONField(db_default=models.Value([], models.JSONField()))
    findings = models.JSONField(db_default=models.Value([], models.JSONField()))
    windows = models.JSONField(db_default=models.Value([], models.JSONField()))
    paper = models.JSONField(db_default=models.Value({}, models.JSONField()))
    policy = models.CharField(max_length=80, db_default="")
    drawn = models.TextField(db_default="", help_text="The parts of the row that follow from facts, as they are shown.")
    drawn_values = models.TextField(
        db_default="", help_text="The line of fourteen days and its arrow, as they are shown."
    )

    snoozed_until = models.DateField(null=True)
    snoozed_at = models.DateTimeField(null=True)

    database_objects = (*TRIGGERS, *COPIED)

    class Meta:
        indexes = [
            models.Index(
                fields=["practice", "enrollment"], condition=Q(active=True), include=["live_on"], name="kept_active"
            ),
            models.Index(fields=["practice", "named", "enrollment"], condition=Q(active=True), name="kept_by_name"),
            models.Index(fields=["practice", "period_to"], condition=Q(active=True), name="kept_by_end"),
            models.Index(fields=["practice"], condition=Q(active=True, blocked=True), name="kept_blocked"),
            models.Index(
                fields=["practice", "slack"], condition=Q(active=True, slack__isnull=False), name="kept_slack"
            ),
            # Without a list of what waits to be put in: every reader would look through it.
            GinIndex(fields=["belongs"], condition=Q(active=True), fastupdate=False, name="kept_belongs"),
        ]

    def __str__(self) -> str:
        return f"kept row of {self.enrollment_id}"


class Snooze(PracticeModel):
    """Somebody put a patient off the worklist until a day, and why. A new alert brings the patient back before it."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="snoozes")
    until_on = models.DateField()
    reason = models.CharField(max_length=200)
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    database_objects = append_only("worklist_snooze")

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
