"""Celery task: mail the heads of the audit chains each night."""

import logging
import smtplib

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from rpm_portal.audit.signed import signed_heads

log = logging.getLogger(__name__)


@shared_task
def send_heads() -> bool:
    """Mail the heads of all chains (numbers and digests) to AUDIT_HEADS_TO; False if it is empty or the mail fails."""
    if not settings.AUDIT_HEADS_TO:
        return False
    now = timezone.now()
    text = "Keep this file where nobody of the portal can change it. `manage.py verify_audit --heads FILE` reads it."
    mail = EmailMessage(f"Audit heads of {now:%Y-%m-%d}", text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_HEADS_TO)
    mail.attach(f"heads-{now:%Y%m%dT%H%M}Z.ndjson", signed_heads(now=now), "application/x-ndjson")
    try:
        mail.send()
    except (OSError, smtplib.SMTPException) as error:
        log.error("the audit's heads could not be sent: %s", type(error).__name__)
        return False
    return True
