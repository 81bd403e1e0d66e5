"""The golden cases held against a policy that is not in force yet: what would come out otherwise."""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from billing.rules.engine import decide
from billing.rules.policy import Policy, load_preset
from billing.rules.scenario_facts import facts_of
from billing.rules.scenarios import answer_of, read_file

CASES = Path(__file__).parent / "golden.json"


class Other(NamedTuple):
    """A case that comes out otherwise: its title, the lines before and after, as `99457 x1`."""

    case: str
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@lru_cache(maxsize=1)
def _cases() -> tuple[dict[str, Any], ...]:
    return tuple(dict(case) for case in read_file(CASES))


def changed_cases(preset: str, policy: Policy) -> tuple[int, list[Other]]:
    """How many golden cases the preset has, and those that a policy made of it decides otherwise."""
    base = load_preset(preset)
    mine = [case for case in _cases() if case["policy"] == preset and not case.get("policy_overrides")]
    found = []
    for case in mine:
        facts = facts_of(case)
        before, after = (_lines(answer_of(case["id"], decide(facts, one))) for one in (base, policy))
        if before != after:
            found.append(Other(case["id"], case["title"], before, after))
    return len(mine), found


def _lines(answer: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{line['code']}{''.join('-' + one for one in line['modifiers'])} x{line['units']}" for line in answer["codes"]
    )
