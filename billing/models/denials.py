"""What a practice does about lines that a payer refused."""

from django.db import models

from billing.models.answers import Answer
from billing.models.claim_versions import ClaimVersion
from billing.models.lines import ClaimLine
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class Step(models.TextChoices):
    """What was done about a refusal. The last two end the work on it."""

    LOOKED = "looked", "looked into"
    APPEALED = "appealed", "appealed"
    CORRECTED = "corrected", "corrected, or paid after all"
    WRITTEN_OFF = "written_off", "written off"


ENDED = (Step.CORRECTED, Step.WRITTEN_OFF)


class DenialStep(PracticeModel):
    """One step on a refused claim or line, by one person. Append-only; the latest step is the state of the work."""

    answer = models.ForeignKey(Answer, on_delete=models.PROTECT, related_name="steps")
    # An answer to a whole file refuses each of its claims.
    version = models.ForeignKey(ClaimVersion, on_delete=models.PROTECT, related_name="steps")
    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, null=True, related_name="denial_steps")
    step = models.CharField(max_length=11, choices=Step)
    note = models.CharField(max_length=300)
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    database_objects = append_only("billing_denialstep")

    class Meta:
        ordering = ["taken_at", "pk"]

    def __str__(self) -> str:
        return f"{self.step}"
