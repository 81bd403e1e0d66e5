"""Devices, their models, and their assignments to enrollments."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.identifiers import is_imei


class DeviceModel(PracticeModel):
    """A kind of device, with the facts that the billing rules need."""

    name = models.CharField(max_length=80)
    maker = models.CharField(max_length=80, blank=True)
    measures = models.CharField(
        max_length=20,
        choices=[
            ("blood_pressure", "blood pressure"),
            ("weight", "weight"),
            ("glucose", "blood glucose"),
            ("spo2", "oxygen saturation"),
            ("therapy", "therapy response"),
        ],
    )
    also_measures = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    clearance = models.CharField(
        "510(k) or listing number",
        max_length=20,
        blank=True,
        help_text="As FDA's database lists it, for example K123456.",
    )
    automatic = models.BooleanField("uploads by itself", default=True)
    connection = models.CharField(
        max_length=10,
        choices=[("cellular", "cellular"), ("bluetooth", "Bluetooth"), ("app", "software")],
        default="cellular",
        help_text="A cellular device is identified by its IMEI.",
    )
    fda_defined = models.BooleanField(
        "medical device as FDA defines it",
        default=False,
        help_text="Section 201(h); without it nothing can be billed.",
    )
    history = PracticeHistory()

    class Meta:
        constraints = [models.UniqueConstraint(name="devicemodel_once_in_practice", fields=["practice", "name"])]

    def __str__(self) -> str:
        return self.name


class DeviceState(models.TextChoices):
    """Whether a device may be given out."""

    STOCK = "stock", "in use or in stock"
    QUARANTINE = "quarantine", "quarantined"
    LOST = "lost", "lost"
    RETIRED = "retired", "retired"


class Device(PracticeModel):
    """A device, identified by its serial number or IMEI."""

    public_id = PublicIdField(unique=True)
    state = models.CharField(max_length=10, choices=DeviceState, default=DeviceState.STOCK)

    model = models.ForeignKey(DeviceModel, on_delete=models.PROTECT, related_name="devices")
    serial = models.CharField("serial number or IMEI", max_length=40)
    history = PracticeHistory()

    class Meta:
        constraints = [models.UniqueConstraint(name="device_serial_once_in_practice", fields=["practice", "serial"])]

    def __str__(self) -> str:
        return f"{self.model} {self.serial}"

    def clean(self) -> None:
        """Check that a cellular device's number is an IMEI: fifteen digits with a valid check digit."""
        digits = self.serial.isascii() and self.serial.isdecimal()
        if self.model.connection == "cellular" and digits and len(self.serial) >= 14 and not is_imei(self.serial):
            raise ValidationError(
                {"serial": "An IMEI has 15 digits and its last digit must check. Scan the barcode again."}
            )


class DeviceAssignment(PracticeModel):
    """Custody of a device: it measures this enrollment's patient from one moment to another."""

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="assignments")
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="assignments")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    assigned_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    means = models.CharField(
        "how it gets there", max_length=8, choices=[("here", "handed over"), ("shipped", "shipped")], default="here"
    )
    tracking = models.CharField("tracking number", max_length=40, blank=True)
    delivered_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=120, blank=True)
    configured = models.BooleanField(
        "configured for daily use and transmission, supplied and monitored by us", default=False
    )

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                name="assignment_ends_after_it_starts",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            ExclusionConstraint(
                name="assignment_one_holder_at_a_time",
                expressions=[
                    (
                        Func(F("device"), F("device"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (Func(F("starts_at"), F("ends_at"), function="tstzrange"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="This device is with another patient in that time. Take it back first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.device} from {self.starts_at:%Y-%m-%d}"


class DeviceShare(PracticeModel):
    """A second patient of a home who uses a device that was given to another patient.

    A reading of a shared device is stored for one of them only by the user number that its sender sends, or by the
    answer of a person. The device supply is billed for the patient the device was given to, never for both: only an
    assignment is custody.
    """

    assignment = models.ForeignKey(DeviceAssignment, on_delete=models.PROTECT, related_name="shares")
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="device_shares")
    user = models.CharField(max_length=40, blank=True, help_text="This patient, as the sender writes it.")
    holder_user = models.CharField(max_length=40, blank=True, help_text="The first patient, as the sender writes it.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                name="deviceshare_ends_after_it_starts",
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
            ),
            models.UniqueConstraint(
                name="deviceshare_open_once", fields=["assignment", "enrollment"], condition=Q(ends_at__isnull=True)
            ),
            models.CheckConstraint(name="deviceshare_two_users", condition=Q(user="") | ~Q(user=F("holder_user"))),
        ]

    def __str__(self) -> str:
        return f"{self.assignment.device} shared from {self.starts_at:%Y-%m-%d}"
