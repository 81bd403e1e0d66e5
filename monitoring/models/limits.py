"""Models of limits, rules and templates, and of the people who are notified of alerts."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from monitoring.models.readings import Metric
from monitoring.rules.bounds import check_template
from monitoring.rules.multi_value import RuleError, rule_of
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PracticeModel


class Severity(models.TextChoices):
    """How soon a person must act."""

    CRITICAL = "critical", "critical"
    HIGH = "high", "high"
    LOW = "low", "low"


class Threshold(PracticeModel):
    """The range set for a patient. Blood pressure has one row for systolic and one for diastolic (`part`).

    The edges are in the metric's own unit. They were written in `unit`, and readings are compared with them in it.
    """

    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="thresholds")
    metric = models.CharField(max_length=20, choices=Metric)
    part = models.PositiveSmallIntegerField(default=1, choices=[(1, "first value"), (2, "second value")])
    low = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    critical_low = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    critical_high = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=8, blank=True, help_text="lb or [degF]; empty for the metric's own unit.")
    set_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="threshold_once", fields=["enrollment", "metric", "part"]),
            models.CheckConstraint(
                name="threshold_low_below_high",
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lt=F("high")),
                violation_error_message="The low limit must be below the high one.",
            ),
            models.CheckConstraint(
                name="threshold_unit_of_its_metric",
                condition=Q(unit="") | Q(metric="weight", unit="lb") | Q(metric="temperature", unit="[degF]"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.low}-{self.high}"


class AlertRule(PracticeModel):
    """A rule over several values: an average, a change, a pair, or the absence of data (`monitoring.rules`)."""

    public_id = PublicIdField(unique=True)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="alert_rules")
    spec = models.JSONField(help_text='Like {"kind": "change", "metric": "weight", "days": 3, "by": 2}.')
    severity = models.CharField(max_length=10, choices=Severity, default=Severity.HIGH)
    set_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    history = PracticeHistory()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="alertrule_once",
                fields=["enrollment", "spec"],
                condition=Q(ended_at__isnull=True),
                violation_error_message="This rule exists already.",
            )
        ]

    def __str__(self) -> str:
        return rule_of(self.spec).words()

    def clean(self) -> None:
        """Refuse an invalid rule."""
        try:
            rule_of(self.spec)
        except RuleError as error:
            raise ValidationError({"spec": str(error)}) from None


class ConditionTemplate(PracticeModel):
    """Limits, rules and goals to start from, for a condition. A patient's own are set one by one."""

    name = models.CharField(max_length=80)
    goals = models.TextField(blank=True, max_length=1000)
    limits = models.JSONField(
        default=list,
        blank=True,
        help_text='A list like [{"metric": "blood_pressure", "part": 1, "low": 95, "high": 150}].',
    )
    rules = models.JSONField(
        default=list,
        blank=True,
        help_text='A list like [{"kind": "change", "metric": "weight", "days": 3, "by": 2, "severity": "high"}].',
    )
    history = PracticeHistory()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="conditiontemplate_once", fields=["practice", "name"])]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse limits that cross or have an unknown metric, and invalid rules."""
        try:
            check_template(self.limits)
        except ValidationError as error:
            raise ValidationError({"limits": error.messages}) from None
        if not isinstance(self.rules, list):
            raise ValidationError({"rules": "Write a list of rules, or [] for none."})
        for spec in self.rules:
            if not isinstance(spec, dict):
                raise ValidationError({"rules": "A rule is an object."})
            try:
                rule_of({key: value for key, value in spec.items() if key != "severity"})
            except RuleError as error:
                raise ValidationError({"rules": str(error)}) from None
            if spec.get("severity", Severity.HIGH) not in Severity.values:
                raise ValidationError({"rules": f"severity is one of {', '.join(Severity.values)}."})


class Watch(PracticeModel):
    """Who owns alerts first, who next, and after how many minutes. One row a practice; without it the providers do."""

    first = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Owns an alert if nobody looks after the patient by name.",
    )
    backup = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Notified if the owner does not answer in time; empty means the supervising provider.",
    )
    on_call = models.ForeignKey(
        "accounts.Membership",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Notified last; empty means the billing provider.",
    )
    critical_minutes = models.PositiveIntegerField(default=15)
    high_minutes = models.PositiveIntegerField(default=240)
    low_minutes = models.PositiveIntegerField(default=1440)
    silent_days = models.PositiveSmallIntegerField(default=3, help_text="Days without data before an adherence alert.")
    history = PracticeHistory()

    class Meta:
        verbose_name_plural = "watches"
        constraints = [
            models.UniqueConstraint(name="watch_one_a_practice", fields=["practice"]),
            models.CheckConstraint(
                name="watch_minutes_above_zero",
                condition=Q(critical_minutes__gte=1, high_minutes__gte=1, low_minutes__gte=1, silent_days__gte=1),
                violation_error_message="Minutes and days are at least 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"first after {self.critical_minutes} minutes"
