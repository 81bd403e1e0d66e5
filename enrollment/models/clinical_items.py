"""The medications, allergies and caregivers of a patient: dated entries that are ended by a mark and never changed."""

from django.db import models
from django.db.models import F, Q

from enrollment.models.patients import Patient
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only

NO_KNOWN_ALLERGIES = "No known allergies"


class ItemKind(models.TextChoices):
    """The list that an entry belongs to."""

    MEDICATION = "medication", "Medication"
    ALLERGY = "allergy", "Allergy"
    CAREGIVER = "caregiver", "Caregiver"


class ClinicalItem(PracticeModel):
    """One medication, allergy or caregiver from a day. `origin` names the system if a person did not enter it."""

    public_id = PublicIdField(unique=True)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="clinical_items")
    kind = models.CharField(max_length=10, choices=ItemKind)
    name = models.CharField(max_length=120)
    detail = models.CharField("dose, reaction, or relationship", max_length=120, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    since = models.DateField("since")
    origin = models.CharField(max_length=20, default="staff", editable=False)
    recorded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.CharField(max_length=200, null=True, blank=True)

    database_objects = append_only(
        "enrollment_clinicalitem", marks=("ended_on", "ended_by_id", "end_reason"), free=("patient_id",)
    )

    class Meta:
        verbose_name_plural = "clinical items"
        ordering = ["kind", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="clinicalitem_ends_after_it_starts",
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("since")),
            ),
        ]
        indexes = [
            models.Index(fields=["patient"], name="clinicalitem_active", condition=Q(ended_on__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
