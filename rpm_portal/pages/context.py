"""Context processor for the page frame: membership, permissions and running timer."""

from functools import partial
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import required_factor
from rpm_portal.core.access import Permission, has_permission
from timetracking.timer.bar import PAUSED, bar_context


def frame(request: HttpRequest) -> dict[str, object]:
    """The membership, its permissions as strings, and the running timer; empty if nobody is signed in."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"may": set(), "membership": None}
    permissions = {permission.value for permission in Permission if has_permission(membership, permission)}
    context: dict[str, object] = {
        "idle_seconds": settings.IDLE_SECONDS,
        "membership": membership,
        "glass": membership.glass,
        "memberships": getattr(request, "memberships", []),
        "may": permissions,
        # Lazy: only the few pages with a form that needs a password read it.
        "sign_asks": SimpleLazyObject(partial(required_factor, cast("PortalRequest", request), now=timezone.now())),
    }
    # Only whole pages contain the timer bar, fragments do not.
    if Permission.TRACK_TIME in permissions and not getattr(request, "htmx", False):
        context |= bar_context(membership.user, membership.practice, request.session.get(PAUSED), now=timezone.now())
    return context
