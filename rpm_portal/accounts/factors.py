"""Second factors: whether a person has one, and whether they need one."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from rpm_portal.accounts.models import Membership, SecondFactor, User
from rpm_portal.core.access import Permission, may

_SESSION_KEY = "second_factor"  # session key: True once a factor was found, until one is removed
_SIGNER_PERMISSIONS = (
    Permission.SIGN_ORDERS,
    Permission.APPROVE_SEAL,
    Permission.CLOSE_MONTH,
    Permission.SEND_CLAIMS,
    Permission.EXPORT_ALL,
    Permission.MANAGE_SOURCES,
    Permission.MANAGE_PEOPLE,
    Permission.SEE_AUDIT,
)


def needs_second_factor(membership: Membership) -> bool:
    """Whether the practice requires a second factor of this role."""
    required = membership.practice.second_factor
    if required == SecondFactor.SIGNERS:
        return any(may(membership.role, permission) for permission in _SIGNER_PERMISSIONS)
    return bool(required == SecondFactor.EVERYBODY)


def admin_needs_second_factor(user: User) -> bool:
    """Whether the user needs a second factor for the Django admin."""
    return bool(settings.ADMIN_SECOND_FACTOR and user.is_staff)


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the signed-in person has a code or a key. At most one statement per session.

    allauth asks for an existing factor at every sign-in, so a person who has one has shown it.
    """
    if not request.session.get(_SESSION_KEY):
        factors = Authenticator.objects.filter(user=request.user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
        if not factors.exists():
            return False
        request.session[_SESSION_KEY] = True
    return True


def forget_factor(request: HttpRequest) -> None:
    """Make `has_second_factor` query again, after a factor was removed."""
    request.session.pop(_SESSION_KEY, None)
