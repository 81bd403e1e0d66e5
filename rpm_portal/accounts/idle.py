"""The idle limit: how long a session lasts without an action of its person."""

import time

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

ACT_HEADER = "X-Portal-Act"  # our scripts set it to 1 if there was input of the person
LAST_ACTION_KEY = "acted_at"  # session key of the last action, in seconds since 1970
# A question about a call must be answered before the session ends: a minute for the answer (static/js/timer.js), and a
# minute for the session's own warning (static/js/session.js).
_QUESTION_BEFORE_END = 2  # minutes


def longest_call_idle() -> int:
    """The most minutes without input in a call after which the portal can still ask before the session ends."""
    return int(settings.IDLE_SECONDS) // 60 - _QUESTION_BEFORE_END


def seconds_left(session: SessionBase) -> float:
    """Seconds until the session ends without an action; 0 or less if it has ended."""
    now = time.time()
    return float(settings.IDLE_SECONDS - (now - session.get(LAST_ACTION_KEY, now)))
