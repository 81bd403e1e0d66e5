"""Whether a person has a second factor, and whether they must."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from rpm_portal.accounts.models import Membership, SecondFactor, User
from rpm_portal.core.access import Permission, may

_SEEN = "second_factor"  # in the session: found once, not asked again until it is taken away
_GRAVE = (
    Permission.SIGN_ORDERS, Permission.APPROVE_SEAL, Permission.CLOSE_MONTH, Permission.SEND_CLAIMS,
    Permission.EXPORT_ALL, Permission.MANAGE_SOURCES, Permission.MANAGE_PEOPLE, Permission.SEE_AUDIT,
)  # fmt: skip


def must_have(membership: Membership) -> bool:
    """Whether the practice asks this role for a second factor."""
    asked = membership.practice.second_factor
    if asked == SecondFactor.SIGNERS:
        return any(may(membership.role, permission) for permission in _GRAVE)
    return bool(asked == SecondFactor.EVERYBODY)


def admin_must_have(user: User) -> bool:
    """Whether somebody who may enter the Django admin needs a second factor there."""
    return bool(settings.ADMIN_SECOND_FACTOR and user.is_staff)


def has_one(request: HttpRequest) -> bool:
    """Whether the signed-in person has a code or a key. At most one statement a session.

    allauth asks for it at every sign-in where one is set up, so who has one has shown it.
    """
    if not request.session.get(_SEEN):
        found = Authenticator.objects.filter(user=request.user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
        if not found.exists():
            return False
        request.session[_SEEN] = True
    return True


def forget(request: HttpRequest) -> None:
    """Ask again: a factor was taken away."""
    request.session.pop(_SEEN, None)
