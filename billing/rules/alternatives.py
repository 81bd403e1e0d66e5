"""How the same documented month would bill best among legal combinations. It only reports: no minute ever moves."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from billing.rules.codes_loader import CodeSet
from billing.rules.decision import Decision, ProposedLine


class Combination(NamedTuple):
    """Lines that may stand together, with their amount where every rate is known."""

    lines: tuple[ProposedLine, ...]
    amount: Decimal | None


def combinations(decision: Decision, codes: CodeSet, rates: Mapping[str, Decimal] | None = None) -> list[Combination]:
    """Every largest set of the month's earned lines in which no code excludes another, the best paid first.

    `rates` are amounts by code for the payer and day; where one is missing a combination's amount is unknown and it
    is listed by its number of lines.
    """
    earned = [*decision.lines, *decision.other_lines, *decision.instead]
    clashes = [
        {b for b, other in enumerate(earned) if _base(codes, other) in _excluded(codes, line) and _meet(line, other)}
        for line in earned
    ]
    sets: list[frozenset[int]] = []
    _grow(frozenset(), list(range(len(earned))), clashes, sets)
    found = [Combination(tuple(earned[index] for index in sorted(chosen)), None) for chosen in sets]
    found = [combination._replace(amount=_amount(combination.lines, rates)) for combination in found]
    return sorted(found, key=lambda c: (-(c.amount or 0), -len(c.lines), [line.code for line in c.lines]))


def _base(codes: CodeSet, line: ProposedLine) -> str:
    """The code itself, or the base an add-on hangs on: it stands and falls with it."""
    return codes.by_code[line.code].add_on_of or line.code


def _excluded(codes: CodeSet, line: ProposedLine) -> tuple[str, ...]:
    return codes.by_code[_base(codes, line)].excludes


def _meet(line: ProposedLine, other: ProposedLine) -> bool:
    """Device codes exclude each other inside one window only; all others inside the month."""
    return not (line.component == other.component == "device") or line.subject == other.subject


def _grow(chosen: frozenset[int], left: Sequence[int], clashes: list[set[int]], sets: list[frozenset[int]]) -> None:
    free = [index for index in left if not clashes[index] & chosen]
    disputed = next((index for index in free if clashes[index] & set(free)), None)
    if disputed is None:
        whole = chosen | set(free)
        if not any(whole <= known for known in sets):
            sets.append(whole)
        return
    rest = [index for index in free if index != disputed]
    _grow(chosen | {disputed}, rest, clashes, sets)
    _grow(chosen, rest, clashes, sets)


def _amount(lines: Sequence[ProposedLine], rates: Mapping[str, Decimal] | None) -> Decimal | None:
    if rates is None or any(line.code not in rates for line in lines):
        return None
    return sum((rates[line.code] * line.units for line in lines), Decimal(0))
