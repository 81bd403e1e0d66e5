"""What the frame around every page shows."""

from typing import Any

from django.http import HttpRequest

from rpm_portal.access import Permission, may


def frame(request: HttpRequest) -> dict[str, Any]:
    """The membership and its permissions as a set of words; empty where nobody is signed in."""
    membership = getattr(request, "membership", None)
    if membership is None:
        return {"may": set(), "membership": None}
    return {
        "membership": membership,
        "memberships": getattr(request, "memberships", []),
        "may": {permission.value for permission in Permission if may(membership.role, permission)},
    }
