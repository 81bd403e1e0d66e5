"""Models of readings, reading days, and the values per enrollment that a worklist shows."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Now

from monitoring.models.reading_keys import both_or_neither
from monitoring.models.sources import Delivery, Source
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only, trigger, trigger_function


class Metric(models.TextChoices):
    """What was measured; the units are in `ingest.UNITS`."""

    BLOOD_PRESSURE = "blood_pressure", "Blood pressure"
    HEART_RATE = "heart_rate", "Heart rate"
    WEIGHT = "weight", "Weight"
    GLUCOSE = "glucose", "Blood glucose"
    SPO2 = "spo2", "Oxygen saturation"
    TEMPERATURE = "temperature", "Body temperature"
    PEAK_FLOW = "peak_flow", "Peak flow"
    THERAPY = "therapy", "Therapy response"


class SourceKind(models.TextChoices):
    """How a value was obtained. Only `automatic` makes an RPM reading day; RTM accepts what the patient reports."""

    AUTOMATIC = "automatic", "sent by the device"
    PATIENT = "patient", "reported by the patient"
    STAFF = "staff", "typed by staff"
    FILE = "file", "imported from a file"


class TimeSource(models.TextChoices):
    """How the moment of measuring is known."""

    DEVICE = "device", "the device's own clock"
    ESTIMATED = "estimated", "estimated by the gateway, the device had no clock"
    WALL = "wall", "a local time without offset, read in the patient's zone"
    PERSON = "person", "entered by a person"


class Reading(PracticeModel):
    """One measurement as sent. Never changed: a correction is a separate row, and the old one is voided.

    `local_day` is the day in the patient's zone (`zone`, as it was then) on which it was measured. For blood pressure
    the values are systolic, diastolic, pulse; for peak flow PEF and FEV1; other metrics use the first alone. A value
    outside the range of its device is stored as the bound that is known (`bounds`).
    """

    # The foreign key to the enrollment includes the practice: one check less for each new reading.
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="readings", **PAIR_KEY
    )
    device = models.ForeignKey("enrollment.Device", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    metric = models.CharField(max_length=20, choices=Metric)
    measured_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, help_text="When the device sent it, by the device's clock.")
    vendor_at = models.DateTimeField(null=True, help_text="When the vendor received it from the device.")
    received_at = models.DateTimeField(help_text="When the body with it was received here.")
    stored_at = models.DateTimeField(db_default=Now(), help_text="Later than received if the body waited.")
    local_day = models.DateField()
    zone = models.CharField(max_length=40, blank=True)
    time_source = models.CharField(max_length=10, choices=TimeSource, default=TimeSource.DEVICE)
    value = models.DecimalField(max_digits=7, decimal_places=2)
    value_2 = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    value_3 = models.DecimalField(max_digits=7, decimal_places=2, default=0)
    bounds = models.CharField(
        max_length=8,
        blank=True,
        db_default="",
        help_text="Comparators of the values that are bounds, by comma: > with 600 is >600.",
    )
    source_kind = models.CharField(max_length=10, choices=SourceKind, default=SourceKind.AUTOMATIC)
    amended = models.BooleanField(default=False, db_default=False, help_text="By the sender's status.")
    issued_at = models.DateTimeField(null=True, help_text="When the sender made this version available.")
    irregular = models.BooleanField(
        default=False, db_default=False, help_text="The device detected an irregular heartbeat during the measurement."
    )
    entry = models.PositiveIntegerField(default=0, db_default=0, help_text="Its place in the body.")
    version_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The first version, of what the sender named once.",
        **PAIR_KEY,
    )
    version_of_measured_at = models.DateTimeField(null=True, blank=True)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+", **PAIR_KEY)
    corrects_measured_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    void_reason = models.CharField(max_length=200, null=True, blank=True)

    # Readings are to be partitioned by the moment of measuring, so every reference to one includes it.
    key_also = ("measured_at",)
    database_objects = append_only("monitoring_reading", marks=("voided_at", "voided_by_id", "void_reason"))

    class Meta:
        constraints = [
            both_or_neither("version_of", name="reading_version_of_both"),
            both_or_neither("corrects", name="reading_corrects_both"),
            # The same measurement sent twice, in any way, is one reading. A reading that its sender voided may be sent
            # again; one that a person of the practice voided may not.
            models.UniqueConstraint(
                name="reading_once",
                fields=["device", "metric", "measured_at", "value", "value_2", "source_kind", "bounds"],
                condition=Q(voided_at__isnull=True) | Q(voided_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["enrollment", "-measured_at"], name="reading_of_enrollment"),
            models.Index(fields=["version_of"], name="reading_versions", condition=Q(version_of__isnull=False)),
            # For FHIR clients that ask for what changed since a moment.
            models.Index("practice", Coalesce("voided_at", "stored_at"), "id", name="reading_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.metric} at {self.measured_at:%Y-%m-%d %H:%M}Z"


class VendorReading(PracticeModel):
    """A sender's own identifier of one reading: a row for each identifier of each version. Never changed.

    Identifiers are looked up in all months, and an amended version may have another moment, so they are not columns of
    the reading. A version takes over the first identifier of the previous version.
    """

    # The foreign key to the reading includes the practice.
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    sender = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    vendor_system = models.CharField(max_length=80, blank=True)
    vendor_id = models.CharField(max_length=80)
    reading = models.ForeignKey(Reading, on_delete=models.PROTECT, related_name="names", **PAIR_KEY)
    reading_measured_at = models.DateTimeField()
    delivery = models.ForeignKey(
        Delivery,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The body with this name, if the reading was stored before with another name or none.",
        **PAIR_KEY,
    )
    entry = models.PositiveIntegerField(null=True, help_text="Its place in that body.")

    database_objects = append_only("monitoring_vendorreading")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="vendorreading_once", fields=["reading", "sender", "vendor_id", "vendor_system"]
            )
        ]
        indexes = [models.Index(fields=["sender", "vendor_id"], name="vendorreading_by_name")]

    def __str__(self) -> str:
        return self.vendor_id


class ReadingDay(PracticeModel):
    """A local day of one enrollment and device with its readings counted by kind. Updated in the transaction of intake.

    `typed` counts what staff typed and what came from a file: neither makes a reading day.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", db_index=False)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="reading_days", **PAIR_KEY
    )
    device = models.ForeignKey("enrollment.Device", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
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
    """Current values and open alerts of one enrollment for a worklist; recomputed and compared nightly."""

    enrollment = models.OneToOneField("enrollment.Enrollment", on_delete=models.PROTECT, related_name="standing")
    last_reading_at = models.DateTimeField(null=True)
    last_metric = models.CharField(max_length=20, blank=True)
    last_value = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    last_value_2 = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    last_bounds = models.CharField(max_length=8, default="", db_default="")
    open_critical = models.PositiveIntegerField(default=0)
    open_high = models.PositiveIntegerField(default=0)
    open_low = models.PositiveIntegerField(default=0)
    open_adherence = models.PositiveIntegerField(default=0)
    reviewed_to = models.DateTimeField(null=True)

    database_objects = (
        # Every enrollment has its row from the start.
        trigger_function(
            "monitoring_standing_made",
            """
  INSERT INTO monitoring_standing
    (practice_id, enrollment_id, last_metric, open_critical, open_high, open_low, open_adherence)
  VALUES (NEW.practice_id, NEW.id, '', 0, 0, 0, 0) ON CONFLICT DO NOTHING;
  RETURN NULL;""",
        ),
        trigger("enrollment_enrollment", "monitoring_standing_made", "AFTER INSERT"),
    )

    class Meta:
        indexes = [models.Index(fields=["practice", "-open_critical", "-open_high"], name="standing_by_alerts")]

    def __str__(self) -> str:
        return f"standing of {self.enrollment_id}"
