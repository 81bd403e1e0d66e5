"""allauth's account adapter: accounts are created by invitation only."""

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.utils import timezone

from rpm_portal.accounts.credentials import report

log = logging.getLogger(__name__)


class ClosedDoorAdapter(DefaultAccountAdapter):
    """allauth's account adapter with sign-up disabled."""

    def is_open_for_signup(self, request: object) -> bool:
        """False: an account is created by an invitation only."""
        return False

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, object]) -> None:
        """Mail the link and record the request in the audit. The mail with the link is the only message."""
        report(user, "ask_password_reset", now=timezone.now(), mail=False)
        super().send_password_reset_mail(user, email, context)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Send one of allauth's mails. A failure of the mail server is logged and does not change the page."""
        try:
            super().send_mail(template_prefix, email, context)
        except (OSError, smtplib.SMTPException) as error:
            log.error("a mail of %s could not be sent: %s", template_prefix, type(error).__name__)


def who_signs_in(request: Any, credentials: dict[str, object] | None = None) -> str:
    """The lowercase e-mail that wrong passwords are counted for: from the credentials, or as typed."""
    fields = credentials or {}
    typed = fields.get("email") or fields.get("username") or (request.POST.get("login") if request is not None else "")
    return str(typed or "").lower()[:254]
