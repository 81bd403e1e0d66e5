"""How often the facts of an enrollment have moved: who must know which did, without reading them, asks here.

The database counts, in the transaction that changes a fact; the wiring half keeps the count and says here who tells it
(`told_by`). A room that asks leans on nothing above it; where nobody tells, nothing is known and all facts are read.
"""

from collections.abc import Callable, Sequence

Teller = Callable[[Sequence[int]], dict[int, int]]
_tellers: list[Teller] = []


def told_by(teller: Teller) -> None:
    """Say who tells the counts: enrollment keys in, a count for each known one out. Once, when the portal starts."""
    _tellers[:] = [teller]


def moves_of(enrollment_ids: Sequence[int]) -> dict[int, int]:
    """How often the facts of each enrollment have moved so far. At most one statement; empty where nobody counts.

    Ask before reading facts: one that moves meanwhile leaves the count ahead, never behind.
    """
    return _tellers[0](enrollment_ids) if _tellers else {}
