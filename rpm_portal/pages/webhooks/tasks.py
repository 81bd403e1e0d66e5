"""Celery task: callbacks whose handling failed. Safe to run twice, also at the same time."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from rpm_portal.core.outbox.channels.hooks import waiting_hooks
from rpm_portal.pages.webhooks.handle import handle_safely

WAIT = timedelta(minutes=1)  # a request handles its own callback within this time


@shared_task
def sweep_callbacks() -> int:
    """Handle stored callbacks again; returns how many were handled."""
    now = timezone.now()
    return sum(handle_safely(hook, now=now) for hook in waiting_hooks(before=now - WAIT))
