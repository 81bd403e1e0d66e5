"""View: drafts of calls, messages and notes, saved while they are typed."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from enrollment.models import Enrollment, TextDraft
from enrollment.services import text_drafts
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow


@allow(Permission.SEE_PATIENTS)
@require_POST
def save_text(request: PortalRequest, public_id: str, kind: str) -> HttpResponse:
    """Store the person's unsaved call, message or note, or discard it (`discard`); returns the time as a fragment."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient")
    row = get_object_or_404(rows, public_id=public_id)
    if kind not in TextDraft.Kind:
        raise Http404
    now = timezone.now()
    if "discard" in request.POST:
        text_drafts.clear_text_draft(enrollment=row, kind=kind, by=request.user)
        return HttpResponseClientRedirect(reverse("chart", args=[row.patient.public_id]))
    values = {name: str(value) for name, value in request.POST.items()}
    kept = text_drafts.save_text_draft(enrollment=row, kind=kind, values=values, by=request.user, now=now)
    return render(request, "enrollment/_kept.html", {"now": now} if kept else {})
