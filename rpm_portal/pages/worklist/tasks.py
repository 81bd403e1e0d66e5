"""Doors for the worker: kept rows are decided anew before anybody asks. Safe to run twice, and twice at once."""

from celery import shared_task
from django.utils import timezone

from rpm_portal.accounts.models import Practice
from rpm_portal.pages.worklist.cache.refresh import keep_fresh


@shared_task
def keep_worklists() -> int:
    """Decide every row that its facts have left behind, and all of them once the local day has turned."""
    now = timezone.now()
    return sum(keep_fresh(practice, now=now) for practice in Practice.objects.order_by("pk"))
