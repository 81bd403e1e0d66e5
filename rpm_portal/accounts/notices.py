"""Mails to people about their account. They contain no patient data and no secret except a link."""

import logging
import smtplib
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import send_mail

log = logging.getLogger(__name__)
NOT_YOU = (
    'If you did not do this, select "I forgot my password" on the sign-in page now, and tell an administrator of '
    "your practice."
)


def send_notice(*, to: str, subject: str, text: str) -> bool:
    """Send a mail to one address; returns whether the mail server accepted it.

    A failure does not undo what the mail reports. Only the type of the error is logged.
    """
    try:
        send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    except (OSError, smtplib.SMTPException) as error:
        log.error("a notice about an account could not be sent: %s", type(error).__name__)
        return False
    return True


def time_words(moment: datetime, zone: str) -> str:
    """A moment in words with its zone: Nov 30, 2026 at 2:17 PM CST."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%b} {local.day}, {local.year} at {local.hour % 12 or 12}:{local:%M} {local:%p} {local.tzname()}"
