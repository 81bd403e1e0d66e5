"""Doors: the audit history."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from rpm_portal.access import Permission, allow
from rpm_portal.audit.models import Event
from rpm_portal.audit.services import first_broken_link, record_look
from rpm_portal.http import PortalRequest


@allow(Permission.SEE_AUDIT)
@require_GET
def events(request: PortalRequest) -> HttpResponse:
    """What happened, newest first, and whether the chain holds."""
    rows = Event.objects.for_practice(request.practice).select_related("actor")
    action = request.GET.get("action", "")[:40].replace("\x00", "")
    if action:
        rows = rows.filter(action=action)
    page = Paginator(rows, 100).get_page(request.GET.get("page"))
    context = {"page": page, "action": action, "checked": False}
    if request.GET.get("verify"):
        context |= {"checked": True, "broken": first_broken_link(request.practice)}
    record_look(request, "read_audit", now=timezone.now(), count=page.paginator.count)
    return render(request, "audit/events.html", context)
