"""Where a practice sees its patients."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel


class Clinic(PracticeModel):
    """One of a practice's places, as its people call it; kept in the admin."""

    name = models.CharField(max_length=80)
    closed = models.BooleanField(
        default=False, help_text="Said beside its name; who is there stays there, and no file brings others."
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="clinic_once_in_practice", fields=["practice", "name"])]

    def __str__(self) -> str:
        return f"{self.name}, closed" if self.closed else self.name
