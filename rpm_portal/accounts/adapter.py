"""allauth's account adapter: accounts are created by invitation only, and guesses of passwords are limited."""

import logging
import smtplib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from rpm_portal.accounts.credentials import is_first_recently, report
from rpm_portal.accounts.known_devices import device_of, remember_device
from rpm_portal.accounts.models import User

log = logging.getLogger(__name__)
_DEVICE_SEPARATOR = " "  # no address contains a space


class ClosedDoorAdapter(DefaultAccountAdapter):
    """allauth's account adapter with sign-up disabled."""

    def is_open_for_signup(self, request: object) -> bool:
        """False: an account is created by an invitation only."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Count one try. Raises ValidationError if the person has too many failures, or the client's address.

        A browser in which the person has signed in before has its own count, which no other browser can exhaust.
        """
        client = who_signs_in(request, credentials)
        action = "login_failed_known_device" if _DEVICE_SEPARATOR in client else "login_failed"
        self._login_failed_rl_usage = ratelimit.consume(request, app="allauth.account", action=action, key=client)
        if not self._login_failed_rl_usage:
            user = User.objects.filter(email=email_of_client(client)).first()
            if user is not None and is_first_recently(user, "sign_in_locked"):
                report(user, "sign_in_locked", now=timezone.now())
            raise self.validation_error("too_many_login_attempts")

    def post_login(self, request: HttpRequest, user: Any, **kwargs: object) -> HttpResponse:
        """As allauth does; the browser is known from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        remember_device(request, response, user.email)
        return response

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
    """What wrong passwords are counted for: the lowercase e-mail, and a known browser's id after a space."""
    fields = credentials or {}
    typed = fields.get("email") or fields.get("username") or (request.POST.get("login") if request is not None else "")
    email = str(typed or "").strip().lower()[:230].replace(_DEVICE_SEPARATOR, "")
    device = device_of(request, email) if request is not None and email else ""
    return f"{email}{_DEVICE_SEPARATOR}{device}" if device else email


def email_of_client(client: str) -> str:
    """The e-mail in a value of `who_signs_in`."""
    return client.partition(_DEVICE_SEPARATOR)[0]


def lockout_parameters(
    request_or_attempt: object, credentials: dict[str, object] | None = None
) -> list[str | list[str]]:
    """What django-axes counts together: person and address, or a known browser of the person at any address."""
    client = getattr(request_or_attempt, "username", None)
    if client is None:
        client = who_signs_in(request_or_attempt, credentials)
    return ["username"] if _DEVICE_SEPARATOR in client else [["username", "ip_address"]]
