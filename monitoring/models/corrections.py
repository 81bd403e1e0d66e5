"""Models of what a person decided about an entry that waited: the right moment, or who was measured."""

from django.db import models

from monitoring.models.unmatched import UnmatchedReading
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ClockCorrection(PracticeModel):
    """The right moment of an entry with a wrong clock, set by a person with a reason. The latest one counts.

    It applies whenever the same entry is processed, also if it is sent again; `digest` is that of the unmatched entry.
    """

    digest = models.CharField(max_length=64)
    unmatched = models.ForeignKey(UnmatchedReading, on_delete=models.PROTECT, related_name="corrections")
    measured_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    corrected_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    corrected_at = models.DateTimeField()

    database_objects = append_only("monitoring_clockcorrection")

    class Meta:
        indexes = [models.Index(fields=["practice", "digest"], name="clockcorrection_by_digest")]

    def __str__(self) -> str:
        return f"corrected to {self.measured_at:%Y-%m-%d %H:%M}Z"


class PersonChoice(PracticeModel):
    """Who was measured with a shared device, as a person of the practice answered. The latest answer counts.

    It applies whenever the same entry is processed, also if it is sent again; `digest` is that of the unmatched entry.
    """

    digest = models.CharField(max_length=64)
    unmatched = models.ForeignKey(UnmatchedReading, on_delete=models.PROTECT, related_name="person_choices")
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="+")
    chosen_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    chosen_at = models.DateTimeField()

    database_objects = append_only("monitoring_personchoice")

    class Meta:
        indexes = [models.Index(fields=["practice", "digest"], name="personchoice_by_digest")]

    def __str__(self) -> str:
        return f"chosen {self.chosen_at:%Y-%m-%d %H:%M}Z"
