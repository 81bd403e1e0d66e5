"""Proposed lines against existing ones: add, keep, void. Pure; computing twice adds nothing."""

from collections.abc import Iterable
from typing import NamedTuple


class Wanted(NamedTuple):
    """A line the engine proposes: who, what, when, and a digest over everything that is sent or proves it."""

    enrollment_id: int
    code: str
    dos: str
    digest: str


class Plan(NamedTuple):
    """What to do: wanted lines to add, ids of lines that stay, ids of lines whose place is taken."""

    add: list[Wanted]
    keep: list[int]
    void: list[int]


def reconcile(existing: Iterable[tuple[int, Wanted]], wanted: Iterable[Wanted]) -> Plan:
    """Match by digest. A line whose facts changed is voided and added anew, so that nobody approved it unseen."""
    left = {(line.enrollment_id, line.code, line.dos, line.digest): line for line in wanted}
    keep, void = [], []
    for pk, line in existing:
        if left.pop((line.enrollment_id, line.code, line.dos, line.digest), None) is not None:
            keep.append(pk)
        else:
            void.append(pk)
    return Plan(list(left.values()), keep, void)
