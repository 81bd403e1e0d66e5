"""Views: list of patients, live search, merge, and documents of enrollment."""

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment import queries
from enrollment.diagnosis_codes import find_codes
from enrollment.documents import order_pdf, order_rows, order_title
from enrollment.models import ConsentPaper, Order, Patient
from enrollment.services import merge_patients
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.tables import attachment

MAX_MATCHES = 100
MAX_SUGGESTIONS = 8


def _typed(request: PortalRequest, name: str = "q") -> str:
    return request.POST.get(name, "").replace("\x00", "")[:80]


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET", "POST"])
def patients(request: PortalRequest) -> HttpResponse:
    """Patients by name. The search is a POST, because a name in a URL would stay in logs and history."""
    words = _typed(request)
    matches = queries.patients(request.practice, words=words)
    page = Paginator(matches, MAX_MATCHES if words else 50).get_page(None if words else request.GET.get("page"))
    now = timezone.now()
    # A list is one event with its count. The words may be a name, so they are not recorded.
    record_access(request, "list_patients", now=now, count=page.paginator.count, searched=bool(words))
    today = local_day(now, request.practice.zone)
    rows = [{"patient": patient, "age": patient.age_on(today)} for patient in page]
    return render(request, "enrollment/patients.html", {"page": page, "rows": rows, "words": words})


@allow(Permission.SEE_PATIENTS)
@require_POST
def find_patients(request: PortalRequest) -> HttpResponse:
    """The first patients that match the words, as links."""
    words = _typed(request)
    matches = list(queries.patients(request.practice, words=words)[:MAX_SUGGESTIONS]) if words.strip() else []
    if words.strip():
        record_access(request, "find_patients", now=timezone.now(), count=len(matches))
    return render(request, "enrollment/_found.html", {"matches": matches, "words": words})


@allow(Permission.ENROLL)
@require_POST
def find_diagnoses(request: PortalRequest) -> HttpResponse:
    """Codes for the diagnosis field, as options of a datalist."""
    today = local_day(timezone.now(), request.practice.zone)
    codes = find_codes(_typed(request, "diagnosis"), on=today, practice=request.practice)
    return render(request, "enrollment/_codes.html", {"codes": codes})


@allow(Permission.ENROLL)
@require_POST
def find_devices(request: PortalRequest) -> HttpResponse:
    """Devices in stock whose number begins with the text, as options of a datalist."""
    devices = queries.devices_in_stock(request.practice, typed=_typed(request, "serial"))[:MAX_SUGGESTIONS]
    return render(request, "enrollment/_stock.html", {"devices": devices})


def _find_order(request: PortalRequest, public_id: str) -> Order:
    rows = Order.objects.for_practice(request.practice).select_related(
        "practice", "enrollment__patient", "ordered_by__user", "signed_by", "supersedes"
    )
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_PATIENTS)
@require_GET
def order(request: PortalRequest, public_id: str) -> HttpResponse:
    """The signed order as a page."""
    row = _find_order(request, public_id)
    record_access(request, "read_order", now=timezone.now(), subject=f"order:{row.public_id}")
    context = {"order": row, "title": order_title(row), "rows": order_rows(row)}
    return render(request, "enrollment/order.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def order_as_pdf(request: PortalRequest, public_id: str) -> HttpResponse:
    """The signed order as a PDF."""
    row = _find_order(request, public_id)
    record_access(request, "export_order", now=timezone.now(), subject=f"order:{row.public_id}")
    return attachment(order_pdf(row), f"order-{row.number}.pdf", "application/pdf")


@allow(Permission.SEE_PATIENTS)
@require_GET
def paper(request: PortalRequest, public_id: str) -> HttpResponse:
    """Download the signed paper of a consent, unchanged. It is never shown inside the portal."""
    row = get_object_or_404(ConsentPaper.objects.for_practice(request.practice), public_id=public_id)
    record_access(request, "read_paper", now=timezone.now(), subject=f"paper:{row.public_id}")
    return attachment(bytes(row.body), f"consent.{row.kind.rpartition('/')[2]}", row.kind)


@allow(Permission.BRING_IN)
@require_http_methods(["GET", "POST"])
def merge(request: PortalRequest, public_id: str) -> HttpResponse:
    """Merge a duplicate, named by its record number, into this record, with a reason."""
    rows = Patient.objects.for_practice(request.practice)
    keep, error, now = get_object_or_404(rows, public_id=public_id), "", timezone.now()
    number = request.POST.get("record_number", "").strip()[:30]
    if request.method == "POST":
        other = rows.filter(mrn=number).first()
        try:
            if other is None:
                raise ValidationError("There is no patient with this MRN.")
            merge_patients(keep=keep, other=other, reason=request.POST.get("reason", ""), by=request.user, now=now)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            return redirect("chart", keep.public_id)
    context = {"patient": keep, "error": error, "number": number, "reason": request.POST.get("reason", "")}
    context["age"] = keep.age_on(local_day(now, request.practice.zone))
    return render(request, "enrollment/merge.html", context, status=422 if error else 200)
