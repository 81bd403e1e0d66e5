"""Models of alerts, their steps, reviews and follow-up."""

from django.db import models
from django.db.models import Q

from monitoring.models.limits import AlertRule, Severity, Threshold
from monitoring.models.reading_keys import both_or_neither
from monitoring.models.readings import Metric, Reading
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only


class AlertState(models.TextChoices):
    """State of an alert."""

    OPEN = "open", "open"
    ACKNOWLEDGED = "acknowledged", "acknowledged"
    ESCALATED = "escalated", "escalated"
    CLOSED = "closed", "closed"


class AlertKind(models.TextChoices):
    """Subject of an alert; the two kinds are never in one list."""

    CLINICAL = "clinical", "clinical"
    ADHERENCE = "adherence", "adherence"


class Alert(PracticeModel):
    """A cause that needs a person, with the latest value that broke it, the limit, and its owner.

    Breaches of the same cause join while it is not closed. `value`, `limit` and `reading` are those of the gravest
    breach, the latest of them; an adherence alert has no reading, and its value is the days without data.
    """

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=10, choices=AlertKind, default=AlertKind.CLINICAL)
    cause = models.CharField(max_length=60)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, null=True, related_name="alerts", **PAIR_KEY)
    reading_measured_at = models.DateTimeField(null=True, editable=False)
    rule = models.ForeignKey(AlertRule, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    part = models.PositiveSmallIntegerField(default=1)
    severity = models.CharField(max_length=10, choices=Severity)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    limit = models.DecimalField(max_digits=7, decimal_places=2)
    above = models.BooleanField()
    description = models.CharField(
        max_length=200, blank=True, help_text="The rule in words, if no single limit was broken."
    )
    count = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=AlertState, default=AlertState.OPEN)
    owner = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    level = models.PositiveSmallIntegerField(default=0, help_text="0 the owner, 1 the backup, 2 on call.")
    due_at = models.DateTimeField(null=True, help_text="When it is escalated.")
    opened_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True, help_text="When the latest value was measured.")
    closed_at = models.DateTimeField(null=True)
    history = PracticeHistory()

    class Meta:
        constraints = [
            both_or_neither("reading", name="alert_reading_both"),
            models.UniqueConstraint(
                name="alert_once_for_a_cause", fields=["enrollment", "cause"], condition=~Q(state=AlertState.CLOSED)
            ),
        ]
        indexes = [
            models.Index(fields=["enrollment", "state"], name="alert_by_state"),
            models.Index(
                fields=["practice", "kind", "opened_at"], name="alert_inbox", condition=~Q(state=AlertState.CLOSED)
            ),
            models.Index(fields=["due_at"], name="alert_due", condition=~Q(state=AlertState.CLOSED)),
        ]

    def __str__(self) -> str:
        return f"{self.severity} alert {self.public_id}"

    @property
    def flag(self) -> str:
        """HH, H, L or LL; empty for an adherence alert."""
        if self.kind != AlertKind.CLINICAL:
            return ""
        return ("H" if self.above else "L") * (2 if self.severity == Severity.CRITICAL else 1)


class Breach(PracticeModel):
    """One reading that broke one cause, stored once, so that evaluation is safe to run twice."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="breaches")
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    reading_measured_at = models.DateTimeField()
    cause = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    limit = models.DecimalField(max_digits=7, decimal_places=2)

    database_objects = append_only("monitoring_breach")

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [models.UniqueConstraint(name="breach_once", fields=["reading", "cause"])]

    def __str__(self) -> str:
        return f"{self.cause}"


class StepKind(models.TextChoices):
    """Kind of a step."""

    OPENED = "opened", "opened"
    WORSENED = "worsened", "became critical"
    ESCALATED = "escalated", "escalated, no response"
    UNANSWERED = "unanswered", "nobody on call had answered"
    TAKEN = "taken", "acknowledged"
    HANDED = "handed", "reassigned"
    CLOSED = "closed", "closed"
    ARRIVED = "arrived", "closed by itself, a reading arrived"


class AlertStep(PracticeModel):
    """One step of an alert, with the person concerned. Never changed."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=StepKind)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    to = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, null=True, related_name="+", db_index=False)

    database_objects = append_only("monitoring_alertstep")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}"


class Conclusion(models.TextChoices):
    """Conclusion of a review."""

    CALLED = "called", "called the patient"
    MEDICATION = "medication", "medication changed"
    LIMIT = "limit", "limit changed"
    EXPECTED = "expected", "expected for this patient"
    DEVICE = "device", "device problem"
    EMERGENCY = "emergency", "sent to emergency care"
    READ = "read", "readings reviewed"


class Review(PracticeModel):
    """A person's conclusion, stored once. Without an alert: readings reviewed up to this moment."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="reviews")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, related_name="reviews")
    conclusion = models.CharField(max_length=12, choices=Conclusion)
    note = models.TextField(blank=True)
    reviewed_to = models.DateTimeField()
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    database_objects = append_only("monitoring_review")

    class Meta:
        ordering = ["-reviewed_at"]

    def __str__(self) -> str:
        return f"{self.get_conclusion_display()}"


class LimitProposal(PracticeModel):
    """A limit whose breaches were called "expected" repeatedly: the provider is asked whether to keep it."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="limit_proposals")
    threshold = models.ForeignKey(Threshold, on_delete=models.PROTECT, related_name="+", db_index=False)
    metric = models.CharField(max_length=20, choices=Metric)
    part = models.PositiveSmallIntegerField(default=1)
    bound = models.CharField(max_length=14)
    current_limit = models.DecimalField(max_digits=7, decimal_places=2)
    seen = models.DecimalField(max_digits=7, decimal_places=2, help_text="The furthest value called expected.")
    times = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    new_limit = models.DecimalField(max_digits=7, decimal_places=2, null=True)

    database_objects = append_only("monitoring_limitproposal", marks=("decided_at", "decided_by_id", "new_limit"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="limitproposal_one_open", fields=["threshold", "bound"], condition=Q(decided_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.bound} {self.current_limit}"


class AlertObserver(PracticeModel):
    """A member who follows a patient's alerts without owning them, for example a provider of another specialty."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="alert_observers")
    member = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="alertobserver_once", fields=["enrollment", "member"])]

    def __str__(self) -> str:
        return f"observer since {self.since:%Y-%m-%d}"


class Outreach(PracticeModel):
    """A task for a person: reach a patient by a day, because of an alert, or as the next contact agreed in a call."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="outreach")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, related_name="outreach")
    owner = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    due_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=300, null=True)

    database_objects = append_only("monitoring_outreach", marks=("done_at", "done_by_id", "outcome"))

    class Meta:
        verbose_name_plural = "outreach"
        constraints = [
            models.UniqueConstraint(name="outreach_one_open", fields=["enrollment"], condition=Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"outreach by {self.due_on}"
