"""Doors: choosing the practice one works in."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from rpm_portal.accounts.models import Membership
from rpm_portal.http import PortalRequest


@require_POST
def switch_practice(request: PortalRequest) -> HttpResponse:
    """Work in another of one's practices. One that is not mine answers as if it did not exist."""
    wanted = request.POST.get("practice", "")
    mine = Membership.objects.in_force(timezone.now().date()).filter(user=request.user)
    if not mine.filter(practice__public_id=wanted).exists():
        raise Http404
    request.session["practice"] = wanted
    return redirect("worklist")
