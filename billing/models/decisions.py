"""What computations made of each enrollment's month: every finding once, and the outcome of each code."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.models.months import MonthClose
from rpm_portal.core.db.json_text import JSONText
from rpm_portal.core.db.tenancy import BY_PAIR, PracticeModel
from rpm_portal.core.db.triggers import append_only, sql_view, table_settings


class KeptDecision(PracticeModel):
    """All of one enrollment's month as a computation decided it; a later one that decides otherwise ends it.

    A decision whose facts and rules have not moved goes on standing, whatever `run` the month has come to.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **BY_PAIR)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="decisions", **BY_PAIR)
    enrollment = models.ForeignKey("enrollment.Enrollment", on_delete=models.PROTECT, related_name="+", **BY_PAIR)
    run = models.PositiveIntegerField(help_text="The computation that decided it.")
    replaced_in = models.PositiveIntegerField(null=True, help_text="The computation that ended it.")
    facts = models.TextField(help_text="The facts it was decided on, as canonical JSON.")
    facts_digest = models.CharField(max_length=64)
    facts_seen = models.BigIntegerField(
        null=True, help_text="How often the facts had moved when they were read last; empty while their month ran."
    )
    decided_under = models.CharField(max_length=80, help_text="Patient, payer, billing provider, episode, policy.")
    release = models.CharField(max_length=12, help_text="The engine with its codes and policies.")
    policy = models.CharField(max_length=80)
    findings_json = JSONText(help_text="Every finding, once.")
    proposed = ArrayField(models.TextField(), help_text="The lines it proposed: enrollment|code|date|digest.")
    grounds = JSONText(
        null=True, help_text="Of each proposed line the places of its findings and sources; empty before decision 14."
    )
    fixable_codes = models.PositiveSmallIntegerField(
        help_text="Codes not earned that could still be when it was decided."
    )
    # The verdicts, side by side: `Verdict` shows them a row a code.
    codes = ArrayField(models.TextField(), help_text="Every code that was open to the month.")
    components = ArrayField(models.TextField(), help_text="What each code is part of.")
    outcomes = ArrayField(models.TextField(), help_text="What becomes of each code.")
    reason_places = ArrayField(models.TextField(), help_text="For each code the places of its findings.")

    database_objects = (
        *append_only("billing_keptdecision", marks=("replaced_in",), free=("facts_seen",)),
        # Some three thousand characters a decision: stored as they are, in the row; compressing them would cost more
        # than all the rest of writing it.
        table_settings("billing_keptdecision", "SET (toast_tuple_target = 8160)"),
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="keptdecision_one_stands",
                fields=["enrollment", "close"],
                condition=Q(replaced_in__isnull=True),
            )
        ]
        # Lines find the decision that proposed them, replaced since or not.
        indexes = [models.Index(fields=["enrollment", "close"], name="keptdecision_by_enrollment")]

    def __str__(self) -> str:
        return f"decision of run {self.run}"


class CodeVerdict(PracticeModel):
    """The kept outcome for one code, pointing at the findings of its decision that bear on it.

    A view over the decisions: a table of six slim rows an enrollment took a tenth of a close to write.
    """

    practice = models.ForeignKey("accounts.Practice", on_delete=models.PROTECT, related_name="+", **BY_PAIR)
    close = models.ForeignKey(MonthClose, on_delete=models.PROTECT, related_name="verdicts", **BY_PAIR)
    decision = models.ForeignKey(KeptDecision, on_delete=models.PROTECT, related_name="verdicts", **BY_PAIR)
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
    def findings(self) -> list[dict[str, Any]]:
        """The findings in words, in the order they were found. One statement where the decision was not asked for."""
        return [self.decision.findings_json[place] for place in self.reason_places]

    @property
    def enrollment(self) -> Any:
        """Whose month it is."""
        return self.decision.enrollment

    @property
    def policy(self) -> str:
        """The policy it was decided under."""
        return self.decision.policy
