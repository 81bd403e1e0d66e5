"""Views of staff: the link of a patient, to hand over in person, and its end."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.pages.patient import links, notices
from rpm_portal.pages.patient.models import PatientLink


def _link_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show(request, _patient(request, public_id), error=refusal.message)


def _patient(request: PortalRequest, public_id: str) -> Patient:
    return get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)


def _show(
    request: PortalRequest, patient: Patient, *, shown: PatientLink | None = None, error: str = "", done: str = ""
) -> HttpResponse:
    now = timezone.now()
    context = {
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "link": links.current_link(patient, now=now),
        "address": f"{links.page_origin()}{links.link_path(shown)}" if shown is not None else "",
        "points": notices.refusals(patient, now=now),
        "error": error,
        "done": done,
    }
    subject = f"patient:{patient.public_id}"
    record_access(request, "read_patient_link", now=now, subject=subject, shown=shown is not None)
    return render(request, "patient/staff_link.html", context)


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
@answer_refusals(_link_refused)
def patient_link(request: PortalRequest, public_id: str) -> HttpResponse:
    """Make a link and show it, to be opened on the patient's own device; or end all links of the patient."""
    patient, now = _patient(request, public_id), timezone.now()
    if request.method == "GET":
        return _show(request, patient)
    act = request.POST.get("act", "")
    if act == "make":
        return _show(request, patient, shown=links.make_link(patient, by=request.membership, now=now))
    if act == "end":
        count = links.revoke_links(patient, by=request.membership, now=now)
        return _show(request, patient, done=f"Links ended: {count}.")
    raise Refused("Choose to make a link or to end the links.")
