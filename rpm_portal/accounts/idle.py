"""How long a session still holds without an act of a person."""

import time
from typing import Any

from django.conf import settings

ACTED = "acted_at"  # in the session, seconds since 1970


def seconds_left(session: Any) -> float:
    """Seconds until the session ends without an act; 0 or less where it is over."""
    now = time.time()
    return float(settings.IDLE_SECONDS - (now - session.get(ACTED, now)))
