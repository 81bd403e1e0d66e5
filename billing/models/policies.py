"""Policies of payers, and expected rates of codes."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from billing.rules import PolicyError, load_preset
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel
from rpm_portal.core.db.triggers import append_only

STRICTEST = "strict_provider_only"


class PayerPolicy(PracticeModel):
    """The preset that a payer follows from a day on, with its departures. Without a row the strictest applies."""

    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, related_name="policies")
    preset = models.CharField(
        max_length=40,
        choices=[
            ("medicare_general_supervision", "Medicare, general supervision"),
            (STRICTEST, "Strictest: billing provider only"),
        ],
    )
    departures = models.JSONField(
        default=list,
        blank=True,
        help_text='A list like [{"key": "live_by", "value": "care_team", "from": "2026-01-01", "source": "letter"}].',
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200, help_text="The document this rests on.")
    history = PracticeHistory()
    # The digests of the practice's rule years in force, if a queryset has added them (`billing.policies.in_force`).
    rule_years: list[str]

    class Meta:
        verbose_name_plural = "payer policies"
        constraints = [
            ExclusionConstraint(
                name="payerpolicy_one_a_day",
                expressions=[
                    (
                        Func(F("payer"), F("payer"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("starts_on"), F("ends_on"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="This payer already has a policy on these days; end that one first.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer}: {self.get_preset_display()} from {self.starts_on}"

    def clean(self) -> None:
        """Refuse departures that the engine does not accept, naming the wrong key."""
        if not isinstance(self.departures, list):
            raise ValidationError({"departures": "Enter a list of exceptions, or [] for none."})
        try:
            load_preset(self.preset).with_departures(self.departures, name="departures")
        except (PolicyError, AttributeError, TypeError) as error:
            raise ValidationError({"departures": str(error)}) from None


class FactorClass(models.TextChoices):
    """The conversion factor of the physician fee schedule; 2026 is the first year with two."""

    NONQUALIFYING = "nonqualifying", "not a qualifying APM participant"
    QUALIFYING = "qualifying", "qualifying APM participant"


class FeeBasis(PracticeModel):
    """Which rows of a fee schedule apply to a practice. Without a row: national, not a facility, not qualifying."""

    locality = models.CharField(max_length=20, default="national", help_text="As the fee schedule file names it.")
    facility = models.BooleanField(default=False)
    factor_class = models.CharField(max_length=16, choices=FactorClass, default=FactorClass.NONQUALIFYING)
    history = PracticeHistory()

    class Meta:
        constraints = [models.UniqueConstraint(name="feebasis_once", fields=["practice"])]

    def __str__(self) -> str:
        return f"{self.locality}, {'facility' if self.facility else 'not a facility'}"

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return "fee_basis"


class FeeFile(PracticeModel):
    """A file of expected amounts as uploaded. Its rows have no effect until somebody loads it."""

    public_id = PublicIdField(unique=True)
    name = models.CharField(max_length=120)
    text = models.TextField()
    uploaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    loaded_at = models.DateTimeField(null=True)

    database_objects = append_only("billing_feefile", marks=("loaded_by_id", "loaded_at"))

    class Meta:
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def audit_subject(self) -> str:
        """The subject of its audit events."""
        return f"fee_file:{self.public_id}"


class Rate(PracticeModel):
    """The amount that is expected to be allowed for a code: of a payer's contract, or of the fee schedule.

    Loaded from a file with its source. The product ships no rates.
    """

    payer = models.ForeignKey(
        "enrollment.Payer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The payer of the contract; empty for the fee schedule.",
    )
    code = models.CharField(max_length=5)
    year = models.PositiveSmallIntegerField()
    starts_on = models.DateField(null=True, blank=True, help_text="Empty: from the first day of the year.")
    locality = models.CharField(max_length=20, default="national")
    facility = models.BooleanField(default=False)
    factor_class = models.CharField(
        "conversion-factor class", max_length=16, choices=FactorClass, default=FactorClass.NONQUALIFYING
    )
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    source = models.CharField(max_length=200)
    file = models.ForeignKey(FeeFile, on_delete=models.PROTECT, null=True, blank=True, related_name="rates")

    # What makes a row the same rate as another: a later file replaces its amount.
    KEY = ("practice", "payer", "code", "year", "starts_on", "locality", "facility", "factor_class")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="rate_once",
                fields=["practice", "payer", "code", "year", "starts_on", "locality", "facility", "factor_class"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(name="rate_is_an_amount", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.year}: {self.amount}"
