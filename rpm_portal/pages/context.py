"""Context processor for the page frame: membership, permissions and running timer."""

from functools import partial
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from billing.review.rule_year_due import YearDue, year_due
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import required_factor
from rpm_portal.core.access import Permission, has_permission
from rpm_portal.core.clock import clocks_differ
from rpm_portal.core.days import local_day
from rpm_portal.pages.navigation.items import groups_of
from timetracking.queries import time_policy
from timetracking.timer.bar import PAUSED, STAYED, bar_context


def _rule_year_due(request: HttpRequest) -> YearDue | None:
    """The reminder about a year without rules; None if there is none."""
    practice = cast("PortalRequest", request).membership.practice
    return year_due(practice, today=local_day(timezone.now(), practice.zone))


def frame(request: HttpRequest) -> dict[str, object]:
    """The membership, its permissions as strings, and the running timer; empty if nobody is signed in."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"may": set(), "membership": None}
    permissions = {permission.value for permission in Permission if has_permission(membership, permission)}
    match = request.resolver_match
    view = match.view_name if match else ""
    context: dict[str, object] = {
        # Lazy: fragments have no navigation.
        "navigation": SimpleLazyObject(
            partial(groups_of, permissions, view=view, now=timezone.now(), zone=membership.practice.zone)
        ),
        "clocks_differ": clocks_differ(),
        "idle_seconds": settings.IDLE_SECONDS,
        "membership": membership,
        "glass": membership.glass,
        "memberships": getattr(request, "memberships", []),
        "may": permissions,
        # Lazy: read by forms that need a password, and while a timer runs on a call or elsewhere than on this page.
        "time_policy": SimpleLazyObject(partial(time_policy, membership.practice_id)),
        "kept_timer": request.session.get(STAYED, ""),
        "sign_asks": SimpleLazyObject(partial(required_factor, cast("PortalRequest", request), now=timezone.now())),
    }
    if Permission.LOAD_RULES in permissions:
        # Lazy: only the pages of administrators and managers that remind them read it.
        context["rule_year_due"] = SimpleLazyObject(partial(_rule_year_due, request))
    # Only whole pages contain the timer bar, fragments do not.
    if Permission.TRACK_TIME in permissions and not getattr(request, "htmx", False):
        context |= bar_context(membership.user, membership.practice, request.session.get(PAUSED), now=timezone.now())
    return context
