"""Rule years that a practice loads as files: drafted, tried, submitted, put in force by a second person, withdrawn."""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import trigger, trigger_function


class YearState(models.TextChoices):
    """The state of a rule year's file. The last three are final, and so is a file in force once a month is locked."""

    DRAFT = "draft", "draft"
    SUBMITTED = "submitted", "waits for a second person"
    IN_FORCE = "in_force", "in force"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"
    REPLACED = "replaced", "replaced by another file"


class RuleYearFile(PracticeModel):
    """The file of a rule year, as it was uploaded. It has no effect until a second person has put it in force."""

    public_id = PublicIdField(unique=True)
    year = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=YearState, default=YearState.DRAFT)
    made_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    submitted_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    history = PracticeHistory(excluded_fields=["content"])

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.UniqueConstraint(
                name="ruleyearfile_one_in_force_a_year", fields=["practice", "year"], condition=Q(state="in_force")
            ),
            models.UniqueConstraint(
                name="ruleyearfile_one_open_a_year",
                fields=["practice", "year"],
                condition=Q(state__in=["draft", "submitted"]),
            ),
            models.CheckConstraint(
                name="ruleyearfile_in_force_by_a_second_person",
                condition=~Q(state="in_force")
                | Q(submitted_by__isnull=False, decided_by__isnull=False) & ~Q(decided_by=F("submitted_by")),
            ),
        ]

    database_objects = (
        trigger_function(
            "billing_ruleyearfile_content",
            """
  RAISE EXCEPTION 'the file of a rule year is never changed; load another' USING ERRCODE = 'P0001';
""",
        ),
        trigger(
            "billing_ruleyearfile",
            "billing_ruleyearfile_content",
            "BEFORE UPDATE",
            when="(OLD.practice_id, OLD.year, OLD.content, OLD.digest) "
            "IS DISTINCT FROM (NEW.practice_id, NEW.year, NEW.content, NEW.digest)",
        ),
    )

    def __str__(self) -> str:
        return f"{self.year}: {self.title}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"rule_year:{self.public_id}"
