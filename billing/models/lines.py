"""Claims, their lines, and what people decided about them."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from billing.models.line_reasons import line_key, with_reasons
from billing.models.months import MonthClose
from billing.models.seal_triggers import CLAIM_TRIGGERS, LINE_TRIGGERS
from rpm_portal.core.db.fields import PublicIdField
from rpm_portal.core.db.practice_history import PracticeHistory
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only, trigger, trigger_function


class Claim(PracticeModel):
    """What is sent for one patient and payer in one month."""

    public_id = PublicIdField()
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="claims", **PAIR_KEY)
    patient = models.ForeignKey(
        "enrollment.Patient", on_delete=models.PROTECT, related_name="claims", db_constraint=False
    )
    payer = models.ForeignKey("enrollment.Payer", on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    billing_provider = models.ForeignKey("accounts.Membership", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    history = PracticeHistory(
        no_db_index=["public_id", "practice", "close", "patient", "payer", "billing_provider"],
    )

    database_objects = CLAIM_TRIGGERS

    class Meta:
        constraints = [
            # Not unique=True on the field: Django would add an index for patterns, which nothing searches by.
            models.UniqueConstraint(name="claim_public_id", fields=["public_id"]),
            models.UniqueConstraint(
                name="claim_once",
                fields=["close", "patient", "payer", "billing_provider"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"claim {self.public_id}"


class LineState(models.TextChoices):
    """The state of a line. Void: a later computation, before the seal, no longer proposed it."""

    PROPOSED = "proposed", "proposed"
    APPROVED = "approved", "approved"
    HELD = "held", "held"
    DROPPED = "dropped", "dropped"
    VOID = "void", "void"
    REVERSED = "reversed", "taken back"


NOT_IN_FORCE_STATES = (LineState.DROPPED, LineState.VOID, LineState.REVERSED)


class ClaimLine(PracticeModel):
    """One code with units, date and reasons. The database refuses to bill the same thing twice."""

    public_id = PublicIdField()
    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="lines", db_constraint=False)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="lines", **PAIR_KEY)
    enrollment = models.ForeignKey(
        "enrollment.Enrollment", on_delete=models.PROTECT, related_name="claim_lines", db_constraint=False
    )
    patient = models.ForeignKey("enrollment.Patient", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    episode = models.ForeignKey("enrollment.Episode", on_delete=models.PROTECT, null=True, related_name="+", **PAIR_KEY)
    code = models.CharField(max_length=5)
    component = models.CharField(max_length=16)
    is_base = models.BooleanField(default=False)
    units = models.PositiveSmallIntegerField()
    dos = models.DateField("date of service")
    period_start = models.DateField(null=True)
    modifiers = ArrayField(models.CharField(max_length=2), default=list)
    authorization = models.CharField("prior authorization", max_length=50, blank=True)
    state = models.CharField(max_length=8, choices=LineState, default=LineState.PROPOSED)
    adjustment = models.ForeignKey(
        "billing.Adjustment",
        on_delete=models.PROTECT,
        null=True,
        related_name="lines",
        help_text="The adjustment that added it.",
        **PAIR_KEY,
    )
    own_reasons = models.JSONField(null=True, help_text="The reasons, if no computation proposed the line.")
    evidence = ArrayField(models.CharField(max_length=40), default=list)
    digest = models.CharField(max_length=64)
    policy = models.CharField(max_length=80)
    needs_attestation = models.BooleanField(
        default=False, help_text="The payer's policy asks the billing provider to attest to it."
    )
    flags = ArrayField(models.CharField(max_length=12), default=list, help_text="Reasons for an auditor to review it.")
    needs_look = models.BooleanField(default=False, help_text="A finding or a flag asks a person to review it.")
    made_at = models.DateTimeField(db_default=Now(), editable=False, help_text="The database's clock.")
    ended_at = models.DateTimeField(
        null=True, editable=False, help_text="The database's clock when it was dropped, replaced or taken back."
    )
    # Reasons and evidence are written once, with the line; the history stores only columns that may change.
    history = PracticeHistory(
        excluded_fields=["own_reasons", "evidence", "made_at", "ended_at"],
        no_db_index=["public_id", "practice", "claim", "close", "enrollment", "patient", "episode", "adjustment"],
    )

    # Filled in by `with_reasons`; no column.
    reasons: list[dict[str, object]] | None = None

    database_objects = (
        # A trigger, so that the database's clock is used whatever ends a line: the ORM, a bulk change or SQL.
        trigger_function("billing_claimline_ended", "  NEW.ended_at := clock_timestamp();\n  RETURN NEW;"),
        trigger(
            "billing_claimline",
            "billing_claimline_ended",
            "BEFORE UPDATE OF state",
            when="OLD.state NOT IN ('dropped', 'void', 'reversed') AND NEW.state IN ('dropped', 'void', 'reversed')",
        ),
        *LINE_TRIGGERS,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="claimline_public_id", fields=["public_id"]),
            models.CheckConstraint(name="claimline_has_units", condition=Q(units__gte=1)),
            models.CheckConstraint(
                name="claimline_period_ends_after_it_starts",
                condition=Q(period_start__isnull=True) | Q(period_start__lte=F("dos")),
            ),
            models.UniqueConstraint(
                name="claimline_once",
                fields=["enrollment", "code", "dos"],
                condition=~Q(state__in=["dropped", "void", "reversed"]),
            ),
            # One management base code a patient and month, one set-up an episode, no day in two device periods
            # (billing rules R-DUP, R-SETUP, R-DEV-ONE): enforced by the database too, not only by the engine.
            models.UniqueConstraint(
                name="claimline_one_base_a_month",
                fields=["close", "patient"],
                condition=Q(component="management", is_base=True) & ~Q(state__in=["dropped", "void", "reversed"]),
            ),
            models.UniqueConstraint(
                name="claimline_one_setup_an_episode",
                fields=["episode"],
                condition=Q(component="setup") & ~Q(state__in=["dropped", "void", "reversed"]),
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
                condition=Q(component="device") & ~Q(state__in=["dropped", "void", "reversed"]),
            ),
        ]
        indexes = [
            models.Index(fields=["close", "state"], name="claimline_by_state"),
            models.Index(fields=["adjustment"], name="claimline_adjusted", condition=Q(adjustment__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.code} x{self.units}"

    @property
    def key(self) -> str:
        """The key that links the line to its decision."""
        return line_key(self)

    @property
    def because(self) -> list[dict[str, Any]]:
        """The reasons; one statement unless `with_reasons` has loaded them already. Raises LookupError."""
        if self.reasons is None:
            self.reasons = self.own_reasons if self.own_reasons is not None else with_reasons([self])[0].reasons
        return self.reasons or []


class LineReview(PracticeModel):
    """A person's decision on a line, append-only, with a reason if the line is held or dropped."""

    line = models.ForeignKey(ClaimLine, on_delete=models.PROTECT, related_name="reviews")
    moved_to = models.CharField(max_length=8, choices=LineState)
    reason = models.CharField(max_length=300, blank=True)
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    database_objects = append_only("billing_linereview")

    class Meta:
        ordering = ["-reviewed_at"]

    def __str__(self) -> str:
        return f"{self.moved_to}"
