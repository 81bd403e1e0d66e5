"""Celery tasks: delete expired data each night, and note heartbeats. Safe to run twice, also at the same time."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from enrollment.panel_import.commit import delete_uncommitted_files
from enrollment.services.drafts import delete_old_drafts
from enrollment.services.text_drafts import delete_old_text_drafts
from rpm_portal.accounts.models import FactorAttempt
from rpm_portal.accounts.sent_forms import KEEP, delete_old_keys
from rpm_portal.ops.heartbeats import note_heartbeat

KEEP_SIGN_IN_ATTEMPTS = timedelta(days=30)


@shared_task
def delete_expired() -> dict[str, int]:
    """Delete expired sessions, form keys, old sign-in attempts, abandoned drafts and files; returns the numbers.

    Facts, signatures, claims, deliveries and the audit history are never deleted, because a payer or a patient may ask
    for them (45 CFR 164.316(b)(2): six years at least).
    """
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    ended = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
    return {
        "sessions": ended.delete()[0],
        "attempts": AccessAttempt.objects.filter(attempt_time__lt=now - KEEP_SIGN_IN_ATTEMPTS).delete()[0],
        "factor_attempts": FactorAttempt.objects.filter(at__lt=now - KEEP_SIGN_IN_ATTEMPTS).delete()[0],
        "forms": delete_old_keys(before=now - KEEP),
        "drafts": delete_old_drafts(before=now - timedelta(days=settings.KEEP_DRAFTS)),
        "texts": delete_old_text_drafts(before=now - timedelta(days=settings.KEEP_DRAFTS)),
        "files": delete_uncommitted_files(before=now - timedelta(days=settings.KEEP_FILES), now=now),
    }


@shared_task(expires=60)
def heartbeat(kind: str) -> None:
    """Record that a worker of this queue works; beat sends it every 30 seconds."""
    note_heartbeat(kind, now=timezone.now())
