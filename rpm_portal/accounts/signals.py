"""Sign-ins, sign-outs, failures and changes of credentials, written into the audit."""

from typing import Any

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from rpm_portal.accounts.credentials import memberships_of, once_in_a_while, report
from rpm_portal.accounts.factors import forget
from rpm_portal.accounts.models import User
from rpm_portal.accounts.sso import came_through
from rpm_portal.audit.services import record

_CODES = Authenticator.Type.RECOVERY_CODES


def _practices(user: Any, through: str = "") -> list[Any]:
    """The practices that a session opens: all of the person's, or the one whose own sign-in it came through."""
    found = [row.practice for row in memberships_of(user, now=timezone.now())]
    if through:
        found = [row for row in found if getattr(getattr(row, "single_sign_on", None), "public_id", "") == through]
    return found


@receiver(user_logged_in)
def _came_in(request: Any, user: Any, **_: Any) -> None:
    through = came_through(request, user) if request is not None else ""
    for practice in _practices(user, through):
        detail = {"by": "the practice's own sign-in"} if through else {}
        record(practice=practice, by=user, action="sign_in", detail=detail, now=timezone.now())


@receiver(user_logged_out)
def _went_out(request: Any, user: Any, **_: Any) -> None:
    if user is not None and user.is_authenticated:
        for practice in _practices(user, came_through(request, user) if request is not None else ""):
            record(practice=practice, by=user, action="sign_out", now=timezone.now())


@receiver(user_login_failed)
def _was_refused(credentials: dict[str, Any], **_: Any) -> None:
    # Nothing that was typed is kept: a password typed into the e-mail field would be written down for ever.
    email = str(credentials.get("email") or credentials.get("username") or "").lower()[:254]
    user = User.objects.filter(email=email).first()
    for practice in _practices(user) if user else []:
        record(practice=practice, by=user, action="sign_in_failed", now=timezone.now())


@receiver(user_locked_out)
def _locked_out(username: Any, **_: Any) -> None:
    user = User.objects.filter(email=str(username or "").lower()[:254]).first()
    # Every further try while the lock lasts sends this signal again.
    if user is not None and once_in_a_while(user, "sign_in_locked"):
        report(user, "sign_in_locked", now=timezone.now())


@receiver(password_changed)
def _password_changed(user: Any, **_: Any) -> None:
    report(user, "change_password", now=timezone.now())


@receiver(password_reset)
def _password_reset(user: Any, **_: Any) -> None:
    report(user, "reset_password", now=timezone.now())


@receiver(authenticator_added)
def _factor_added(user: Any, authenticator: Any, **_: Any) -> None:
    # The first recovery codes come with the first factor, whose message is enough.
    action, mail = ("generate_recovery_codes", False) if authenticator.type == _CODES else ("add_factor", True)
    report(user, action, now=timezone.now(), detail={"kind": authenticator.type}, mail=mail)


@receiver(authenticator_reset)
def _codes_generated(user: Any, authenticator: Any, **_: Any) -> None:
    report(user, "generate_recovery_codes", now=timezone.now(), detail={"kind": authenticator.type})


@receiver(authenticator_removed)
def _factor_removed(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    forget(request)
    mail = authenticator.type != _CODES
    report(user, "remove_factor", now=timezone.now(), detail={"kind": authenticator.type}, mail=mail)


@receiver(authenticator_used)
def _factor_used(user: Any, authenticator: Any, **_: Any) -> None:
    if authenticator.type == _CODES:
        # The row that was passed was read before the code was marked as used.
        left = len(Authenticator.objects.get(pk=authenticator.pk).wrap().get_unused_codes())
        report(user, "use_recovery_code", now=timezone.now(), detail={"left": left})


@receiver(authentication_failed)
def _factor_failed(user: Any, authenticator: Any, **_: Any) -> None:
    report(user, "factor_failed", now=timezone.now(), detail={"kind": authenticator.type})
