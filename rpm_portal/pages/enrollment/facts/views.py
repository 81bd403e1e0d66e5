"""Views of billing facts: the page of an enrollment, recording, withdrawing, the end of a stay, a visit's document."""

from datetime import date
from typing import TypedDict

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enrollment import services
from enrollment.models import BILLING_FACTS, CareStatus, Enrollment, Patient, VisitDocument
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import attachment
from rpm_portal.pages.enrollment.facts.forms import FACT_FORMS, EndForm, FactForm, WithdrawForm
from rpm_portal.pages.enrollment.facts.sections import FactSection, sections_of
from rpm_portal.pages.enrollment.facts.take_over_letter import take_over_letter


class FactsContext(TypedDict):
    """Context of the page: the sections, the one whose form is open, and what was refused outside of a form."""

    enrollment: Enrollment
    patient: Patient
    age: int
    sections: list[FactSection]
    open_section: str
    errors: list[str]


def _find(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice)
    rows = rows.select_related("patient", "practice", "billing_provider__user", "clinic")
    found: Enrollment = get_object_or_404(rows, public_id=public_id)
    return found


def _form(request: PortalRequest, kind: str, row: Enrollment, *, today: date, bound: bool = False) -> FactForm:
    sent = (request.POST, request.FILES) if bound else ()
    return FACT_FORMS[kind](*sent, enrollment=row, today=today, auto_id=f"{kind}-%s")


def _page(
    request: PortalRequest,
    row: Enrollment,
    *,
    kind: str = "",
    form: FactForm | None = None,
    errors: list[str] | None = None,
) -> HttpResponse:
    """Render the page; `form` is the bound form of a refused fact."""
    today = local_day(timezone.now(), request.practice.zone)
    forms = {key: _form(request, key, row, today=today) for key in FACT_FORMS}
    if form is not None:
        forms[kind] = form
    context: FactsContext = {
        "enrollment": row,
        "patient": row.patient,
        "age": row.patient.age_on(today),
        "sections": sections_of(row, forms),
        "open_section": kind,
        "errors": errors or [],
    }
    return render(request, "enrollment/facts.html", context, status=422 if form is not None or errors else 200)


@allow(Permission.SEE_PATIENTS)
@require_GET
def facts(request: PortalRequest, public_id: str) -> HttpResponse:
    """The billing facts of an enrollment's patient."""
    row = _find(request, public_id)
    record_access(request, "read_billing_facts", now=timezone.now(), subject=f"enrollment:{row.public_id}")
    return _page(request, row)


@allow(Permission.RECORD_FACTS)
@require_POST
def record_fact(request: PortalRequest, public_id: str, kind: str) -> HttpResponse:
    """Record a fact. If it is refused, show the page with the typed values and what to correct."""
    row, now = _find(request, public_id), timezone.now()
    if kind not in FACT_FORMS:
        raise Http404
    form = _form(request, kind, row, today=local_day(now, request.practice.zone), bound=True)
    if not form.is_valid():
        return _page(request, row, kind=kind, form=form)
    try:
        services.record_fact(
            BILLING_FACTS[kind],
            patient=row.patient,
            source=form.cleaned_data["source"],
            document=form.uploaded(),
            by=request.user,
            now=now,
            **form.values(),
        )
    except ValidationError as error:
        form.add_refusal(error)
        return _page(request, row, kind=kind, form=form)
    return _back(row, kind)


@allow(Permission.RECORD_FACTS)
@require_POST
def withdraw_fact(request: PortalRequest, public_id: str, kind: str, fact_id: str) -> HttpResponse:
    """Withdraw a fact of this enrollment's patient, with a reason."""
    row, now = _find(request, public_id), timezone.now()
    if kind not in BILLING_FACTS:
        raise Http404
    rows = BILLING_FACTS[kind]._default_manager.filter(practice=request.practice, patient=row.patient_id)
    fact, form = get_object_or_404(rows, public_id=fact_id), WithdrawForm(request.POST)
    if not form.is_valid():
        return _page(request, row, errors=["Enter why the entry is withdrawn, for example: wrong number."])
    try:
        services.withdraw_fact(fact, reason=form.cleaned_data["reason"], by=request.user, now=now)
    except ValidationError as error:
        return _page(request, row, errors=error.messages)
    return _back(row, kind)


@allow(Permission.RECORD_FACTS)
@require_POST
def end_status(request: PortalRequest, public_id: str, fact_id: str) -> HttpResponse:
    """Record the last day of a stay or status."""
    row, now = _find(request, public_id), timezone.now()
    rows = CareStatus.objects.filter(practice=request.practice, patient=row.patient_id).select_related("patient")
    fact, form = get_object_or_404(rows, public_id=fact_id), EndForm(request.POST)
    if not form.is_valid():
        return _page(request, row, errors=["Enter the last day and how it is known."])
    try:
        services.end_status(fact, by=request.user, now=now, **form.cleaned_data)
    except ValidationError as error:
        return _page(request, row, errors=error.messages)
    return _back(row, "status")


@allow(Permission.ENROLL)
@require_GET
def take_over(request: PortalRequest, public_id: str) -> HttpResponse:
    """The letter to the practice that monitored the patient before, to print."""
    row, now = _find(request, public_id), timezone.now()
    today = local_day(now, request.practice.zone)
    try:
        letter = take_over_letter(row, on=today)
    except Refused as refusal:
        return _page(request, row, errors=[str(refusal)])
    record_access(request, "export_take_over_letter", now=now, subject=f"enrollment:{row.public_id}")
    context = {"enrollment": row, "patient": row.patient, "letter": letter, "today": today}
    return render(request, "enrollment/take_over.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def visit_document(request: PortalRequest, public_id: str) -> HttpResponse:
    """Download the document of a visit, unchanged. It is never shown inside the portal."""
    rows = VisitDocument.objects.for_practice(request.practice)
    row = get_object_or_404(rows, visit__public_id=public_id)
    record_access(request, "read_visit_document", now=timezone.now(), subject=f"visit:{public_id}")
    return attachment(bytes(row.body), f"visit.{row.kind.rpartition('/')[2]}", row.kind)


def _back(row: Enrollment, kind: str) -> HttpResponse:
    return redirect(reverse("enroll:facts", args=[row.public_id]) + f"#section-{kind}")
