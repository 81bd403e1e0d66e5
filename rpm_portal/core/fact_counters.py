"""Change counters per enrollment, so that a caller knows which facts changed without reading them.

The database counts, in the transaction that changes a fact. The worklist keeps the counts and registers the function
that reads them when the portal starts (`told_by`), so an app that needs them imports nothing above it. This is a
question with one answer from one registered function, not an event: an event would be announced by an earlier app,
have any number of handlers, and return nothing. If no function is registered the answer is empty, and all facts are
read.
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
