"""Payers' policies, closed months, verdicts, claims and their lines."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from simple_history.models import HistoricalRecords

from billing.rules import PolicyError, load_preset
from rpm_portal.tenancy import PracticeModel, new_public_id

STRICTEST = "strict_provider_only"


class PayerPolicy(PracticeModel):
    """Which payer follows which preset from when, and where it departs from it. Without a row the strictest holds."""

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
    history = HistoricalRecords()

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
        """Refuse departures the engine would not take, naming the wrong key."""
        if not isinstance(self.departures, list):
            raise ValidationError({"departures": "Write a list of departures, or [] for none."})
        try:
            load_preset(self.preset).with_departures(self.departures, name="departures")
        except (PolicyError, AttributeError, TypeError) as error:
            raise ValidationError({"departures": str(error)}) from None


class CloseState(models.TextChoices):
    """Where a month stands."""

    OPEN = "open", "open"
    COMPUTING = "computing", "computing"
    IN_REVIEW = "in_review", "in review"
    SEALED = "sealed", "sealed"
    SENT = "sent", "sent"


class MonthClose(PracticeModel):
    """A practice's month. `run` counts its computations; the last one is what is reviewed and sealed."""

    month = models.DateField(help_text="The first day of the month.")
    zone = models.CharField(max_length=64, help_text="The practice's zone as it was when the month was first computed.")
    state = models.CharField(max_length=10, choices=CloseState, default=CloseState.OPEN)
    run = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    computed_at = models.DateTimeField(null=True)
    sealed_at = models.DateTimeField(null=True)
    facts_at = models.DateTimeField(null=True, help_text="The database's clock when the seal took its facts.")
    sealed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    engine = models.CharField(max_length=20, blank=True)
    facts_digest = models.CharField(max_length=64, blank=True)
    output_digest = models.CharField(max_length=64, blank=True)
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="monthclose_once", fields=["practice", "month"]),
            models.CheckConstraint(
                name="monthclose_sealed_by_somebody",
                condition=~Q(state__in=["sealed", "sent"]) | Q(sealed_at__isnull=False, sealed_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class ChunkState(models.TextChoices):
    """Where a piece of a close stands."""

    PENDING = "pending", "pending"
    DONE = "done", "done"
    FAILED = "failed", "failed"


class CloseChunk(PracticeModel):
    """Some of a month's enrollments: the work as a row. The broker only rings the bell for it."""

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="chunks")
    run = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    enrollment_ids = ArrayField(models.BigIntegerField())
    state = models.CharField(max_length=8, choices=ChunkState, default=ChunkState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
    rung_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    facts_digest = models.CharField(max_length=64, blank=True)
    output_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(name="closechunk_once", fields=["close", "run", "number"])]
        indexes = [models.Index(fields=["state", "rung_at"], name="closechunk_waiting")]

    def __str__(self) -> str:
        return f"chunk {self.number} of run {self.run}"


class Verdict(PracticeModel):
    """The kept outcome for one code of one enrollment in one computation, with every finding in words."""

    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="verdicts")
    run = models.PositiveIntegerField()
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=5)
    component = models.CharField(max_length=16)
    outcome = models.CharField(
        max_length=16,
        choices=[
            ("bill", "bill"),
            ("do_not_bill", "do not bill"),
            ("blocked", "blocked"),
            ("not_enough_facts", "not enough facts"),
        ],
    )
    said = models.JSONField()
    policy = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(name="verdict_once", fields=["close", "run", "enrollment", "code"])]
        indexes = [models.Index(fields=["close", "run", "outcome"], name="verdict_by_outcome")]

    def __str__(self) -> str:
        return f"{self.code}: {self.outcome}"


class Claim(PracticeModel):
    """What is sent for one patient and payer in one month."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="claims")
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="claims")
    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, null=True, related_name="+")
    billing_provider = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="claim_once",
                fields=["close", "patient", "payer", "billing_provider"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"claim {self.public_id}"


class LineState(models.TextChoices):
    """Where a line stands. Void means a later computation before the seal took its place."""

    PROPOSED = "proposed", "proposed"
    APPROVED = "approved", "approved"
    HELD = "held", "held"
    DROPPED = "dropped", "dropped"
    VOID = "void", "void"


GONE = (LineState.DROPPED, LineState.VOID)


class ClaimLine(PracticeModel):
    """One code with units, date and reasons. The database refuses to bill the same thing twice."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="lines")
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="lines")
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="claim_lines")
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+")
    episode = models.ForeignKey("enrollment.Episode", on_delete=models.PROTECT, null=True, related_name="+")
    code = models.CharField(max_length=5)
    component = models.CharField(max_length=16)
    is_base = models.BooleanField(default=False)
    units = models.PositiveSmallIntegerField()
    dos = models.DateField("date of service")
    period_start = models.DateField(null=True)
    modifiers = ArrayField(models.CharField(max_length=2), default=list)
    state = models.CharField(max_length=8, choices=LineState, default=LineState.PROPOSED)
    because = models.JSONField()
    evidence = ArrayField(models.CharField(max_length=40), default=list)
    digest = models.CharField(max_length=64)
    policy = models.CharField(max_length=80)
    needs_look = models.BooleanField(default=False, help_text="A finding asks for a human look.")
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.CheckConstraint(name="claimline_has_units", condition=Q(units__gte=1)),
            models.CheckConstraint(
                name="claimline_period_ends_after_it_starts",
                condition=Q(period_start__isnull=True) | Q(period_start__lte=F("dos")),
            ),
            models.UniqueConstraint(
                name="claimline_once",
                fields=["enrollment", "code", "dos"],
                condition=~Q(state__in=["dropped", "void"]),
            ),
            # One management base code a patient and month, one set-up an episode, no day in two device periods
            # (billing rules R-DUP, R-SETUP, R-DEV-ONE): promises of the database, not only of the engine.
            models.UniqueConstraint(
                name="claimline_one_base_a_month",
                fields=["close", "patient"],
                condition=Q(component="management", is_base=True) & ~Q(state__in=["dropped", "void"]),
            ),
            models.UniqueConstraint(
                name="claimline_one_setup_an_episode",
                fields=["episode"],
                condition=Q(component="setup") & ~Q(state__in=["dropped", "void"]),
            ),
            ExclusionConstraint(
                name="claimline_no_day_in_two_periods",
                expressions=[
                    (
                        Func(F("patient"), F("patient"), Value("[]"), function="int8range"),
                        RangeOperators.OVERLAPS,
                    ),
                    (
                        Func(F("period_start"), F("dos"), Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(component="device") & ~Q(state__in=["dropped", "void"]),
            ),
        ]
        indexes = [models.Index(fields=["close", "state"], name="claimline_by_state")]

    def __str__(self) -> str:
        return f"{self.code} x{self.units}"


class LineReview(PracticeModel):
    """A person's decision on a line, once, with the reason where it holds or drops."""

    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, related_name="reviews")
    moved_to = models.CharField(max_length=8, choices=LineState)
    reason = models.CharField(max_length=300, blank=True)
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        ordering = ["-reviewed_at"]

    def __str__(self) -> str:
        return f"{self.moved_to}"


class Rate(PracticeModel):
    """What a code is expected to pay: loaded from a file with its source, never shipped as truth."""

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
