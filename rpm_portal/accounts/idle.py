"""The idle limit: how long a session lasts without an action of its person."""

import time

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

ACT_HEADER = "X-Portal-Act"  # our scripts set it to 1 if there was input of the person
LAST_ACTION_KEY = "acted_at"  # session key of the last action, in seconds since 1970


def seconds_left(session: SessionBase) -> float:
    """Seconds until the session ends without an action; 0 or less if it has ended."""
    now = time.time()
    return float(settings.IDLE_SECONDS - (now - session.get(LAST_ACTION_KEY, now)))
