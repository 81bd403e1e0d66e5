"""Heartbeats of the background processes, kept in the shared cache.

Beat sends a task to each queue every 30 seconds. Its mark in the cache shows that beat, broker, and a worker of that
queue work together. Nothing else depends on these marks, so they need no table.
"""

from datetime import datetime

from django.core.cache import cache

QUEUES = ("work", "batches")
MAX_AGE_SECONDS = 120
_KEEP_SECONDS = 7 * 24 * 60 * 60


def note_heartbeat(kind: str, *, now: datetime) -> None:
    """Record that a worker of this queue ran its task."""
    cache.set(_key(kind), now.timestamp(), _KEEP_SECONDS)


def late_queues(*, now: datetime) -> dict[str, int | None]:
    """The queues without a heartbeat in the last two minutes, with its age in seconds; None if there was none.

    Raises RedisError if the cache does not respond.
    """
    ages = heartbeat_ages(now=now)
    return {kind: age for kind, age in ages.items() if age is None or age > MAX_AGE_SECONDS}


def heartbeat_ages(*, now: datetime) -> dict[str, int | None]:
    """The seconds since the last heartbeat of each queue; None if there was none.

    Raises RedisError if the cache does not respond.
    """
    return {kind: _age(cache.get(_key(kind)), now) for kind in QUEUES}


def _age(at: float | None, now: datetime) -> int | None:
    return None if at is None else round(now.timestamp() - at)


def _key(kind: str) -> str:
    return f"heartbeat:{kind}"
