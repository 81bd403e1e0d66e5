"""A payer's terms over time: several policies, each on its own days, used as one policy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from billing.rules.policy import END, Dated, Policy


@dataclass(frozen=True, eq=False)
class Terms(Policy):
    """Several policies as one: each date of service has the policy in force on it. `parts` have no gap between them."""

    parts: tuple[tuple[date, date, Policy], ...] = ()

    def name_on(self, on: date) -> str:
        """The name of the policy in force on a date of service."""
        return next((part.name for first, last, part in self.parts if first <= on <= last), self.name)


def name_on(policy: Policy, on: date) -> str:
    """The name of the policy that a date of service is decided under."""
    return policy.name_on(on) if isinstance(policy, Terms) else policy.name


def terms(rows: Sequence[tuple[date, date, Policy]], *, otherwise: Policy, named_on: date) -> Policy:
    """One policy from rows (first day, last day, policy) in order; on days without a row `otherwise` applies.

    Its name is that of the policy in force on the day `named_on`. Rows do not share days.
    """
    parts = tuple(part for row in _filled(rows, otherwise) for part in _parts_of(*row))
    name = next(part.name for first, last, part in parts if first <= named_on <= last)
    keys = {key for _, _, part in parts for key in part.values}
    return Terms(name, {key: tuple(_clipped(parts, key)) for key in keys}, otherwise.code_sets, parts)


def _parts_of(first: date, last: date, policy: Policy) -> Iterator[tuple[date, date, Policy]]:
    """The policies in force from a day to a day: one, or those of a payer whose own terms change in between."""
    if not isinstance(policy, Terms):
        yield first, last, policy
        return
    for begins, ends, part in policy.parts:
        if begins <= last and first <= ends:
            yield max(first, begins), min(last, ends), part


def _filled(rows: Sequence[tuple[date, date, Policy]], otherwise: Policy) -> Iterator[tuple[date, date, Policy]]:
    one_day = timedelta(days=1)
    if rows[0][0] > date.min:
        yield date.min, rows[0][0] - one_day, otherwise
    for row, after in pairwise(rows):
        yield row
        if after[0] > row[1] + one_day:
            yield row[1] + one_day, after[0] - one_day, otherwise
    yield rows[-1]
    if rows[-1][1] < END:
        yield rows[-1][1] + one_day, END, otherwise


def _clipped(parts: tuple[tuple[date, date, Policy], ...], key: str) -> Iterator[Dated]:
    """The values of a key, each on the days on which its policy is in force."""
    for first, last, part in parts:
        for item in part.values.get(key, ()):
            begins, ends = max(first, item.first), min(last, item.last)
            if begins <= ends:
                yield item._replace(first=begins, last=ends)
