"""Timing helpers: baseline and subject run alternately, at least five rounds; medians of wall and CPU time, and ratios."""

import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from django.db import connection
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


class Took(NamedTuple):
    """Medians of one page in seconds: on the clock, on the CPU in this process and the database's, and the latter alone.

    On a busy machine only the CPU times of one run can be compared.
    """

    wall: float
    cpu: float
    database: float


def _database_cpu() -> float:
    """CPU seconds of the database process of this connection; zero where the kernel does not say (not Linux)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        schedule = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
    return int(schedule.read_text().split()[0]) / 1e9 if schedule.exists() else 0.0


def _took(client: Client, address: str) -> Took:
    database, cpu, wall = _database_cpu(), time.process_time(), time.perf_counter()
    client.get(address)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    database = _database_cpu() - database
    return Took(wall, cpu + database, database)


def in_turn(client: Client, addresses: Iterable[str], *, rounds: int = 20) -> dict[str, Took]:
    """The medians of each page. Every round requests all pages, so that load on the machine affects all of them."""
    taken: dict[str, list[Took]] = {address: [] for address in addresses}
    for address in taken:
        for _ in range(WARM_UP_REQUESTS):
            assert client.get(address).status_code == 200, address
    for _ in range(rounds):
        for address, times in taken.items():
            times.append(_took(client, address))
    return {address: Took(*map(statistics.median, zip(*times, strict=True))) for address, times in taken.items()}
