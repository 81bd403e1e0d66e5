"""Change counters per enrollment, so that a caller knows which facts changed without reading them.

The database counts, in the transaction that changes a fact. The worklist keeps the counts and registers the function
that reads them when the portal starts (`register_counter`), so an app that needs them imports nothing above it. This
is a question with one answer from one registered function, not an event: an event would be announced by an earlier app,
have any number of handlers, and return nothing. If no function is registered the answer is empty, and all facts are
read.
"""

from collections.abc import Callable, Sequence

Counter = Callable[[Sequence[int]], dict[int, int]]
_counters: list[Counter] = []


def register_counter(counter: Counter) -> None:
    """Register the function that reads the counts: enrollment keys in, a count for each known one out. At start."""
    _counters[:] = [counter]


def fact_change_counts(enrollment_ids: Sequence[int]) -> dict[int, int]:
    """How often the facts of each enrollment have changed. At most one statement; empty if no counter is registered.

    Read the counts before the facts: a fact that changes in between makes the stored count too low, never too high.
    """
    return _counters[0](enrollment_ids) if _counters else {}
