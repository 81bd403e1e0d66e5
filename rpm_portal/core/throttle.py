"""Rate limits, counted in the broker's memory in windows of one minute.

If the broker is not reachable, nothing is limited; no other function depends on the counts.
"""

import logging

import redis
from django.conf import settings

log = logging.getLogger(__name__)
WINDOW = 60
PREFIX = "portal:rate"
_TIMEOUT_SECONDS = 0.25  # a broker that does not answer must not delay a reading
_clients: dict[str, redis.Redis] = {}


def _client() -> redis.Redis:
    url = settings.CELERY_BROKER_URL
    if url not in _clients:
        _clients[url] = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
    return _clients[url]


def is_within_limit(name: str, *, limit: int, moment: float) -> bool:
    """Count one use of `name` in the minute of `moment` (seconds since 1970); False if it is over the limit."""
    key = f"{PREFIX}:{name}:{int(moment // WINDOW)}"
    try:
        count = int(_client().incr(key))
        if count == 1:
            _client().expire(key, WINDOW * 2)
        return count <= limit
    except redis.RedisError as error:
        log.warning("the broker is away (%s); rates are not limited", type(error).__name__)
        return True


def seconds_left(moment: float) -> int:
    """Seconds until the window of `moment` ends, at least 1."""
    return max(1, int(WINDOW - moment % WINDOW))
