"""Models of calls, their addenda and text templates, and visits."""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.access import Role
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only
from timetracking.models.time import TimeEntryQuerySet
from timetracking.months.lock_triggers import locked_month_triggers


class Channel(models.TextChoices):
    """The channel of a contact."""

    PHONE = "phone", "phone"
    VIDEO = "video", "video"
    SMS = "sms", "text message"
    PORTAL = "portal", "portal message"
    AUTOMATED = "autocall", "automated voice"


class CallOutcome(models.TextChoices):
    """The outcome of a contact. Only the first two are a conversation."""

    PATIENT = "patient", "Spoke with the patient"
    CAREGIVER = "caregiver", "Spoke with a caregiver"
    VOICEMAIL = "voicemail", "Left a voicemail"
    NO_ANSWER = "no_answer", "No answer"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    REFUSED = "refused", "Declined to talk"
    SENT = "sent", "Message sent"
    RECEIVED = "received", "Message received"


SPOKEN = (CallOutcome.PATIENT, CallOutcome.CAREGIVER)
REAL_TIME = (Channel.PHONE, Channel.VIDEO)
MESSAGES = (Channel.SMS, Channel.PORTAL)
FAILED = (CallOutcome.VOICEMAIL, CallOutcome.NO_ANSWER, CallOutcome.WRONG_NUMBER)


class Direction(models.TextChoices):
    """Who started the contact."""

    OUT = "out", "Outbound"
    IN = "in", "Inbound"


class Call(PracticeModel):
    """An attempt to reach the patient or a caregiver. `is_live` is computed, never entered."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="calls")
    direction = models.CharField(max_length=3, choices=Direction, default=Direction.OUT)
    number = models.CharField(max_length=20, blank=True)
    channel = models.CharField(max_length=8, choices=Channel)
    outcome = models.CharField(max_length=12, choices=CallOutcome)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    is_live = models.GeneratedField(
        expression=Q(channel__in=REAL_TIME, outcome__in=SPOKEN, ended_at__gt=F("started_at")),  # type: ignore[arg-type]
        output_field=models.BooleanField(),
        db_persist=True,
    )
    spoke_with = models.CharField(max_length=120, blank=True, help_text="The caregiver's name; the patient is known.")
    interpreter = models.BooleanField(default=False)
    plan_changed = models.BooleanField(default=False)
    next_contact_on = models.DateField(null=True, blank=True)
    # The time entry that has the call's minutes, if they are counted.
    time_entry = models.ForeignKey(
        "timetracking.TimeEntry", on_delete=models.PROTECT, null=True, blank=True, related_name="calls"
    )
    showed = models.TextField("what the readings showed", blank=True)
    decided = models.TextField("what was said and decided", blank=True)
    called_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    logged_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    void_reason = models.CharField(max_length=300, null=True, blank=True)

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

    database_objects = (
        *append_only("timetracking_call", marks=("voided_at", "voided_by_id", "void_reason"), free=("is_live",)),
        *locked_month_triggers("timetracking_call", "ended_at"),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="call_ends_after_it_starts",
                condition=Q(ended_at__gte=F("started_at")),
                violation_error_message="The call cannot end before it began.",
            ),
            models.CheckConstraint(
                name="call_void_says_why",
                condition=Q(voided_at__isnull=True)
                | Q(voided_by__isnull=False, void_reason__isnull=False) & ~Q(void_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["enrollment", "started_at"], name="call_of_enrollment")]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} {self.public_id}"


class CallAddendum(PracticeModel):
    """A text added to a call after it was recorded; the call's own text cannot be changed."""

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField(max_length=4000)
    written_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()

    database_objects = append_only("timetracking_calladdendum")

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"addendum of {self.written_at:%Y-%m-%d}"


class CallTemplate(PracticeModel):
    """A text template for call notes. Slots like `{latest}` are filled in; a person fills in brackets."""

    condition = models.CharField(max_length=80, blank=True, help_text="Offered first for it; empty: for everybody.")
    title = models.CharField(max_length=80)
    text = models.TextField(max_length=4000)
    offered = models.BooleanField(default=True)
    history = PracticeHistory()

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(name="calltemplate_once", fields=["practice", "title"])]

    def __str__(self) -> str:
        return self.title


class Visit(PracticeModel):
    """A visit billed as evaluation and management: its minutes do not count as monitoring time."""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="visits")
    provider = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, null=True, blank=True)

    objects = TimeEntryQuerySet.as_manager()  # type: ignore[misc]

    database_objects = (
        *append_only("timetracking_visit", marks=("voided_at", "void_reason")),
        *locked_month_triggers("timetracking_visit", "ended_at"),
    )

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
