"""Timing helpers: baseline and subject run alternately, at least five rounds; medians and their ratio."""

import statistics
import time
from collections.abc import Callable, Iterable

from django.test import Client

WARM_UP_REQUESTS = 6  # PostgreSQL plans a prepared statement five times before it reuses a generic plan


def seconds(work: Callable[[], object]) -> float:
    """Seconds that one run takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(
    name: str, baseline: Callable[[], object], subject: Callable[[], object], *, units: int, rounds: int = 5
) -> None:
    """Print the units per second of both, and the ratio of the medians (1.00 is the limit itself)."""
    baseline(), subject()
    pairs = [(seconds(baseline), seconds(subject)) for _ in range(rounds)]
    limit = statistics.median(pair[0] for pair in pairs)
    ours = statistics.median(pair[1] for pair in pairs)
    print(
        f"{name}: {units / ours:,.0f}/s, limit {units / limit:,.0f}/s, ratio {limit / ours:.3f} ({rounds} rounds of {units})"
    )


def in_turn(client: Client, addresses: Iterable[str], *, rounds: int = 20) -> dict[str, float]:
    """Median seconds of each page. Every round requests all pages, so that load on the machine affects all of them."""
    times: dict[str, list[float]] = {address: [] for address in addresses}
    for address in times:
        for _ in range(WARM_UP_REQUESTS):
            assert client.get(address).status_code == 200, address
    for _ in range(rounds):
        for address, values in times.items():
            values.append(seconds(lambda address=address: client.get(address)))  # type: ignore[misc]
    return {address: statistics.median(values) for address, values in times.items()}
