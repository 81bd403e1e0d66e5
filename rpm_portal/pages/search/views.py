"""Views: the search in the page header, as a list under the field and as a page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.pages.search.find import find


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET", "POST"])
def search(request: PortalRequest) -> HttpResponse:
    """The results page. The form uses POST, because a name in a URL would stay in logs and browser history."""
    return _render_results(request, "search/search.html")


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["POST"])
def found(request: PortalRequest) -> HttpResponse:
    """The results as a list, while a person types."""
    return _render_results(request, "search/_found.html")


def _render_results(request: PortalRequest, template: str) -> HttpResponse:
    now, words = timezone.now(), request.POST.get("q", "").replace("\x00", "")[:80]
    rows = find(request.practice, words, role=request.membership.role, today=local_day(now, request.practice.zone))
    if words.strip():
        # The words may be a name, so the audit log gets only the number of results.
        record_access(request, "search", now=now, count=len(rows))
    return render(request, template, {"results": rows, "words": words})
