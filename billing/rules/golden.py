"""Golden cases under a policy that is not in force yet: the cases whose result would change."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from billing.rules.citations import Table
from billing.rules.engine import decide
from billing.rules.policy import Policy
from billing.rules.policy_loader import load_preset
from billing.rules.rule_set import RuleSet
from billing.rules.scenario_facts import facts_of
from billing.rules.scenario_rows import ScenarioError
from billing.rules.scenarios import answer_of, read_file

CASES = Path(__file__).parent / "golden.json"
_YEAR = re.compile(r'"(20\d\d)-')


class ChangedCase(NamedTuple):
    """A case whose result changes: its title, and the lines before and after, like `99457 x1`."""

    case: str
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@lru_cache(maxsize=1)
def _cases() -> tuple[dict[str, Any], ...]:
    return tuple(dict(case) for case in read_file(CASES))


def changed_cases(preset: str, policy: Policy) -> tuple[int, list[ChangedCase]]:
    """How many golden cases the preset has, and those that a policy based on it decides differently."""
    base = load_preset(preset)
    cases = [case for case in _cases() if case["policy"] == preset and not case.get("policy_overrides")]
    changed = []
    for case in cases:
        facts = facts_of(case)
        before, after = (_lines(answer_of(case["id"], decide(facts, option))) for option in (base, policy))
        if before != after:
            changed.append(ChangedCase(case["id"], case["title"], before, after))
    return len(cases), changed


def cases_of_year(year: int) -> Iterator[tuple[Table, Table]]:
    """The golden cases of the year before, each with the same case a year later."""
    for case in _cases():
        if case["period"]["year"] == year - 1 and not case.get("policy_overrides"):
            yield case, a_year_later(case)


def a_year_later(case: Table) -> Table:
    """A case with the year of each of its days raised by one. A leap day becomes no day: `facts_of` refuses it."""
    later: dict[str, Any] = json.loads(_YEAR.sub(lambda found: f'"{int(found[1]) + 1}-', json.dumps(case)))
    return {**later, "period": {**case["period"], "year": case["period"]["year"] + 1}}


def changed_by_year(year: int, before: RuleSet, after: RuleSet) -> tuple[int, list[ChangedCase]]:
    """How many golden cases there are for a rule year, and those that come out otherwise than in the year before."""
    changed, count = [], 0
    for case, later in cases_of_year(year):
        try:
            facts, later_facts = facts_of(case), facts_of(later)
        except ScenarioError:
            continue
        count += 1
        then = _lines(answer_of(case["id"], decide(facts, before.preset(case["policy"]))))
        now = _lines(answer_of(case["id"], decide(later_facts, after.preset(case["policy"]))))
        if then != now:
            changed.append(ChangedCase(case["id"], case["title"], then, now))
    return count, changed


def _lines(answer: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{line['code']}{''.join('-' + modifier for modifier in line['modifiers'])} x{line['units']}"
        for line in answer["codes"]
    )
