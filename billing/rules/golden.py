"""Golden cases under a policy that is not in force yet: the cases whose result would change."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from billing.rules.engine import decide
from billing.rules.policy import Policy
from billing.rules.policy_loader import load_preset
from billing.rules.scenario_facts import facts_of
from billing.rules.scenarios import answer_of, read_file

CASES = Path(__file__).parent / "golden.json"


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


def _lines(answer: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{line['code']}{''.join('-' + modifier for modifier in line['modifiers'])} x{line['units']}"
        for line in answer["codes"]
    )
