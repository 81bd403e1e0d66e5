"""Intervals of work, calls, month totals, signed days and locked months."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from simple_history.models import HistoricalRecords

from rpm_portal.access import Role
from rpm_portal.tenancy import PracticeModel, PracticeQuerySet, new_public_id


class Activity(models.TextChoices):
    """What was done. Those in NON_BILLABLE are timed too, so that a day is whole, and never billed."""

    REVIEW = "review", "Reviewing readings"
    PLAN = "plan", "Adjusting the plan"
    CALL = "call", "Calling the patient"
    CAREGIVER = "caregiver", "Calling a caregiver"
    COORDINATE = "coordinate", "Coordinating care"
    EDUCATE = "educate", "Educating"
    DOCUMENT = "document", "Documenting"
    SETUP = "setup", "Set-up and shipping"
    SUPPORT = "support", "Technical support"
    ADMIN = "admin", "Insurance and scheduling"


NON_BILLABLE = frozenset({Activity.SETUP, Activity.SUPPORT, Activity.ADMIN})


class ActivityName(PracticeModel):
    """What a practice calls an activity, and whether its people are offered it. Whether it bills is not a setting."""

    activity = models.CharField(max_length=12, choices=Activity)
    label = models.CharField(max_length=60)
    offered = models.BooleanField(default=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(name="activityname_once", fields=["practice", "activity"])]

    def __str__(self) -> str:
        return self.label


class Proof(models.TextChoices):
    """How a minute is known."""

    TIMER = "timer", "timer"
    CALL = "call", "call"
    SAME_DAY = "same_day", "entered the same day"
    LATE = "late", "entered late"
    ON_BEHALF = "on_behalf", "entered for somebody else"


class TimeEntryQuerySet(PracticeQuerySet):
    """Intervals, narrowed."""

    def standing(self) -> "TimeEntryQuerySet":
        """Those that are not void."""
        return self.filter(voided_at__isnull=True)


class TimeEntry(PracticeModel):
    """One person's interval [started_at, stopped_at) on one patient and program. Voided and replaced, never edited."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="time_entries")
    staff = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    program = models.CharField(max_length=3)
    activity = models.CharField(max_length=12, choices=Activity)
    proof = models.CharField(max_length=10, choices=Proof)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    # Closed by the portal because nobody was there any more; its owner looks at it once.
    auto_closed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    entered_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    void_reason = models.CharField(max_length=300, null=True, blank=True)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

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
            # One person is with one patient at a time, across patients, programs and practices. A running interval
            # is open-ended and so shuts out whatever follows it.
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
    def billable(self) -> bool:
        """Whether the activity may be billed at all."""
        return self.activity not in NON_BILLABLE


class Channel(models.TextChoices):
    """The road a contact took."""

    PHONE = "phone", "phone"
    VIDEO = "video", "video"
    SMS = "sms", "text message"
    PORTAL = "portal", "portal message"


class Outcome(models.TextChoices):
    """What came of it. Only the first two are a conversation."""

    PATIENT = "patient", "Spoke with the patient"
    CAREGIVER = "caregiver", "Spoke with a caregiver"
    VOICEMAIL = "voicemail", "Left a voicemail"
    NO_ANSWER = "no_answer", "No answer"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    REFUSED = "refused", "Did not want to talk"
    SENT = "sent", "Message sent"


SPOKEN = (Outcome.PATIENT, Outcome.CAREGIVER)
REAL_TIME = (Channel.PHONE, Channel.VIDEO)


class Call(PracticeModel):
    """An attempt to reach the patient or a caregiver. Whether it was live is derived, never ticked."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="calls")
    channel = models.CharField(max_length=8, choices=Channel)
    outcome = models.CharField(max_length=12, choices=Outcome)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    is_live = models.GeneratedField(
        expression=Q(channel__in=REAL_TIME, outcome__in=SPOKEN, ended_at__gt=F("started_at")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    showed = models.TextField("what the readings showed", blank=True)
    decided = models.TextField("what was said and decided", blank=True)
    called_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    logged_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, null=True, blank=True)

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="call_ends_after_it_starts",
                condition=Q(ended_at__gte=F("started_at")),
                violation_error_message="The call cannot end before it began.",
            )
        ]
        indexes = [models.Index(fields=["enrollment", "started_at"], name="call_of_enrollment")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.public_id}"


class Visit(PracticeModel):
    """A visit that is billed as evaluation and management: its minutes count there and nowhere else."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="visits")
    provider = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, null=True, blank=True)

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="visit_ends_after_it_starts",
                condition=Q(ended_at__gt=F("started_at")),
                violation_error_message="A visit ends after it starts.",
            )
        ]
        indexes = [models.Index(fields=["patient", "started_at"], name="visit_of_patient")]

    def __str__(self) -> str:
        return f"visit {self.public_id}"


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

    class Meta:
        constraints = [models.UniqueConstraint(name="monthlock_once", fields=["practice", "month"])]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} locked"
