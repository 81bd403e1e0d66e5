"""Models of messages with patients: threads, messages, who has read them, response times, and text templates.

A message is never a live contact: billing counts calls (`models/contacts.py`) and reads none of these tables.
"""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.access import Role
from rpm_portal.core.db.encrypted_fields import EncryptedTextField
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ThreadSubject(models.TextChoices):
    """What a thread is about."""

    GENERAL = "general", "General question"
    DEVICE = "device", "Device"
    MEDICINE = "medicine", "Medication"
    CHECK_IN = "checkin", "Check-in"
    CONSENT = "consent", "Consent"
    BILLING = "billing", "Billing"


class ThreadState(models.TextChoices):
    """Who a thread waits for."""

    OPEN = "open", "waiting for the care team"
    WAITING = "waiting", "waiting for the patient"
    CLOSED = "closed", "closed"


class MessageThread(PracticeModel):
    """Messages of one enrollment about one subject, and who of the care team answers them."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="threads")
    subject = models.CharField(max_length=8, choices=ThreadSubject, default=ThreadSubject.GENERAL)
    state = models.CharField(max_length=7, choices=ThreadState, default=ThreadState.OPEN)
    owner = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, null=True, blank=True, related_name="threads"
    )
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField(help_text="When the last message was written.")
    unread_since = models.DateTimeField(null=True, blank=True, help_text="The patient's first unanswered message.")
    answer_due_at = models.DateTimeField(null=True, blank=True)
    needs_look = models.BooleanField(default=False, help_text="A word in it needs a look at once.")
    snoozed_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="messagethread_due_if_unread",
                condition=Q(unread_since__isnull=True, answer_due_at__isnull=True, needs_look=False)
                | Q(unread_since__isnull=False, answer_due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["enrollment", "-last_at"], name="thread_of_enrollment"),
            models.Index(
                fields=["practice", "answer_due_at"], name="thread_unanswered", condition=Q(unread_since__isnull=False)
            ),
            models.Index(fields=["practice", "-last_at"], name="thread_by_time", condition=~Q(state="closed")),
        ]

    def __str__(self) -> str:
        return f"{self.get_subject_display()} {self.public_id}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events: the enrollment it is about."""
        return f"enrollment:{self.enrollment.public_id}"


class MessageVia(models.TextChoices):
    """How a message came."""

    PAGE = "page", "secure page"
    PORTAL = "portal", "portal"
    SMS = "sms", "text message, not secure"
    PHONE = "phone", "by telephone, written down"


class PatientMessage(PracticeModel):
    """One message of a thread. It is never changed; a correction is another message."""

    class Author(models.TextChoices):
        """Who wrote it."""

        STAFF = "staff", "care team"
        PATIENT = "patient", "patient"
        CAREGIVER = "caregiver", "caregiver"

    public_id = PublicIdField(unique=True)
    thread = models.ForeignKey(MessageThread, on_delete=models.PROTECT, related_name="messages")
    author = models.CharField(max_length=9, choices=Author)
    written_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=20, choices=Role, blank=True)
    caregiver_name = models.CharField(max_length=120, blank=True)
    text = EncryptedTextField()
    language = models.CharField(max_length=2, choices=[("en", "English"), ("es", "Spanish")], default="en")
    via = models.CharField(max_length=6, choices=MessageVia)
    written_at = models.DateTimeField()
    form_key = models.CharField(max_length=64, null=True, blank=True, help_text="A form of the patient, once.")

    # The text is written again when the key of encrypted columns changes.
    database_objects = append_only("timetracking_patientmessage", free=("text",))

    class Meta:
        ordering = ["written_at", "pk"]
        constraints = [
            models.UniqueConstraint(name="patientmessage_form_once", fields=["practice", "form_key"]),
            models.CheckConstraint(
                name="patientmessage_author_is_known",
                condition=Q(author="staff", written_by__isnull=False) & ~Q(role="")
                | ~Q(author="staff") & Q(written_by__isnull=True, role=""),
            ),
        ]
        indexes = [models.Index(fields=["thread", "written_at"], name="message_of_thread")]

    def __str__(self) -> str:
        return f"message {self.public_id}"

    @property
    def is_from_patient(self) -> bool:
        """Whether the patient or a caregiver wrote it."""
        return self.author != self.Author.STAFF


class ThreadRead(PracticeModel):
    """Until when a member of the care team, or the patient (no member), has read a thread."""

    thread = models.ForeignKey(MessageThread, on_delete=models.PROTECT, related_name="reads")
    member = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="threadread_once", fields=["thread", "member"], nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"read {self.read_at:%Y-%m-%d %H:%M}"


class ResponsePromise(PracticeModel):
    """When the practice answers messages. The last row that has begun is in force; none is ever changed."""

    begins_at = models.DateTimeField()
    weekdays = models.CharField(max_length=7, default="12345", help_text="1 is Monday.")
    opens = models.PositiveSmallIntegerField("from", default=8, help_text="Hour of the practice's day.")
    closes = models.PositiveSmallIntegerField("to", default=17, help_text="Hour of the practice's day.")
    minutes = models.PositiveIntegerField("minutes until an answer", default=480, help_text="Within these hours.")
    telephone = models.CharField("telephone for patients", max_length=20, blank=True)
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    database_objects = append_only("timetracking_responsepromise")

    class Meta:
        ordering = ["-begins_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="responsepromise_hours",
                condition=Q(opens__lt=F("closes"), closes__lte=24, minutes__range=(1, 4800)),
            ),
            models.CheckConstraint(
                name="responsepromise_days", condition=Q(weekdays__regex="^1?2?3?4?5?6?7?$") & ~Q(weekdays="")
            ),
        ]

    def __str__(self) -> str:
        return f"response times since {self.begins_at:%Y-%m-%d}"


class MessageTemplate(PracticeModel):
    """A text that a message begins with, in two languages. `{slots}` are filled in; a person fills in brackets."""

    title = models.CharField(max_length=80)
    text_en = models.TextField("English text", max_length=4000)
    text_es = models.TextField("Spanish text", max_length=4000)
    offered = models.BooleanField(default=True)
    history = PracticeHistory()

    class Meta:
        ordering = ["title"]
        constraints = [models.UniqueConstraint(name="messagetemplate_once", fields=["practice", "title"])]

    def __str__(self) -> str:
        return self.title
