"""Comparison of the lines a computation proposes with the existing ones: add, keep, void. Pure.

The same lines proposed again change nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple


class LineKey(NamedTuple):
    """What identifies a proposed line: enrollment, code, date, and a digest of everything that is sent or proves it."""

    enrollment_id: int
    code: str
    dos: str
    digest: str


class Reconciliation(NamedTuple):
    """What to do: proposed lines to add, primary keys of lines to keep, primary keys of lines to void."""

    add: list[LineKey]
    keep: list[int]
    void: list[int]


def reconcile(existing: Iterable[tuple[int, LineKey]], proposed: Iterable[LineKey]) -> Reconciliation:
    """Match by digest. A line whose facts changed is voided and added again, so that somebody must approve it again."""
    to_add = dict.fromkeys(proposed)
    keep, void = [], []
    for pk, key in existing:
        if key in to_add:
            del to_add[key]
            keep.append(pk)
        else:
            void.append(pk)
    return Reconciliation(list(to_add), keep, void)
