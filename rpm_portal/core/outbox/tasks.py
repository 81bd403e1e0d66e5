"""Celery tasks of the outbox. Safe to run twice, also at the same time."""

from celery import shared_task
from django.utils import timezone

from rpm_portal.core.outbox.work import end_leases, settle_unsure, work_batch

MOST_BATCHES = 50  # of one task, so that it ends well before its time limit; the next one continues


@shared_task
def work_outbox() -> int:
    """Send what is due; returns how many rows were claimed."""
    claimed = 0
    for _ in range(MOST_BATCHES):
        batch = work_batch(timezone.now)
        claimed += batch
        if not batch:
            break
    return claimed


@shared_task
def sweep_outbox() -> int:
    """End the leases of workers that died, ask about unsure rows, send what is due; returns how many were claimed."""
    end_leases(now=timezone.now())
    settle_unsure(timezone.now)
    return work_outbox()
