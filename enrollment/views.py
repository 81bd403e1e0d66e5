"""Doors: the list of patients."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from enrollment import queries
from rpm_portal.access import Permission, allow
from rpm_portal.audit.services import record_look
from rpm_portal.days import local_day
from rpm_portal.http import PortalRequest


@allow(Permission.SEE_PATIENTS)
@require_GET
def patients(request: PortalRequest) -> HttpResponse:
    """Patients by name, searched by name or record number."""
    words = request.GET.get("q", "").replace("\x00", "")[:80]
    page = Paginator(queries.patients(request.practice, words=words), 50).get_page(request.GET.get("page"))
    now = timezone.now()
    # A list is one event with its count; the words typed may be a name, so they are not kept.
    record_look(request, "list_patients", now=now, count=page.paginator.count, searched=bool(words))
    today = local_day(now, request.practice.zone)
    rows = [{"patient": patient, "age": patient.age_on(today)} for patient in page]
    return render(request, "enrollment/patients.html", {"page": page, "rows": rows, "words": words})
