"""Tasks of the worklist. Safe to run twice, and twice at once."""

import logging

from celery import shared_task
from django.utils import timezone

from rpm_portal.accounts.models import Practice
from rpm_portal.pages.worklist.place import misplaced, place
from rpm_portal.pages.worklist.refresh import refresh, refresh_practice, wrongly_decided

log = logging.getLogger(__name__)


@shared_task
def refresh_worklists() -> int:
    """Place and decide every row whose facts, day or release have changed; returns how many rows were decided."""
    now = timezone.now()
    return sum(refresh_practice(practice, now=now) for practice in Practice.objects.order_by("pk"))


@shared_task
def check_worklists() -> int:
    """Compare every row that claims to be placed and decided with what is right; returns how many rows were wrong.

    A difference means that a trigger is missing. It is logged as an error without a name, and corrected.
    """
    now, count = timezone.now(), 0
    for practice in Practice.objects.order_by("pk"):
        wrong_places, wrong_decisions = misplaced(practice), list(wrongly_decided(practice, now=now))
        if wrong_places or wrong_decisions:
            log.error(
                "worklist of practice %s: %s rows wrongly placed, %s wrongly decided",
                practice.pk,
                len(wrong_places),
                len(wrong_decisions),
            )
            place(wrong_places, now=now)
            refresh(practice, wrong_decisions, now=now)
        count += len({*wrong_places, *wrong_decisions})
    return count
