"""A practice's own golden cases: added from a file of the command's format, decided, and tried with a policy draft."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from billing.models import STRICTEST, OwnCase, PolicyDraft
from billing.policies.in_force import policies_around
from billing.policies.moved_drafts import draft_always
from billing.rules import Policy, decide, load_preset
from billing.rules.golden import a_year_later
from billing.rules.rule_set import RuleSet
from billing.rules.scenario_facts import facts_of, policy_of
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import answer_of, cases_of, compare
from enrollment.models import Payer
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused

MAX_CASES, MAX_TEXT = 200, 200_000


@dataclass(frozen=True, slots=True)
class CaseResult:
    """An own case with the lines it gives, and how they differ from those expected; empty if they agree."""

    case: OwnCase
    lines: list[str]
    differences: list[str]


def own_cases(practice: Practice) -> list[OwnCase]:
    """The practice's cases that are not withdrawn. One statement."""
    rows = OwnCase.objects.for_practice(practice).filter(withdrawn_at__isnull=True)
    return list(rows.select_related("payer", "added_by"))


@transaction.atomic
def add_cases(*, text: str, payer: Payer | None, by: Membership, now: datetime) -> list[OwnCase]:
    """Add the cases of a scenario file. Raises Refused naming case, field and reason; then none is added."""
    if len(text) > MAX_TEXT:
        raise Refused("This file is larger than 200 kB. Add fewer cases at a time.")
    try:
        cases = cases_of(text, where="The file")
    except ScenarioError as error:
        raise Refused(str(error)) from None
    if not cases:
        raise Refused("The file has no cases. docs/scenarios.md describes the format.")
    if len(own_cases(by.practice)) + len(cases) > MAX_CASES:
        raise Refused(f"A practice has at most {MAX_CASES} cases. Withdraw some first.")
    added = []
    for case in cases:
        _check(case, payer)
        title = str(case.get("title") or case.get("id"))[:120]
        row = OwnCase.objects.create(
            practice=by.practice, title=title, payer=payer, case=dict(case), added_by=by.user, added_at=now
        )
        record_change(row, "add_own_case", by=by, now=now)
        added.append(row)
    return added


def _check(case: Mapping[str, object], payer: Payer | None) -> None:
    """Raise Refused if a case cannot be decided or expects nothing."""
    name = str(case.get("id") or case.get("title") or "?")[:60]
    if not (case.get("title") or case.get("id")):
        raise Refused("Each case has a title.")
    if payer is not None and (case.get("policy") or case.get("policy_overrides")):
        raise Refused(f"{name}: leave out policy and policy_overrides; the policy of {payer} decides this case.")
    try:
        expected = case["expected_codes"]
        compare(case, answer_of(name, decide(facts_of(case), load_preset(STRICTEST) if payer else policy_of(case))))
    except ScenarioError as error:
        raise Refused(str(error)) from None
    except (KeyError, TypeError, AttributeError, ValueError):
        expected = None
    if not isinstance(expected, list):
        raise Refused(f'{name}: write the expected lines as "expected_codes", each with code, units and dos.')


@transaction.atomic
def withdraw_case(*, case: OwnCase, by: Membership, now: datetime) -> OwnCase:
    """Withdraw a case: it is no longer tried. Raises Refused if it was withdrawn before."""
    case = OwnCase.objects.select_for_update().get(pk=case.pk)
    if case.withdrawn_at is not None:
        raise Refused("This case was withdrawn already.")
    case.withdrawn_by, case.withdrawn_at = by.user, now
    case.save(update_fields=["withdrawn_by", "withdrawn_at"])
    record_change(case, "withdraw_own_case", by=by, now=now)
    return case


def results_now(practice: Practice) -> list[CaseResult]:
    """Every own case under the policy that applies to it now. Two statements, and one for each month of a payer."""
    by_month: dict[Month, dict[int, Policy]] = {}

    def applied(row: OwnCase) -> Policy:
        """The policy that decides a case."""
        if row.payer_id is None:
            return policy_of(row.case)
        if (month := _month(row)) not in by_month:
            by_month[month] = policies_around(practice.pk, month)
        return by_month[month].get(row.payer_id) or load_preset(STRICTEST)

    return results_under(own_cases(practice), applied)


def results_in_year(practice: Practice, year: int, rules: RuleSet) -> list[CaseResult]:
    """The own cases of a rule year, and those of the year before a year later, under a set of rules.

    A case that names a leap day has no day a year later and is left out. Two statements, and one for each month of a
    payer.
    """
    rows = [*_in_year(own_cases(practice), year)]
    by_month = {month: policies_around(practice.pk, month, rules=rules) for month in {*map(_month, rows)}}

    def applied(row: OwnCase) -> Policy:
        """The policy that decides a case under the rules."""
        if row.payer_id is None:
            return policy_of(row.case, rules.preset)
        return by_month[_month(row)].get(row.payer_id) or rules.preset(STRICTEST)

    return results_under(rows, applied)


def _in_year(rows: Iterable[OwnCase], year: int) -> Iterator[OwnCase]:
    for row in rows:
        if (later := int(row.case["period"]["year"]) - year + 1) not in {0, 1}:
            continue
        moved = copy(row)
        moved.case = row.case if later else a_year_later(row.case)
        try:
            facts_of(moved.case)
        except ScenarioError:
            continue
        yield moved


def _month(row: OwnCase) -> Month:
    return Month(int(row.case["period"]["year"]), int(row.case["period"]["month"]))


def results_under(rows: Iterable[OwnCase], policy: Callable[[OwnCase], Policy]) -> list[CaseResult]:
    """Own cases decided under the policy that a function gives for each. No statement."""
    results = []
    for row in rows:
        decision = decide(facts_of(row.case), policy(row))
        lines = [f"{line.code} x{line.units} on {line.dos}" for line in decision.lines]
        results.append(CaseResult(row, lines, compare(row.case, answer_of(row.title, decision))))
    return results


def broken_by(draft: PolicyDraft) -> tuple[int, list[CaseResult]]:
    """How many own cases a draft decides, and those whose expected lines it does not give. One statement.

    A draft decides the cases of its payer, and those without a payer that name its preset and no exceptions. It is
    applied with all of its exceptions, whatever the dates of the case.
    """
    rows = [row for row in own_cases(draft.practice) if _is_decided_by(draft, row)]
    policy = draft_always(draft).policy
    return len(rows), [result for result in results_under(rows, lambda _: policy) if result.differences]


def _is_decided_by(draft: PolicyDraft, row: OwnCase) -> bool:
    if row.payer_id is not None:
        return bool(row.payer_id == draft.payer_id)
    return row.case.get("policy") == draft.preset and not row.case.get("policy_overrides")
