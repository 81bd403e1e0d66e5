"""Decisions of computations on each enrollment's month: every finding once, and the outcome of each code."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.models.months import MonthClose
from rpm_portal.core.db.json_text import JSONText
from rpm_portal.core.db.tenancy import PAIR_KEY, PracticeModel
from rpm_portal.core.db.triggers import append_only, sql_view, table_settings


class KeptDecision(PracticeModel):
    """The decision of one computation on one enrollment's month. It is current until a later run replaces it.

    If facts and rules did not change, it stays current although the month has a later `run`.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="decisions", **PAIR_KEY)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    run = models.PositiveIntegerField(help_text="The computation that made it.")
    replaced_in = models.PositiveIntegerField(
        null=True, help_text="The computation that replaced it; empty while it is current."
    )
    facts = models.TextField(help_text="The facts it was decided on, as canonical JSON.")
    facts_digest = models.CharField(max_length=64)
    facts_change_count = models.BigIntegerField(
        null=True, help_text="The change count of the facts when they were last read; empty while their month ran."
    )
    decided_under = models.CharField(max_length=80, help_text="Patient, payer, billing provider, episode, policy.")
    release = models.CharField(max_length=12, help_text="The engine with its codes and policies.")
    policy = models.CharField(max_length=80)
    findings_json = JSONText(help_text="Every finding, once.")
    proposed = ArrayField(models.TextField(), help_text="The lines it proposed: enrollment|code|date|digest.")
    reason_sources = JSONText(
        null=True, help_text="For each proposed line the places of its findings and sources; empty before decision 14."
    )
    fixable_codes = models.PositiveSmallIntegerField(
        help_text="How many codes were not earned but could still be when it was decided."
    )
    # The verdicts, as parallel arrays with an item a code. `CodeVerdict` is a view with a row a code.
    codes = ArrayField(models.TextField(), help_text="Every code that the month could bill.")
    components = ArrayField(models.TextField(), help_text="The component of each code.")
    outcomes = ArrayField(models.TextField(), help_text="The outcome of each code.")
    reason_places = ArrayField(models.TextField(), help_text="For each code the places of its findings.")

    database_objects = (
        *append_only("billing_keptdecision", marks=("replaced_in",), free=("facts_change_count",)),
        # About three thousand characters a decision, stored uncompressed in the row: compressing them would take longer
        # than everything else about writing it.
        table_settings("billing_keptdecision", "SET (toast_tuple_target = 8160)"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="keptdecision_one_current",
                fields=["enrollment", "close"],
                condition=Q(replaced_in__isnull=True),
            )
        ]
        # Lines find the decision that proposed them, replaced since or not.
        indexes = [models.Index(fields=["enrollment", "close"], name="keptdecision_by_enrollment")]

    def __str__(self) -> str:
        return f"decision of run {self.run}"


class CodeVerdict(PracticeModel):
    """The outcome of one code, with the places of its reasons in the decision's findings.

    A database view over the decisions: writing six rows an enrollment to a table took a tenth of a close.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **PAIR_KEY)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="verdicts", **PAIR_KEY)
    decision = models.ForeignKey(KeptDecision, on_delete=models.PROTECT, related_name="verdicts", **PAIR_KEY)
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
    reason_places = ArrayField(models.PositiveSmallIntegerField(), help_text="Places in the decision's findings.")

    database_objects = (
        sql_view(
            "billing_codeverdict",
            """
SELECT d.id * 64 + v.place AS id, d.practice_id, d.close_id, d.id AS decision_id, v.code, v.component, v.outcome,
       v.reason_places::smallint[] AS reason_places
FROM billing_keptdecision d
CROSS JOIN LATERAL unnest(d.codes, d.components, d.outcomes, d.reason_places)
  WITH ORDINALITY AS v(code, component, outcome, reason_places, place)""",
        ),
    )

    class Meta:
        managed = False

    def __str__(self) -> str:
        return f"{self.code}: {self.outcome}"

    @property
    def findings(self) -> list[dict[str, object]]:
        """The findings that bear on the code, in order. One statement if the decision was not selected with it."""
        return [self.decision.findings_json[place] for place in self.reason_places]

    @property
    def enrollment(self) -> Any:
        """The enrollment that was decided."""
        return self.decision.enrollment

    @property
    def policy(self) -> str:
        """The policy it was decided under."""
        return self.decision.policy
