"""Celery tasks: write the heads of the audit chains to a file each minute, and mail them each night."""

import logging
import smtplib

from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from rpm_portal.audit.models import ChainHead
from rpm_portal.audit.signed import signed_heads, signed_minute

log = logging.getLogger(__name__)


@shared_task
def keep_heads() -> int:
    """Append the heads that moved to AUDIT_HEADS_FILE; returns how many. 0 if the file is not set or cannot be written.

    Keep the file on a machine or a disk that nobody of the portal can change. Safe to run twice, and twice at once.
    """
    if not settings.AUDIT_HEADS_FILE:
        return 0
    with transaction.atomic():
        moved = ChainHead.objects.select_for_update(of=("self",), skip_locked=True).select_related("practice")
        heads = list(moved.filter(number__gt=F("kept_number")).order_by("practice"))
        if not heads:
            return 0
        try:
            with open(settings.AUDIT_HEADS_FILE, "ab") as file:
                file.write(signed_minute(heads, now=timezone.now()))
        except OSError as error:
            log.error("the audit's heads could not be written: %s", type(error).__name__)
            return 0
        for head in heads:
            ChainHead.objects.filter(pk=head.pk).update(kept_number=head.number)
    return len(heads)


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
