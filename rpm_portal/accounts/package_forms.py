"""Replacements of allauth's forms."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm as TheirResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.http import HttpRequest


class ResetPasswordForm(TheirResetPasswordForm):
    """Also mails an address that has no account; allauth's own mail would invite it to sign up."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Mail the link, or that no account has this address; returns the address."""
        if self.users:
            return str(super().save(request, **kwargs))
        email: str = self.cleaned_data["email"]
        get_adapter(request).send_mail("account/email/unknown_account", email, {})
        return email


class _ReportsFailure:
    """Sends the signal of a failed second factor for security keys; allauth sends it for codes only."""

    def clean_credential(self) -> Authenticator:
        """The key that was shown. Raises ValidationError for one that is wrong or was shown for another sign-in."""
        try:
            try:
                return super().clean_credential()  # type: ignore[misc]
            # A wrong signature, or JSON that no browser sends; in allauth both cause an error 500.
            except (InvalidSignature, LookupError, TypeError, AttributeError) as error:
                raise get_mfa_adapter().validation_error("incorrect_code") from error
        except ValidationError:
            user = self.user  # type: ignore[attr-defined]
            key = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).first()
            if key is not None:
                authentication_failed.send(
                    sender=Authenticator, request=context.request, user=user, authenticator=key, reauthentication=False
                )
            raise


class KeyForm(_ReportsFailure, AuthenticateWebAuthnForm):
    """A security key at sign-in."""


class KeyAgainForm(_ReportsFailure, ReauthenticateWebAuthnForm):
    """A security key shown again before a sensitive action."""
