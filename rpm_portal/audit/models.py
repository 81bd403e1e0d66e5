"""Models of the audit history: append-only events that are chained by keyed digests."""

from django.db import models

from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class ChainHead(models.Model):
    """The last link of a practice's chain; locked while the next event is written."""

    practice = models.OneToOneField("accounts.Practice", on_delete=models.PROTECT, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"event {self.number}"


class Event(PracticeModel):
    """An action or an access, chained to the previous event by a keyed digest.

    `subject` is a public id with its kind in front ("patient:k3v9..."). `detail` contains only counts, codes and
    reasons, never names or values of patients.
    """

    number = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=60, blank=True)
    detail = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    database_objects = append_only("audit_event")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(name="event_numbered_in_practice", fields=["practice", "number"])]
        indexes = [models.Index(fields=["practice", "subject", "-number"], name="event_by_subject")]

    def __str__(self) -> str:
        return f"{self.number} {self.action}"

    @property
    def words(self) -> str:
        """The action as words."""
        return self.action.replace("_", " ")
