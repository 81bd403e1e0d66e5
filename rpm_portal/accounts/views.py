"""Doors: choosing the practice one works in."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from rpm_portal.http import PortalRequest


@require_POST
def switch_practice(request: PortalRequest) -> HttpResponse:
    """Work in another of one's practices. One that is not mine answers as if it did not exist."""
    wanted = request.POST.get("practice", "")
    if not any(row.practice.public_id == wanted for row in request.memberships):
        raise Http404
    request.session["practice"] = wanted
    return redirect("worklist")
