"""How often something may be done: counted in the broker's memory, in windows of a minute.

A count is no record: where the broker is away nobody is turned away, and nothing that matters rests on it.
"""

import logging

import redis
from django.conf import settings

log = logging.getLogger(__name__)
WINDOW = 60
PREFIX = "portal:rate"
_WAIT = 0.25  # seconds; a broker that does not answer must not hold a reading up
_clients: dict[str, redis.Redis] = {}


def _client() -> redis.Redis:
    url = settings.CELERY_BROKER_URL
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(url, socket_timeout=_WAIT, socket_connect_timeout=_WAIT)
    return _clients[url]


def within(name: str, *, limit: int, moment: float) -> bool:
    """Count one more under a name in the minute of `moment` (seconds since 1970); False where it is over the limit."""
    key = f"{PREFIX}:{name}:{int(moment // WINDOW)}"
    try:
        counted = int(_client().incr(key))
        if counted == 1:
            _client().expire(key, WINDOW * 2)
        return counted <= limit
    except redis.RedisError as error:
        log.warning("the broker is away (%s); rates are not limited", type(error).__name__)
        return True


def seconds_left(moment: float) -> int:
    """Until the window of a moment ends, at least 1."""
    return max(1, int(WINDOW - moment % WINDOW))
