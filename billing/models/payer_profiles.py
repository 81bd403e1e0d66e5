"""A payer's procedures besides its billing rules, by day; and the practice's own golden cases."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Value

from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only


class Correction(models.TextChoices):
    """How a payer takes a correction of a claim that it has processed."""

    REPLACEMENT = "replacement", "replacement or void of the claim (frequency 7 or 8)"
    NEW_CLAIM = "new_claim", "a new claim (frequency 1)"
    REOPENING = "reopening", "reopening by phone, portal or letter"


class PayerProfile(PracticeModel):
    """A payer's policy document, limits in days, correction mode, and codes that need authorization, from a day on."""

    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, related_name="profiles")
    policy_number = models.CharField(max_length=60, blank=True)
    policy_version = models.CharField(max_length=60, blank=True)
    policy_dated_on = models.DateField(null=True, blank=True)
    text_read = models.BooleanField(default=False, help_text="A person at the practice has read the document itself.")
    filing_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Counted from the date of service.")
    appeal_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Counted from the day of denial.")
    correction = models.CharField(max_length=11, choices=Correction, blank=True)
    authorization_codes = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)
    history = PracticeHistory()

    class Meta:
        ordering = ["-starts_on"]
        constraints = [
            ExclusionConstraint(
                name="payerprofile_one_a_day",
                expressions=[
                    (Func(F("payer"), F("payer"), Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                    (Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"), RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer} from {self.starts_on}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"payer_profile:{self.pk}"


class OwnCase(PracticeModel):
    """A practice's own golden case: invented facts in the format of `billing.rules decide`, with the expected lines.

    It is withdrawn, never changed. With a payer it is decided under that payer's policy, else under the preset that
    it names.
    """

    public_id = PublicIdField(unique=True)
    title = models.CharField(max_length=120)
    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, null=True, related_name="+")
    case = models.JSONField()
    added_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    database_objects = append_only("billing_owncase", marks=("withdrawn_by_id", "withdrawn_at"))

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"own_case:{self.public_id}"
