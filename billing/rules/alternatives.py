"""Legal combinations of a month's earned lines, the best paid first. Only a report: no minute changes its program."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing.rules.code_set import CodeSet
from billing.rules.decision import Decision, ProposedLine


class Combination(NamedTuple):
    """Lines that may be billed together, with their amount if every rate is known."""

    lines: tuple[ProposedLine, ...]
    amount: Decimal | None


def combinations(decision: Decision, codes: CodeSet, rates: Mapping[str, Decimal] | None = None) -> list[Combination]:
    """Every maximal set of the month's earned lines in which no code excludes another, the best paid first.

    `rates` are amounts by code for the payer and day. If one is missing, the amount of a combination is unknown and it
    is sorted by its number of lines.
    """
    earned = [*decision.lines, *decision.other_lines, *decision.instead]
    conflicts = [
        {
            index
            for index, other in enumerate(earned)
            if _base(codes, other) in _excluded(codes, line) and _can_conflict(line, other)
        }
        for line in earned
    ]
    sets: list[frozenset[int]] = []
    _collect_sets(frozenset(), list(range(len(earned))), conflicts, sets)
    results = [Combination(tuple(earned[index] for index in sorted(chosen)), None) for chosen in sets]
    results = [combination._replace(amount=_amount(combination.lines, rates)) for combination in results]
    return sorted(results, key=lambda c: (-(c.amount or 0), -len(c.lines), [line.code for line in c.lines]))


def _base(codes: CodeSet, line: ProposedLine) -> str:
    """The code itself, or the base of an add-on: an add-on is billed only with its base."""
    return codes.by_code[line.code].add_on_of or line.code


def _excluded(codes: CodeSet, line: ProposedLine) -> tuple[str, ...]:
    return codes.by_code[_base(codes, line)].excludes


def _can_conflict(line: ProposedLine, other: ProposedLine) -> bool:
    """Device codes exclude each other only within one window; all others within the month."""
    return not (line.component == other.component == "device") or line.subject == other.subject


def _collect_sets(
    chosen: frozenset[int], remaining: Sequence[int], conflicts: list[set[int]], sets: list[frozenset[int]]
) -> None:
    """Append to `sets` every maximal conflict-free set that contains `chosen`."""
    free = [index for index in remaining if not conflicts[index] & chosen]
    disputed = next((index for index in free if conflicts[index] & set(free)), None)
    if disputed is None:
        complete = chosen | set(free)
        if not any(complete <= known for known in sets):
            sets.append(complete)
        return
    rest = [index for index in free if index != disputed]
    _collect_sets(chosen | {disputed}, rest, conflicts, sets)
    _collect_sets(chosen, rest, conflicts, sets)


def _amount(lines: Sequence[ProposedLine], rates: Mapping[str, Decimal] | None) -> Decimal | None:
    if rates is None or any(line.code not in rates for line in lines):
        return None
    return sum((rates[line.code] * line.units for line in lines), Decimal(0))
