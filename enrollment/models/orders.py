"""Enrollments, their episodes, pauses and orders."""

from datetime import date
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from enrollment.models.clinics import Clinic
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel, PracticeQuerySet
from rpm_portal.core.db.triggers import append_only

icd10_shape = RegexValidator(
    r"^[A-TV-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?$",
    "Write the diagnosis as an ICD-10-CM code, for example I10 or E11.65.",
)


class Program(models.TextChoices):
    """What a patient is enrolled in. CCM may run together with one of the others."""

    RPM = "RPM", "Remote physiologic monitoring"
    RTM = "RTM", "Remote therapeutic monitoring"
    CCM = "CCM", "Chronic care management"


class RtmSystem(models.TextChoices):
    """The body system an RTM device supply code names."""

    RESPIRATORY = "respiratory", "respiratory"
    MUSCULOSKELETAL = "musculoskeletal", "musculoskeletal"
    COGNITIVE_BEHAVIORAL = "cognitive_behavioral", "cognitive behavioral"


class EnrollmentState(models.TextChoices):
    """State of an enrollment."""

    DRAFT = "draft", "draft"
    READY = "ready", "ready"
    ACTIVE = "active", "active"
    PAUSED = "paused", "paused"
    DISCHARGED = "discharged", "discharged"


class EnrollmentQuerySet(PracticeQuerySet):
    """Filters of enrollments."""

    def active(self) -> Self:
        """Enrollments in the active state."""
        return self.filter(state=EnrollmentState.ACTIVE)

    def served_in(self, first_day: date, last_day: date) -> Self:
        """Enrollments with service in a span of days: started by its end, not discharged before its start."""
        return self.filter(started_on__isnull=False, started_on__lte=last_day).exclude(discharged_on__lt=first_day)


class Enrollment(PracticeModel):
    """A patient in one program, billed under one provider."""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="enrollments")
    program = models.CharField(max_length=3, choices=Program)
    state = models.CharField(max_length=10, choices=EnrollmentState, default=EnrollmentState.DRAFT)
    billing_provider = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    supervised_by = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who supervises the clinical staff; without one their time cannot be billed.",
    )
    looked_after_by = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who owns this patient's alerts from the first second.",
    )
    clinic = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Where the patient is seen.",
        **PAIR_KEY,
    )
    diagnosis = models.CharField("diagnosis (ICD-10-CM)", max_length=8, blank=True, validators=[icd10_shape])
    diagnosis_kind = models.CharField(max_length=7, choices=[("chronic", "chronic"), ("acute", "acute")], blank=True)
    condition = models.CharField(max_length=80, blank=True, help_text="In words, for the worklist.")
    rtm_system = models.CharField(max_length=24, choices=RtmSystem, blank=True)
    therapy_plan = models.CharField(
        "therapy plan of care", max_length=3, choices=[("PT", "PT"), ("OT", "OT"), ("SLP", "SLP")], blank=True
    )
    plan_on = models.DateField(
        "treatment plan of", null=True, blank=True, help_text="RTM begins from a treatment plan; its date."
    )
    goals = models.TextField(blank=True, max_length=2000)
    other_monitoring = models.CharField(
        "monitored elsewhere",
        max_length=8,
        choices=[("no", "no"), ("ended", "yes, and it has ended"), ("running", "yes, it still runs")],
        blank=True,
        help_text="Asked of the patient: only one practitioner may bill a period.",
    )
    other_monitoring_by = models.CharField("name of the other practice", max_length=120, blank=True)
    other_monitoring_ended_on = models.DateField("ended there on", null=True, blank=True)
    started_on = models.DateField(null=True, blank=True)
    discharged_on = models.DateField(null=True, blank=True)
    discharge_reason = models.CharField(max_length=200, blank=True)
    history = PracticeHistory()

    objects = EnrollmentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="enrollment_one_open_in_a_program",
                fields=["patient", "program"],
                condition=~Q(state=EnrollmentState.DISCHARGED),
                violation_error_message="This patient is already enrolled in the program.",
            ),
            # RPM and RTM are never open together for one patient (billing rule R-RPM-RTM).
            models.UniqueConstraint(
                name="enrollment_rpm_or_rtm",
                fields=["patient"],
                condition=Q(program__in=["RPM", "RTM"])
                & ~Q(state__in=[EnrollmentState.DISCHARGED, EnrollmentState.DRAFT]),
                violation_error_message="RPM and RTM cannot run together. End one before the other begins.",
            ),
            models.CheckConstraint(
                name="enrollment_discharge_dated",
                condition=~Q(state=EnrollmentState.DISCHARGED) | Q(discharged_on__isnull=False),
            ),
            models.CheckConstraint(
                name="enrollment_ends_after_it_starts",
                condition=Q(discharged_on__isnull=True) | Q(discharged_on__gte=F("started_on")),
            ),
            models.CheckConstraint(
                name="enrollment_active_is_started",
                condition=~Q(state__in=[EnrollmentState.ACTIVE, EnrollmentState.PAUSED]) | Q(started_on__isnull=False),
            ),
            models.CheckConstraint(
                name="enrollment_rtm_names_a_system", condition=~Q(program="RTM") | ~Q(rtm_system="")
            ),
        ]
        indexes = [
            models.Index(fields=["practice", "state", "program"], name="enrollment_by_state"),
            # For the condition filter of the worklist.
            models.Index(fields=["practice", "condition"], name="enrollment_by_condition", condition=~Q(condition="")),
        ]

    def __str__(self) -> str:
        return f"{self.program} {self.public_id}"


class Episode(PracticeModel):
    """One course of monitoring to its goal; set-up is billed once in it (99453, 98975)."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="episodes")
    number = models.PositiveSmallIntegerField(default=1)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    goal_met = models.BooleanField(default=False)
    end_reason = models.CharField(max_length=200, blank=True)
    educated_on = models.DateField("education given", null=True, blank=True)
    educated_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    education_means = models.CharField(
        "by what means",
        max_length=8,
        choices=[("visit", "at a visit"), ("home", "at home"), ("video", "by video"), ("phone", "by phone")],
        blank=True,
    )
    education_minutes = models.PositiveSmallIntegerField("minutes", null=True, blank=True)
    teach_back = models.BooleanField("the patient showed it back", default=False)
    # Set-up that an assistant furnished carries CQ or CO.
    educated_by_assistant = models.BooleanField("educated by a therapist assistant", default=False)
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="episode_numbered_in_enrollment", fields=["enrollment", "number"]),
            models.UniqueConstraint(name="episode_one_open", fields=["enrollment"], condition=Q(ended_on__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"episode {self.number}"


class Pause(PracticeModel):
    """Days on which the service was paused: hospital, travel. A pause does not extend a device period."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="pauses")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="pause_one_open", fields=["enrollment"], condition=Q(ends_on__isnull=True)),
            models.CheckConstraint(
                name="pause_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"pause from {self.starts_on}"


class Order(PracticeModel):
    """A provider's signed, dated instruction to monitor. It never changes; a new order supersedes it."""

    public_id = PublicIdField(unique=True)
    number = models.PositiveIntegerField()
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="orders")
    ordered_by = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    diagnosis = models.CharField(max_length=8, validators=[icd10_shape])
    measures = models.CharField("what is measured", max_length=120)
    frequency = models.CharField("how often", max_length=80)
    device_kind = models.CharField("kind of device", max_length=80, blank=True)
    necessity = models.TextField("medical necessity", blank=True, max_length=1000)
    goals = models.TextField(blank=True, max_length=2000)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    signed_at = models.DateTimeField()
    signed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    signed_npi = models.CharField("NPI of the signature", max_length=10)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    backdated_because = models.CharField(max_length=200, blank=True)

    database_objects = append_only("enrollment_order")

    class Meta:
        ordering = ["-starts_on", "-number"]
        constraints = [
            models.UniqueConstraint(name="order_numbered_in_practice", fields=["practice", "number"]),
            models.CheckConstraint(
                name="order_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"order {self.number}"
