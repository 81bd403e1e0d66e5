"""Celery tasks of time tracking. Safe to run twice, also at the same time."""

from celery import shared_task

from rpm_portal.core.clock import database_now
from timetracking.presence import close_forgotten


@shared_task
def close_forgotten_timers() -> int:
    """Stop timers whose browser went silent; returns how many."""
    return close_forgotten(now=database_now())
