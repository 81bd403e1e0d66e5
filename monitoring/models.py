"""Deliveries as they came, readings as measured, the days they make, limits, alerts and reviews."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from monitoring.bounds import check_template
from rpm_portal.tenancy import PracticeModel, new_public_id


class Metric(models.TextChoices):
    """What was measured; the unit of each stands in `ingest.UNITS`."""

    BLOOD_PRESSURE = "blood_pressure", "Blood pressure"
    WEIGHT = "weight", "Weight"
    GLUCOSE = "glucose", "Blood glucose"
    SPO2 = "spo2", "Oxygen saturation"
    THERAPY = "therapy", "Therapy response"


class SourceKind(models.TextChoices):
    """How a value came here. Only `automatic` makes an RPM reading day; RTM accepts what the patient reports."""

    AUTOMATIC = "automatic", "sent by the device"
    PATIENT = "patient", "told by the patient"
    STAFF = "staff", "typed by staff"


class Source(PracticeModel):
    """A sender of readings and its key, of which only a digest is kept."""

    name = models.CharField(max_length=60)
    shape = models.CharField(max_length=12, choices=[("portal", "portal JSON"), ("telli", "Telli Health")])
    key_digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Delivery(PracticeModel):
    """One body as it came in, kept before it is understood, so that nothing acknowledged is lost."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    body = models.BinaryField()
    body_digest = models.CharField(max_length=64)
    outcome = models.JSONField(null=True)

    def __str__(self) -> str:
        return f"delivery {self.pk}"


class Reading(PracticeModel):
    """One measurement as sent. Never edited: a correction will be a row of its own.

    `local_day` is the day in the patient's zone on which it was measured. For blood pressure the values are
    systolic, diastolic, pulse; other metrics use the first alone.
    """

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="readings")
    device = models.ForeignKey("enrollment.Device", on_delete=models.PROTECT, related_name="+", db_index=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    metric = models.CharField(max_length=20, choices=Metric)
    measured_at = models.DateTimeField()
    received_at = models.DateTimeField()
    local_day = models.DateField()
    value = models.DecimalField(max_digits=7, decimal_places=2)
    value_2 = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    value_3 = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    source_kind = models.CharField(max_length=10, choices=SourceKind, default=SourceKind.AUTOMATIC)

    class Meta:
        constraints = [
            # The same measurement sent twice, by whatever road, is one reading.
            models.UniqueConstraint(
                name="reading_once",
                fields=["device", "metric", "measured_at", "value", "value_2", "source_kind"],
            ),
        ]
        indexes = [models.Index(fields=["enrollment", "-measured_at"], name="reading_of_enrollment")]

    def __str__(self) -> str:
        return f"{self.metric} at {self.measured_at:%Y-%m-%d %H:%M}Z"


class ReadingDay(PracticeModel):
    """A local day of one enrollment and device with its readings counted by kind. Kept in the ingest's transaction."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="reading_days")
    device = models.ForeignKey("enrollment.Device", on_delete=models.PROTECT, related_name="+", db_index=False)
    local_day = models.DateField()
    automatic = models.PositiveIntegerField(default=0)
    reported = models.PositiveIntegerField(default=0)
    typed = models.PositiveIntegerField(default=0)
    first_received_at = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="When the counts last changed, by the database's own clock.")

    class Meta:
        constraints = [models.UniqueConstraint(name="readingday_once", fields=["enrollment", "local_day", "device"])]
        indexes = [models.Index(fields=["practice", "local_day"], name="readingday_of_practice")]

    def __str__(self) -> str:
        return f"{self.local_day}"


class Standing(PracticeModel):
    """The kept sums of one enrollment that a worklist shows; rebuilt and compared nightly."""

    enrollment = models.OneToOneField("enrollment.Enrollment", on_delete=models.PROTECT, related_name="standing")
    last_reading_at = models.DateTimeField(null=True)
    last_metric = models.CharField(max_length=20, blank=True)
    last_value = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    last_value_2 = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    open_critical = models.PositiveIntegerField(default=0)
    open_high = models.PositiveIntegerField(default=0)
    reviewed_to = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["practice", "-open_critical", "-open_high"], name="standing_by_alerts")]

    def __str__(self) -> str:
        return f"standing of {self.enrollment_id}"


class UnmatchedReading(PracticeModel):
    """A reading that could not be placed: kept with the reason until a person decides. Never dropped."""

    class Reason(models.TextChoices):
        """Why it could not be placed."""

        UNKNOWN_DEVICE = "unknown_device", "no device with this serial number in the practice"
        NOT_ASSIGNED = "not_assigned", "the device was with nobody at that time"
        FUTURE = "future", "measured more than five minutes in the future"
        IMPOSSIBLE = "impossible", "a value no living person has"
        UNREADABLE = "unreadable", "a part is missing or not understood"

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="unmatched")
    serial = models.CharField(max_length=60, blank=True)
    payload = models.JSONField()
    reason = models.CharField(max_length=20, choices=Reason)
    said = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(name="unmatched_once", fields=["practice", "digest"])]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}"


class Threshold(PracticeModel):
    """The range set for a patient. Blood pressure has one row for systolic and one for diastolic (`part`)."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="thresholds")
    metric = models.CharField(max_length=20, choices=Metric)
    part = models.PositiveSmallIntegerField(default=1, choices=[(1, "first value"), (2, "second value")])
    low = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    critical_low = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    critical_high = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    set_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="threshold_once", fields=["enrollment", "metric", "part"]),
            models.CheckConstraint(
                name="threshold_low_below_high",
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lt=F("high")),
                violation_error_message="The low limit must be below the high one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.low}-{self.high}"


class ConditionTemplate(PracticeModel):
    """Limits and goals to begin from, for a condition. A patient's own limits are set one by one."""

    name = models.CharField(max_length=80)
    goals = models.TextField(blank=True, max_length=1000)
    limits = models.JSONField(
        default=list,
        blank=True,
        help_text='A list like [{"metric": "blood_pressure", "part": 1, "low": 95, "high": 150}].',
    )
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="conditiontemplate_once", fields=["practice", "name"])]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse limits that cross or name nothing we measure."""
        try:
            check_template(self.limits)
        except ValidationError as error:
            raise ValidationError({"limits": error.messages}) from None


class Severity(models.TextChoices):
    """How soon somebody must look."""

    CRITICAL = "critical", "critical"
    HIGH = "high", "outside limits"


class AlertState(models.TextChoices):
    """Where an alert stands."""

    OPEN = "open", "open"
    ACKNOWLEDGED = "acknowledged", "acknowledged"
    ESCALATED = "escalated", "escalated"
    CLOSED = "closed", "closed"


class Alert(PracticeModel):
    """A breach, with the value that made it and the limit it broke."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="alerts")
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="alerts")
    part = models.PositiveSmallIntegerField(default=1)
    severity = models.CharField(max_length=10, choices=Severity)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    limit = models.DecimalField(max_digits=7, decimal_places=2)
    above = models.BooleanField()
    state = models.CharField(max_length=12, choices=AlertState, default=AlertState.OPEN)
    opened_at = models.DateTimeField()
    history = HistoricalRecords()

    class Meta:
        constraints = [models.UniqueConstraint(name="alert_once_for_a_reading", fields=["reading", "part"])]
        indexes = [models.Index(fields=["enrollment", "state"], name="alert_by_state")]

    def __str__(self) -> str:
        return f"{self.severity} alert {self.public_id}"


class Conclusion(models.TextChoices):
    """What came of a look."""

    CALLED = "called", "called the patient"
    MEDICATION = "medication", "medication changed"
    LIMIT = "limit", "limit changed"
    EXPECTED = "expected", "expected for this patient"
    DEVICE = "device", "device fault"
    EMERGENCY = "emergency", "sent to emergency care"
    READ = "read", "readings reviewed"


class Review(PracticeModel):
    """A person looked and concluded, once. Without an alert it says: readings reviewed up to this moment."""

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="reviews")
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, null=True, related_name="reviews")
    conclusion = models.CharField(max_length=12, choices=Conclusion)
    note = models.TextField(blank=True)
    reviewed_to = models.DateTimeField()
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        ordering = ["-reviewed_at"]

    def __str__(self) -> str:
        return f"{self.get_conclusion_display()}"
