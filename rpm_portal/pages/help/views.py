"""Views of the help pages. Every role may open them; they name no patient."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import has_permission
from rpm_portal.core.days import local_day
from rpm_portal.core.definitions import DEFINITIONS
from rpm_portal.pages.help.first_day import steps_of
from rpm_portal.pages.help.topics import topics_of


@require_GET
def help_page(request: PortalRequest) -> HttpResponse:
    """How the work of this role goes, with links to its pages."""
    return render(request, "help/help.html", {"topics": topics_of(request.membership)})


@require_GET
def definitions(request: PortalRequest) -> HttpResponse:
    """What each figure means."""
    return render(request, "help/definitions.html", {"definitions": DEFINITIONS.items()})


@require_GET
def first_day(request: PortalRequest) -> HttpResponse:
    """The checklist of a new practice, with links to the pages that this person may open."""
    today = local_day(timezone.now(), request.practice.zone)
    rows = [
        (step, done, reverse(step.view) if has_permission(request.membership, step.needs) else "")
        for step, done in steps_of(request.practice, today=today)
    ]
    return render(request, "help/first_day.html", {"rows": rows, "done": sum(done for _, done, _ in rows)})
