"""A change of a practice's sign-in and signature rules, which needs two persons."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class SecurityOutcome(models.TextChoices):
    """What became of a change."""

    APPLIED = "applied", "applied"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


class SecurityChange(PracticeModel):
    """New values of a practice's security settings, entered by one administrator and decided by another.

    `values` has the new values by the name of the setting, and `before` the values they replace. If the practice has
    one administrator only, the operator of the installation decides, and `operator` is their name.
    """

    public_id = PublicIdField(unique=True)
    values = models.JSONField()
    before = models.JSONField()
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    operator = models.CharField(max_length=80, null=True)
    outcome = models.CharField(max_length=9, choices=SecurityOutcome, null=True)

    database_objects = append_only(
        "accounts_securitychange", marks=("decided_at", "decided_by_id", "operator", "outcome")
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="securitychange_one_open_a_practice", fields=["practice"], condition=Q(outcome__isnull=True)
            ),
            models.CheckConstraint(
                name="securitychange_decided_completely",
                condition=Q(outcome__isnull=True, decided_at__isnull=True)
                | Q(outcome__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="securitychange_applied_by_a_second_person",
                condition=~Q(outcome=SecurityOutcome.APPLIED)
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))
                | Q(operator__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change of security settings {self.public_id}"
