"""Doors: the search in the frame, as a list under the field and as a page of its own."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_look
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.pages.search.find import find


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET", "POST"])
def search(request: PortalRequest) -> HttpResponse:
    """What the words lead to. By POST: a name in an address would stay in logs and history."""
    return _answer(request, "searching/search.html")


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["POST"])
def found(request: PortalRequest) -> HttpResponse:
    """The same as a list, while somebody types."""
    return _answer(request, "searching/_found.html")


def _answer(request: PortalRequest, template: str) -> HttpResponse:
    now, words = timezone.now(), request.POST.get("q", "").replace("\x00", "")[:80]
    rows = find(request.practice, words, role=request.membership.role, today=local_day(now, request.practice.zone))
    if words.strip():
        # The words may be a name, so only what they led to is counted.
        record_look(request, "search", now=now, count=len(rows))
    return render(request, template, {"found": rows, "words": words})
