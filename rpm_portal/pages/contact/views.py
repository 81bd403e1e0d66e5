"""Views of the page of contact points, and of the messages that may ask to stop."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from enrollment.models import Caregiver, ConsentEvent, ContactPoint, Patient
from enrollment.services.contacts import ledger, points
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.pages.contact.forms import CaregiverForm, ChannelConsentForm, PointForm
from rpm_portal.pages.contact.rows import point_rows


def _patient(request: PortalRequest, public_id: str) -> Patient:
    return get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)


def _point(request: PortalRequest, public_id: str) -> ContactPoint:
    rows = ContactPoint.objects.for_practice(request.practice).select_related("patient", "caregiver")
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: PortalRequest,
    patient: Patient,
    *,
    form: PointForm | None = None,
    caregiver_form: CaregiverForm | None = None,
    error: str = "",
    code: str = "",
) -> HttpResponse:
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    events = ConsentEvent.objects.for_practice(request.practice).filter(patient=patient)
    context = {
        "patient": patient,
        "age": patient.age_on(today),
        "points": point_rows(patient, now=now),
        "caregivers": patient.caregivers.select_related("allowed_by"),
        "events": events.select_related("point", "caregiver", "by").order_by("-pk")[:50],
        "form": form or PointForm(patient=patient),
        "consent_form": ChannelConsentForm(),
        "caregiver_form": caregiver_form or CaregiverForm(initial={"since": today}),
        "error": error,
        "code": code,
    }
    record_access(request, "read_contact_points", now=now, subject=f"patient:{patient.public_id}")
    is_refused = error or any(shown is not None and shown.errors for shown in (form, caregiver_form))
    return render(request, "contact/page.html", context, status=422 if is_refused else 200)


@allow(Permission.READ_TEXT)
@require_GET
def page(request: PortalRequest, public_id: str) -> HttpResponse:
    """Numbers, addresses, caregivers, and what the person agreed to."""
    return _page(request, _patient(request, public_id))


@allow(Permission.ENROLL)
@require_POST
def add_point(request: PortalRequest, public_id: str) -> HttpResponse:
    """Add a number or address; a refused form returns with what was typed."""
    patient = _patient(request, public_id)
    form, now = PointForm(request.POST, patient=patient), timezone.now()
    if not form.is_valid():
        return _page(request, patient, form=form)
    try:
        points.add_point(patient=patient, by=request.membership, now=now, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _page(request, patient, form=form)
    return redirect("contact:page", patient.public_id)


def _page_of_point(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _point(request, public_id).patient, error=refusal.message)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals(_page_of_point)
def change_point(request: PortalRequest, public_id: str) -> HttpResponse:
    """End a point, mark it as a wrong number, or lift a suspension."""
    point, now, by = _point(request, public_id), timezone.now(), request.membership
    action = request.POST.get("action", "")
    if action == "end":
        points.end_point(point, by=by, now=now)
    elif action == "wrong_number":
        points.suspend_point(point, because="wrong_number", by=by, now=now)
    elif action == "resume":
        points.resume_point(point, by=by, now=now)
    else:
        raise Refused("Choose what to do with the number or address.")
    return redirect("contact:page", point.patient.public_id)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals(_page_of_point)
def record_consent(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record what the person said about a channel."""
    point, form, now = _point(request, public_id), ChannelConsentForm(request.POST), timezone.now()
    if not form.is_valid():
        raise Refused("Choose the channel, and whether the person agreed or asked to stop.")
    ledger.record_act(point, by=request.membership, now=now, **form.cleaned_data)
    return redirect("contact:page", point.patient.public_id)


@allow(Permission.ENROLL)
@sensitive_post_parameters("password", "code")
@require_POST
def allow_caregiver(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record a caregiver after password and second factor; their code is shown once."""
    patient, form, now = _patient(request, public_id), CaregiverForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, patient, caregiver_form=form)
    try:
        sign_with_both(request, act="allow_caregiver", now=now)
        _, code = points.allow_caregiver(patient=patient, by=request.membership, now=now, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return _page(request, patient, caregiver_form=form)
    return _page(request, patient, code=code)


def _caregiver(request: PortalRequest, public_id: str) -> Caregiver:
    rows = Caregiver.objects.for_practice(request.practice).select_related("patient")
    return get_object_or_404(rows, public_id=public_id)


def _page_of_caregiver(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _caregiver(request, public_id).patient, error=refusal.message)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals(_page_of_caregiver)
def end_caregiver(request: PortalRequest, public_id: str) -> HttpResponse:
    """Make today the last day on which a caregiver hears about the patient."""
    row, now = _caregiver(request, public_id), timezone.now()
    points.end_caregiver(row, until=local_day(now, row.patient.zone), by=request.membership, now=now)
    return redirect("contact:page", row.patient.public_id)


def _requests_page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    rows = list(ledger.open_requests(request.practice)[:200])
    context = {"rows": rows, "today": local_day(now, request.practice.zone), "error": error}
    record_access(request, "list_stop_requests", now=now, count=len(rows))
    return render(request, "contact/stop_requests.html", context, status=422 if error else 200)


@allow(Permission.READ_TEXT)
@require_GET
def stop_requests(request: PortalRequest) -> HttpResponse:
    """Messages that may ask to stop, by the last day to honor them."""
    return _requests_page(request)


def _refused_requests(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _requests_page(request, error=refusal.message)


@allow(Permission.ENROLL)
@require_POST
@answer_refusals(_refused_requests)
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """Decide whether a message asks to stop."""
    event = get_object_or_404(ConsentEvent.objects.for_practice(request.practice), public_id=public_id)
    answer = request.POST.get("stop", "")
    if answer not in ("yes", "no"):
        raise Refused("Choose whether the message asks to stop.")
    ledger.decide_request(event, stop=answer == "yes", by=request.membership, now=timezone.now())
    return redirect("contact:stop_requests")
