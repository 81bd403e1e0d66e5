"""Views: notes about a patient."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from enrollment.models import Enrollment, TextDraft
from enrollment.services import text_drafts
from monitoring import notes
from monitoring.models import Note
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def write_note(request: PortalRequest, public_id: str) -> HttpResponse:
    """Show the note's form, as a page or in the side panel, and store the note."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    enrollment = get_object_or_404(rows, public_id=public_id)
    now, text, error = timezone.now(), request.POST.get("text", ""), ""
    if request.method == "POST":
        try:
            notes.write_note(enrollment=enrollment, text=text, by=request.membership, now=now)
        except Refused as refusal:
            error = str(refusal)
        else:
            text_drafts.clear_text_draft(enrollment=enrollment, kind=TextDraft.Kind.NOTE, by=request.user)
            messages.success(request, "Note saved.")
            address = f"{reverse('chart', args=[enrollment.patient.public_id])}?enrollment={enrollment.public_id}"
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    draft = None if text else text_drafts.text_draft_of(enrollment=enrollment, kind="note", by=request.user)
    context = {
        "enrollment": enrollment,
        "patient": enrollment.patient,
        "age": enrollment.patient.age_on(local_day(now, request.practice.zone)),
        "text": draft.values.get("text", "") if draft else text,
        "draft_kind": TextDraft.Kind.NOTE,
        "restored": draft is not None,
        "longest": notes.MAX_NOTE_LENGTH,
        "error": error,
    }
    page = "monitoring/_note.html" if request.htmx else "monitoring/note.html"
    return render(request, page, context, status=422 if error else 200)


@allow(Permission.REVIEW_READINGS)
@require_http_methods(["GET", "POST"])
def void_note(request: PortalRequest, public_id: str) -> HttpResponse:
    """Ask for the reason to void a note, and void it."""
    rows = Note.objects.for_practice(request.practice).select_related("enrollment__patient", "written_by")
    note = get_object_or_404(rows, public_id=public_id)
    patient, now, error = note.enrollment.patient, timezone.now(), ""
    if request.method == "POST":
        try:
            notes.void_note(note=note, reason=request.POST.get("reason", ""), by=request.membership, now=now)
        except Refused as refusal:
            error = str(refusal)
        else:
            return redirect("chart", patient.public_id)
    context = {
        "note": note,
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "typed": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "monitoring/void_note.html", context, status=422 if error else 200)
