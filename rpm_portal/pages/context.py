"""What the frame around every page shows."""

from functools import partial
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import asks_for
from rpm_portal.core.access import Permission, holds
from timetracking.timer_bar import PAUSED, bar_context


def frame(request: HttpRequest) -> dict[str, Any]:
    """The membership, its permissions as words, and the running timer; empty where nobody is signed in."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"may": set(), "membership": None}
    words = {permission.value for permission in Permission if holds(membership, permission)}
    found: dict[str, Any] = {
        "idle_seconds": settings.IDLE_SECONDS,
        "membership": membership,
        "glass": getattr(membership, "glass", None),
        "memberships": getattr(request, "memberships", []),
        "may": words,
        # Asked for by the few pages with a grave form.
        "sign_asks": SimpleLazyObject(partial(asks_for, cast("PortalRequest", request), now=timezone.now())),
    }
    # A fragment is rendered alone; only whole pages carry the bar.
    if Permission.TRACK_TIME in words and not getattr(request, "htmx", False):
        found |= bar_context(membership.user, membership.practice, request.session.get(PAUSED), now=timezone.now())
    return found
