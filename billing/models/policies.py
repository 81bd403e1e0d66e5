"""Policies of payers, and expected rates of codes."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value

from billing.rules import PolicyError, load_preset
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel

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
            raise ValidationError({"departures": "Write a list of departures, or [] for none."})
        try:
            load_preset(self.preset).with_departures(self.departures, name="departures")
        except (PolicyError, AttributeError, TypeError) as error:
            raise ValidationError({"departures": str(error)}) from None


class Rate(PracticeModel):
    """The expected payment for a code, loaded from a file with its source. The product ships no rates."""

    code = models.CharField(max_length=5)
    year = models.PositiveSmallIntegerField()
    locality = models.CharField(max_length=20, default="national")
    facility = models.BooleanField(default=False)
    factor_class = models.CharField(
        "conversion-factor class",
        max_length=16,
        choices=[("nonqualifying", "not a qualifying APM participant"), ("qualifying", "qualifying APM participant")],
        default="nonqualifying",
    )
    amount = models.DecimalField(max_digits=9, decimal_places=2)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="rate_once", fields=["practice", "code", "year", "locality", "facility", "factor_class"]
            ),
            models.CheckConstraint(name="rate_is_an_amount", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.year}: {self.amount}"
