"""Views of the page with a patient's medications, allergies and caregivers."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enrollment.models import NO_KNOWN_ALLERGIES, ClinicalItem, ItemKind, Patient
from enrollment.services import clinical_items
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.pages.chart.clinical_lists.lists import ended_items, lists_of


class ItemForm(forms.Form):
    """One entry of a list."""

    kind = forms.ChoiceField(label="List", choices=ItemKind)
    name = forms.CharField(max_length=120, help_text="Medication, substance, or name of the caregiver.")
    detail = forms.CharField(max_length=120, required=False, label="Dose, reaction, or relationship")
    phone = forms.CharField(max_length=20, required=False, help_text="Of a caregiver.")
    since = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), label="Since")


def _patient(request: PortalRequest, public_id: str) -> Patient:
    return get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)


def _page(request: PortalRequest, patient: Patient, form: ItemForm, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    context = {
        "patient": patient,
        "age": patient.age_on(today),
        "lists": lists_of(patient.pk),
        "ended": ended_items(patient.pk),
        "form": form,
        "error": error,
        "today": today,
        "none_known": NO_KNOWN_ALLERGIES,
    }
    record_access(request, "read_clinical_lists", now=now, subject=f"patient:{patient.public_id}")
    return render(request, "enrollment/clinical_lists.html", context, status=422 if error or form.errors else 200)


@allow(Permission.READ_TEXT)
@require_GET
def clinical_lists(request: PortalRequest, public_id: str) -> HttpResponse:
    """The lists, what has ended, and the form for a new entry."""
    today = local_day(timezone.now(), request.practice.zone)
    return _page(request, _patient(request, public_id), ItemForm(initial={"since": today}))


@allow(Permission.REVIEW_READINGS)
@require_POST
def add(request: PortalRequest, public_id: str) -> HttpResponse:
    """Add an entry; a refused form returns with what was typed."""
    patient, form, now = _patient(request, public_id), ItemForm(request.POST), timezone.now()
    if not form.is_valid():
        return _page(request, patient, form)
    today = local_day(now, request.practice.zone)
    try:
        clinical_items.add_item(patient=patient, by=request.membership, now=now, today=today, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(refusal.field or None, refusal.message)
        return _page(request, patient, form)
    return redirect("clinical_lists", patient.public_id)


@allow(Permission.REVIEW_READINGS)
@require_POST
def end(request: PortalRequest, public_id: str, item: str) -> HttpResponse:
    """End an entry with a reason."""
    patient, now = _patient(request, public_id), timezone.now()
    row = get_object_or_404(ClinicalItem.objects.for_practice(request.practice), public_id=item, patient=patient)
    today = local_day(now, request.practice.zone)
    reason = request.POST.get("reason", "")
    try:
        clinical_items.end_item(item=row, reason=reason, by=request.membership, now=now, today=today)
    except Refused as refusal:
        return _page(request, patient, ItemForm(initial={"since": today}), error=refusal.message)
    return redirect("clinical_lists", patient.public_id)
