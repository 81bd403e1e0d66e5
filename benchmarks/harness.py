"""Baseline and subject interleaved, at least five rounds; the median of both and their ratio."""

import statistics
import time
from collections.abc import Callable, Iterable

from django.test import Client

WARM = 6  # a statement is planned anew five times before its plan is kept


def seconds(work: Callable[[], object]) -> float:
    """How long one run took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(
    name: str, baseline: Callable[[], object], subject: Callable[[], object], *, units: int, rounds: int = 5
) -> None:
    """Print units a second of both and the ratio of the medians (1.00 would be the limit itself)."""
    baseline(), subject()
    pairs = [(seconds(baseline), seconds(subject)) for _ in range(rounds)]
    limit = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    print(
        f"{name}: {units / ours:,.0f}/s, limit {units / limit:,.0f}/s, ratio {limit / ours:.3f} ({rounds} rounds of {units})"
    )


def in_turn(client: Client, addresses: Iterable[str], *, rounds: int = 20) -> dict[str, float]:
    """The median of each page's times, one look after the other in every round, so that a busy minute meets them all."""
    times: dict[str, list[float]] = {address: [] for address in addresses}
    for address in times:
        for _ in range(WARM):
            assert client.get(address).status_code == 200, address
    for _ in range(rounds):
        for address, taken in times.items():
            taken.append(seconds(lambda address=address: client.get(address)))  # type: ignore[misc]
    return {address: statistics.median(taken) for address, taken in times.items()}
