"""A change of a practice's settings for sign-in, time entries or billing, which needs two persons."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class SettingOutcome(models.TextChoices):
    """What became of a change."""

    APPLIED = "applied", "applied"
    REFUSED = "refused", "refused"
    WITHDRAWN = "withdrawn", "withdrawn"


class SettingChange(PracticeModel):
    """New values of a practice's settings of one kind (`setting_kinds.py`), entered by one person, decided by another.

    `values` has the new values by the name of the setting, and `before` the values they replace. `subject` is what the
    settings are of, such as a clinic from a day on; empty if they are of the practice. If the practice has only one
    person who may decide, the operator of the installation does, and `operator` is their name.
    """

    public_id = PublicIdField(unique=True)
    kind = models.CharField(max_length=12)
    subject = models.CharField(max_length=300, blank=True)
    values = models.JSONField()
    before = models.JSONField()
    reason = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    operator = models.CharField(max_length=80, null=True)
    outcome = models.CharField(max_length=9, choices=SettingOutcome, null=True)

    database_objects = append_only(
        "accounts_settingchange", marks=("decided_at", "decided_by_id", "operator", "outcome")
    )

    class Meta:
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                name="settingchange_one_open_of_a_kind",
                fields=["practice", "kind", "subject"],
                condition=Q(outcome__isnull=True),
            ),
            models.CheckConstraint(
                name="settingchange_decided_completely",
                condition=Q(outcome__isnull=True, decided_at__isnull=True)
                | Q(outcome__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(
                name="settingchange_applied_by_a_second_person",
                condition=~Q(outcome=SettingOutcome.APPLIED)
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))
                | Q(operator__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"change of settings {self.public_id}"
