"""Signal receivers that record sign-ins, sign-outs, failures and changes of credentials in the audit."""

from allauth.account.signals import password_changed, password_reset
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
    authenticator_used,
)
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from rpm_portal.accounts.adapter import email_of_client
from rpm_portal.accounts.credentials import is_first_recently, memberships_of, report
from rpm_portal.accounts.factors import forget_factor
from rpm_portal.accounts.launched_sessions import launch_of_session
from rpm_portal.accounts.models import Practice, User
from rpm_portal.accounts.sso import sign_on_of_session
from rpm_portal.audit.services import record

_CODES = Authenticator.Type.RECOVERY_CODES


def _practices(user: User, through: str = "", practice_id: int | None = None) -> list[Practice]:
    """The practices that a session opens: all of the person's, the one whose own sign-in was used (`through`), or the
    one whose EHR launched (`practice_id`).
    """
    practices = [row.practice for row in memberships_of(user, now=timezone.now())]
    if practice_id is not None:
        return [practice for practice in practices if practice.pk == practice_id]
    if through:
        practices = [p for p in practices if getattr(getattr(p, "single_sign_on", None), "public_id", "") == through]
    return practices


@receiver(user_logged_in)
def _record_sign_in(request: HttpRequest, user: User, **_: object) -> None:
    through = sign_on_of_session(request, user) if request is not None else ""
    launched = launch_of_session(request, user) if request is not None else None
    for practice in _practices(user, through, launched.practice_id if launched else None):
        detail = {"by": "the practice's own sign-in"} if through else {"by": "the EHR"} if launched else {}
        record(practice=practice, by=user, action="sign_in", detail=detail, now=timezone.now())


@receiver(user_logged_out)
def _record_sign_out(request: HttpRequest, user: User, **_: object) -> None:
    if user is not None and user.is_authenticated:
        through = sign_on_of_session(request, user) if request is not None else ""
        launched = launch_of_session(request, user) if request is not None else None
        for practice in _practices(user, through, launched.practice_id if launched else None):
            record(practice=practice, by=user, action="sign_out", now=timezone.now())


@receiver(user_login_failed)
def _record_failure(credentials: dict[str, object], **_: object) -> None:
    # What was typed is not stored: it may be a password typed into the e-mail field.
    email = str(credentials.get("email") or credentials.get("username") or "").lower()[:254]
    user = User.objects.filter(email=email).first()
    for practice in _practices(user) if user else []:
        record(practice=practice, by=user, action="sign_in_failed", now=timezone.now())


@receiver(user_locked_out)
def _report_lockout(username: object, **_: object) -> None:
    user = User.objects.filter(email=email_of_client(str(username or ""))).first()
    # Every further attempt during the lock sends this signal again.
    if user is not None and is_first_recently(user, "sign_in_locked"):
        report(user, "sign_in_locked", now=timezone.now())


@receiver(password_changed)
def _report_password_change(user: User, **_: object) -> None:
    report(user, "change_password", now=timezone.now())


@receiver(password_reset)
def _report_password_reset(user: User, **_: object) -> None:
    report(user, "reset_password", now=timezone.now())


@receiver(authenticator_added)
def _report_factor_added(user: User, authenticator: Authenticator, **_: object) -> None:
    # The first recovery codes come with the first factor, whose message is enough.
    action, mail = ("generate_recovery_codes", False) if authenticator.type == _CODES else ("add_factor", True)
    report(user, action, now=timezone.now(), detail={"kind": authenticator.type}, mail=mail)


@receiver(authenticator_reset)
def _report_codes_generated(user: User, authenticator: Authenticator, **_: object) -> None:
    report(user, "generate_recovery_codes", now=timezone.now(), detail={"kind": authenticator.type})


@receiver(authenticator_removed)
def _report_factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: object) -> None:
    forget_factor(request)
    mail = authenticator.type != _CODES
    report(user, "remove_factor", now=timezone.now(), detail={"kind": authenticator.type}, mail=mail)


@receiver(authenticator_used)
def _report_code_used(user: User, authenticator: Authenticator, **_: object) -> None:
    if authenticator.type == _CODES:
        # The row in the signal was read before the code was marked as used.
        left = len(Authenticator.objects.get(pk=authenticator.pk).wrap().get_unused_codes())
        report(user, "use_recovery_code", now=timezone.now(), detail={"left": left})
