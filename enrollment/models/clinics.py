"""Clinics: the places where a practice sees patients."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel


class Clinic(PracticeModel):
    """A place of a practice, by the name its people use. Maintained in the Django admin."""

    name = models.CharField(max_length=80)
    region = models.CharField(
        max_length=80, blank=True, help_text="Clinics with the same region are added up in reports."
    )
    closed = models.BooleanField(
        default=False, help_text="Shown after its name. Its patients stay, and imports add no new ones."
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="clinic_once_in_practice", fields=["practice", "name"])]

    def __str__(self) -> str:
        return f"{self.name}, closed" if self.closed else self.name
