"""The claims of a sealed month: their current content, what blocks them, and their last submission. Set-based."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch

from billing.claims.claim_history import ClaimHistory, histories_of
from billing.claims.current_content import ContentSources, CurrentLine, lines_of
from billing.claims.formats.content import Content
from billing.claims.formats.edits import problems
from billing.claims.hold_rules import HoldRules
from billing.models import Claim, ClaimVersion, HoldEffect, LineState, MonthClose
from rpm_portal.accounts.models import Membership


@dataclass(frozen=True, slots=True)
class Ready:
    """A claim as it would be sent, what blocks it, and how it was sent before.

    `file_by` is the last day on which the payer takes it, of a new claim; None if no limit is on file.
    """

    claim: Claim
    content: Content
    wrong: list[str]
    history: ClaimHistory
    due: bool
    notes: list[str] = field(default_factory=list)
    file_by: date | None = None

    @property
    def sent(self) -> ClaimVersion | None:
        """Its last version; None if it was never submitted."""
        return self.history.last

    @property
    def status(self) -> str:
        """The state of its last version; empty if it was never submitted."""
        return self.sent.state if self.sent else ""

    @property
    def may_go(self) -> bool:
        """Whether it can be chosen: complete and due."""
        return self.due and not self.wrong


def claims_of(
    close: MonthClose,
    *,
    only: Iterable[str] | None = None,
    on: date | None = None,
    states: Sequence[str] = (LineState.APPROVED,),
) -> list[Ready]:
    """Every claim of a month with its content now, by patient. A constant number of statements.

    Corrections follow the payers' profiles of a day; without one, their newest profiles. `states` are those of the
    lines: the claims of a month that is not sealed have lines in other states too.
    """
    # Payers and providers are few and shared: prefetch them, since a join would build one of each for every claim.
    rows = Claim.objects.filter(close=close).select_related("patient")
    rows = rows.prefetch_related("payer", Prefetch("billing_provider", Membership.objects.select_related("user")))
    if only is not None:
        rows = rows.filter(public_id__in=list(only))
    claims = list(rows.order_by("patient__family_name", "patient__given_name", "pk"))
    lines = lines_of([claim.pk for claim in claims], states)
    histories, rules = histories_of(claims, on=on), HoldRules(close.practice_id, on)
    sources = ContentSources(close, claims, [line for claim_lines in lines.values() for line in claim_lines])
    return [
        _ready(sources, rules, claim, lines[claim.pk], histories[claim.pk])
        for claim in claims
        if lines[claim.pk] or histories[claim.pk].versions
    ]


def _ready(
    sources: ContentSources, rules: HoldRules, claim: Claim, lines: list[CurrentLine], history: ClaimHistory
) -> Ready:
    before = history.payers_version or history.last
    diagnoses = tuple(before.as_sent()["diagnoses"]) if not lines and before is not None else ()
    content = history.framed(sources.content(claim, lines, diagnoses), has_lines=bool(lines))
    file_by = sources.file_by(claim, lines) if content.frequency == "1" else None
    if not history.is_due(content):
        return Ready(claim, content, [], history, due=False, file_by=file_by)
    blockers = history.blockers(content) + problems(content, sources.codes) + sources.problems(claim, lines, content)
    blockers += rules.sentences(content, HoldEffect.HOLD)
    return Ready(claim, content, blockers, history, True, rules.sentences(content, HoldEffect.NOTE), file_by)
