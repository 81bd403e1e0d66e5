"""Models of time entries and activities."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from rpm_portal.core.access import Role
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel, PracticeQuerySet
from rpm_portal.core.db.triggers import append_only
from timetracking.intervals.one_program import one_program_triggers
from timetracking.intervals.spans import seconds
from timetracking.months.lock_triggers import locked_month_triggers


class Activity(models.TextChoices):
    """What was done. Activities in NON_BILLABLE are timed too, so that a day is complete, but never billed."""

    REVIEW = "review", "Reviewing readings"
    PLAN = "plan", "Adjusting the plan"
    CALL = "call", "Calling the patient"
    CAREGIVER = "caregiver", "Calling a caregiver"
    MESSAGE = "message", "Messaging the patient"
    COORDINATE = "coordinate", "Coordinating care"
    EDUCATE = "educate", "Patient education"
    DOCUMENT = "document", "Documenting"
    SETUP = "setup", "Setup and shipping"
    SUPPORT = "support", "Technical support"
    ADMIN = "admin", "Insurance and scheduling"


NON_BILLABLE = frozenset({Activity.SETUP, Activity.SUPPORT, Activity.ADMIN})
CALLING = frozenset({Activity.CALL, Activity.CAREGIVER})


class ActivityName(PracticeModel):
    """A practice's name for an activity, and whether it is offered. Whether it is billable is not a setting."""

    activity = models.CharField(max_length=12, choices=Activity)
    label = models.CharField(max_length=60)
    offered = models.BooleanField(default=True)
    history = PracticeHistory()

    class Meta:
        constraints = [models.UniqueConstraint(name="activityname_once", fields=["practice", "activity"])]

    def __str__(self) -> str:
        return self.label


class Proof(models.TextChoices):
    """How the time of an entry was recorded."""

    TIMER = "timer", "timer"
    CALL = "call", "call"
    SAME_DAY = "same_day", "entered the same day"
    LATE = "late", "entered late"
    ON_BEHALF = "on_behalf", "entered on behalf"


class TimeEntryQuerySet(PracticeQuerySet):
    """Time entries, calls and visits."""

    def standing(self) -> "TimeEntryQuerySet":
        """Only rows that are not voided."""
        return self.filter(voided_at__isnull=True)


class TimeEntry(PracticeModel):
    """One person's interval [started_at, stopped_at) of work on one enrollment. Voided and replaced, never edited."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="time_entries")
    staff = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    program = models.CharField(max_length=3)
    activity = models.CharField(max_length=12, choices=Activity)
    proof = models.CharField(max_length=10, choices=Proof)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    # The last heartbeat with input of the person. Heartbeats of a call need none, so `seen_at` may be later.
    input_at = models.DateTimeField(null=True, blank=True)
    # Stopped by the portal because the browser went silent; the person confirms it once.
    auto_closed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # Why another person worked on the patient for another program in these minutes; only where the practice allows it.
    joint_reason = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(max_length=300, null=True, blank=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

    database_objects = (
        *append_only(
            "timetracking_timeentry",
            marks=("stopped_at", "voided_at", "voided_by_id", "void_reason", "auto_closed_at", "confirmed_at"),
            free=("seen_at", "input_at"),
        ),
        *locked_month_triggers("timetracking_timeentry", "stopped_at"),
        *one_program_triggers(sorted(NON_BILLABLE)),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="timeentry_stops_after_it_starts",
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gt=F("started_at")),
                violation_error_message="The end must come after the start.",
            ),
            models.CheckConstraint(
                name="timeentry_void_says_why",
                condition=Q(voided_at__isnull=True)
                | Q(voided_by__isnull=False, void_reason__isnull=False) & ~Q(void_reason=""),
            ),
            models.UniqueConstraint(
                name="timeentry_one_running_for_each_person",
                fields=["staff"],
                condition=Q(stopped_at__isnull=True, voided_at__isnull=True),
            ),
            # A person works with one patient at a time, across patients, programs and practices. A running entry
            # has no end and so excludes every later one.
            ExclusionConstraint(
                name="timeentry_no_overlap_for_a_person",
                expressions=[
                    (
                        Func(F("staff"), F("staff"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("started_at"), F("stopped_at"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                condition=Q(voided_at__isnull=True),
                violation_error_message="This person was with a patient in that time already.",
            ),
        ]
        indexes = [
            models.Index(fields=["enrollment", "started_at"], name="timeentry_of_enrollment"),
            models.Index(fields=["practice", "started_at"], name="timeentry_of_practice"),
        ]

    def __str__(self) -> str:
        return f"{self.get_activity_display()} {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of the entry's audit events."""
        return f"time:{self.public_id}"

    @property
    def billable(self) -> bool:
        """Whether the activity may be billed at all."""
        return self.activity not in NON_BILLABLE

    @property
    def length(self) -> int:
        """Whole seconds from start to end; 0 without an end."""
        return 0 if self.stopped_at is None else seconds(self.started_at, self.stopped_at)

    @property
    def is_joint(self) -> bool:
        """Whether two people worked on the patient for two programs in these minutes."""
        return bool(self.joint_reason)

    @property
    def is_running(self) -> bool:
        """Whether the timer runs. An entry voided within its first second has no end but does not run."""
        return self.stopped_at is None and self.voided_at is None
