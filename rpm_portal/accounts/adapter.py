"""How people come in: by invitation, never by signing themselves up."""

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import timezone

from rpm_portal.accounts.credentials import report

log = logging.getLogger(__name__)


class ClosedDoorAdapter(DefaultAccountAdapter):
    """allauth's adapter with the sign-up door shut."""

    def is_open_for_signup(self, request: Any) -> bool:
        """Nobody signs themselves up for a practice's patients."""
        return False

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Send the link, which is the person's message, and write into the audit that it was asked for."""
        report(user, "ask_password_reset", now=timezone.now(), mail=False)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of allauth's mails. A mail server that is away is logged, and the page answers as ever."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error("a mail of %s could not be sent: %s", template_prefix, type(error).__name__)


def who_signs_in(request: Any, credentials: dict[str, Any] | None = None) -> str:
    """The e-mail that wrong passwords are counted for, as it was typed or as the person is known."""
    told = credentials or {}
    typed = told.get("email") or told.get("username") or (request.POST.get("login") if request is not None else "")
    return str(typed or "").lower()[:254]
