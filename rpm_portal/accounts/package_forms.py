"""Replacements of allauth's forms."""

import logging
from functools import partial

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm as TheirChangePasswordForm
from allauth.account.forms import ResetPasswordForm as TheirResetPasswordForm
from allauth.core import context
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from rpm_portal.accounts.credentials import report
from rpm_portal.accounts.factor_attempt_model import AttemptKind
from rpm_portal.accounts.factor_attempts import FACTOR_LIMIT, SIGNATURE_LIMIT, FactorLocked, try_credential, use_code

log = logging.getLogger(__name__)


class ResetPasswordForm(TheirResetPasswordForm):
    """Also mails an address that has no account; allauth's own mail would invite it to sign up."""

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        """Mail the link, or that no account has this address, after the response; returns the address.

        The time of the response then does not reveal whether there is an account.
        """
        request.after_response = partial(self._send, request, kwargs)  # type: ignore[attr-defined]
        return str(self.cleaned_data["email"])

    def _send(self, request: HttpRequest, kwargs: dict[str, object]) -> None:
        with context.request_context(request):
            try:
                if self.users:
                    super().save(request, **kwargs)
                else:
                    email: str = self.cleaned_data["email"]
                    get_adapter(request).send_mail("account/email/unknown_account", email, {})
            except Exception as error:  # the response has been sent: there is no page for the error
                log.error("a password reset could not be mailed: %s", type(error).__name__)


class ChangePasswordForm(TheirChangePasswordForm):
    """Counts wrong current passwords with those of signatures: whoever has only a session gets five tries."""

    def clean_oldpassword(self) -> str:
        """The current password. Raises ValidationError for a wrong one, which is recorded, and after too many."""
        password, now = self.cleaned_data["oldpassword"], timezone.now()
        try:
            is_right = try_credential(
                self.user,
                AttemptKind.SIGNATURE,
                partial(self.user.check_password, password),
                limit=SIGNATURE_LIMIT,
                now=now,
            )
        except FactorLocked as refusal:
            raise ValidationError(refusal.message) from None
        if not is_right:
            report(self.user, "signature_refused", now=now, detail={"act": "change_password"}, mail=False)
            raise get_adapter().validation_error("enter_current_password")
        return str(password)


class _LimitedCode:
    """Checks a code once across all processes, with a limit of failures for the person."""

    def clean_code(self) -> str:
        """The code; its factor becomes `authenticator`. Raises ValidationError."""
        code: str = self.cleaned_data["code"]  # type: ignore[attr-defined]
        try:
            factor = use_code(self.user, code, now=timezone.now())  # type: ignore[attr-defined]
        except FactorLocked as refusal:
            raise ValidationError(refusal.message) from None
        if factor is None:
            raise get_mfa_adapter().validation_error("incorrect_code")
        self.authenticator = factor
        return code


class CodeForm(_LimitedCode, AuthenticateForm):
    """A code at sign-in."""


class CodeAgainForm(_LimitedCode, ReauthenticateForm):
    """A code entered again before a sensitive action."""


class _LimitedKey:
    """Checks a security key, with the same limit of failures, and reports a failure."""

    def clean_credential(self) -> Authenticator:
        """The key that was shown. Raises ValidationError for one that is wrong or was shown for another sign-in."""
        keys: list[Authenticator] = []
        errors: list[ValidationError] = []

        def _check() -> bool:
            try:
                keys.append(super(_LimitedKey, self).clean_credential())  # type: ignore[misc]
            # A wrong signature, or JSON that no browser sends; in allauth both cause an error 500.
            except (InvalidSignature, LookupError, TypeError, AttributeError):
                errors.append(get_mfa_adapter().validation_error("incorrect_code"))
            except ValidationError as error:
                errors.append(error)
            return bool(keys)

        now, user = timezone.now(), self.user  # type: ignore[attr-defined]
        try:
            if try_credential(user, AttemptKind.WEBAUTHN, _check, limit=FACTOR_LIMIT, now=now):
                return keys[0]
        except FactorLocked as refusal:
            raise ValidationError(refusal.message) from None
        report(user, "factor_failed", now=now, detail={"kind": Authenticator.Type.WEBAUTHN})
        raise errors[0]


class KeyForm(_LimitedKey, AuthenticateWebAuthnForm):
    """A security key at sign-in."""


class KeyAgainForm(_LimitedKey, ReauthenticateWebAuthnForm):
    """A security key shown again before a sensitive action."""
