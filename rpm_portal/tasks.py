"""Doors for the worker: what is kept for a while only, and is let go at night. Safe to run twice, and twice at once."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from enrollment.panel_import.commit import forget_files
from enrollment.services.drafts import forget_drafts

ATTEMPTS = timedelta(days=30)


@shared_task
def let_go() -> dict[str, int]:
    """Sessions that have run out, old attempts to sign in, drafts and files that nobody came back to; how many of each.

    Facts, signatures, claims, deliveries and the audit are not among them: nothing that a payer or a patient may ask
    for is ever let go by the portal (45 CFR 164.316(b)(2): six years at least).
    """
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    ended = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return {
        "sessions": ended.delete()[0],
        "attempts": AccessAttempt.objects.filter(attempt_time__lt=now - ATTEMPTS).delete()[0],
        "drafts": forget_drafts(before=now - timedelta(days=settings.KEEP_DRAFTS)),
        "files": forget_files(before=now - timedelta(days=settings.KEEP_FILES), now=now),
    }
