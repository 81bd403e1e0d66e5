"""Rules of a practice that hold claims, or note something on them, by a field of the claim."""

from django.db import models
from django.db.models import F, Q

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class HoldField(models.TextChoices):
    """The field of a claim or of its lines that a rule compares."""

    PAYER = "payer", "payer"
    CODE = "code", "code of a line"
    MODIFIER = "modifier", "modifier of a line"
    DIAGNOSIS = "diagnosis", "diagnosis"
    PLACE = "place", "place of service"
    PROVIDER = "provider", "NPI of the billing provider"
    MEMBER_ID = "member_id", "member ID"
    STATE = "state", "state of the patient's address"
    CHARGE = "charge", "total charge"
    UNITS = "units", "units of a line"


class HoldOperator(models.TextChoices):
    """How a rule compares."""

    IS = "is", "is"
    IS_NOT = "is_not", "is not"
    STARTS = "starts", "starts with"
    OVER = "over", "is more than"
    UNDER = "under", "is less than"


class HoldEffect(models.TextChoices):
    """What a rule does with a claim to which it applies."""

    HOLD = "hold", "hold the claim"
    NOTE = "note", "note it"


class HoldRule(PracticeModel):
    """A rule that a biller wrote and a second person approved. It applies from a day, until it is ended."""

    public_id = PublicIdField(unique=True)
    field = models.CharField(max_length=9, choices=HoldField)
    operator = models.CharField(max_length=6, choices=HoldOperator)
    value = models.CharField(max_length=60)
    effect = models.CharField(max_length=4, choices=HoldEffect)
    reason = models.CharField(max_length=300)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    decision = models.CharField(max_length=8, null=True, choices=[("approved", "approved"), ("refused", "refused")])

    database_objects = append_only(
        "billing_holdrule", marks=("ends_on", "ended_by_id", "decided_at", "decided_by_id", "decision")
    )

    class Meta:
        ordering = ["starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="holdrule_approved_by_a_second_person",
                condition=Q(decision__isnull=True)
                | ~Q(decision="approved")
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()} {self.get_operator_display()} {self.value}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"hold_rule:{self.public_id}"
