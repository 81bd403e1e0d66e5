"""Sign-ins, sign-outs and failures, told to the audit."""

from typing import Any

from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.utils import timezone

from rpm_portal.accounts.factors import forget
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.sso import came_through
from rpm_portal.audit.services import record


def _practices(user: Any, through: str = "") -> list[Any]:
    """The practices that a session opens: all of the person's, or the one whose own sign-in it came through."""
    rows = Membership.objects.in_force(timezone.now().date()).filter(user=user)
    if through:
        rows = rows.filter(practice__single_sign_on__public_id=through)
    return [row.practice for row in rows.select_related("practice")]


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
    from rpm_portal.accounts.models import User

    # Nothing that was typed is kept: a password typed into the e-mail field would be written down for ever.
    email = str(credentials.get("email") or credentials.get("username") or "").lower()[:254]
    user = User.objects.filter(email=email).first()
    for practice in _practices(user) if user else []:
        record(practice=practice, by=user, action="sign_in_failed", now=timezone.now())


@receiver(authenticator_added)
def _factor_added(user: Any, authenticator: Any, **_: Any) -> None:
    for practice in _practices(user):
        record(practice=practice, by=user, action="add_factor", detail={"kind": authenticator.type}, now=timezone.now())


@receiver(authenticator_removed)
def _factor_removed(request: Any, user: Any, authenticator: Any, **_: Any) -> None:
    forget(request)
    for practice in _practices(user):
        record(
            practice=practice, by=user, action="remove_factor", detail={"kind": authenticator.type}, now=timezone.now()
        )
