"""Views of fee schedules: files of expected amounts are uploaded, compared, and loaded."""

from django.db.models import Count, Max, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import FactorClass, FeeFile, Rate
from billing.policies import rates
from billing.policies.expected import fee_basis
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    on_file = Rate.objects.for_practice(request.practice).order_by("-year", "payer__name", "locality")
    groups = on_file.values("year", "payer__name", "locality", "facility").annotate(
        count=Count("pk"), loaded_at=Max("file__loaded_at")
    )
    context = {
        "groups": groups[:100],
        "files": FeeFile.objects.for_practice(request.practice).select_related("uploaded_by", "loaded_by")[:20],
        "basis": fee_basis(request.practice),
        "FACTORS": FactorClass.choices,
        "columns": rates.CONTRACT_COLUMNS,
        "error": error,
    }
    return render(request, "billing/fee_schedules.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def fee_schedules(request: PortalRequest) -> HttpResponse:
    """The expected amounts on file by year, payer and locality; the files; and the practice's basis."""
    return _page(request)


@allow(Permission.DRAFT_POLICIES)
@require_POST
def upload(request: PortalRequest) -> HttpResponse:
    """Check a file and show what it would change; nothing is loaded yet."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Refused("Choose a CSV file.")
        # The size is checked before the file is read.
        if (file.size or 0) > rates.MAX_FILE_BYTES:
            raise Refused("This file is larger than 2 MB. Leave out the localities and codes that you do not use.")
        row = rates.upload_rates(
            practice=request.practice, name=file.name or "", body=file.read(), by=request.membership, now=timezone.now()
        )
    except Refused as refusal:
        return _page(request, error=f"Nothing was stored. {refusal.message}")
    return redirect("billing:fee_file", row.public_id)


def _file_page(request: PortalRequest, file: FeeFile, *, error: str = "") -> HttpResponse:
    context: dict[str, object] = {"file": file, "error": error, "most": rates.MAX_SHOWN}
    try:
        rows = rates.rates_of_practice(request.practice, file.text)
        context["preview"] = rates.preview_rates(request.practice, rows)
    except Refused as refusal:
        # A payer of the file was renamed since.
        context["error"] = error or refusal.message
    return render(request, "billing/fee_file.html", context, status=422 if error else 200)


def _file_or_404(request: PortalRequest, public_id: str) -> FeeFile:
    rows: QuerySet[FeeFile] = FeeFile.objects.for_practice(request.practice)
    rows = rows.select_related("uploaded_by", "loaded_by")
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def fee_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """An uploaded file: who uploaded and loaded it, and what loading it changes."""
    return _file_page(request, _file_or_404(request, public_id))


@allow(Permission.DRAFT_POLICIES)
@require_POST
def load(request: PortalRequest, public_id: str) -> HttpResponse:
    """Load a compared file."""
    file = _file_or_404(request, public_id)
    try:
        rates.load_file(file=file, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _file_page(request, file, error=refusal.message)
    return redirect("billing:fee_schedules")


@allow(Permission.DRAFT_POLICIES)
@require_POST
def set_basis(request: PortalRequest) -> HttpResponse:
    """Set which rows of a schedule apply to the practice."""
    typed = request.POST
    try:
        rates.set_basis(
            locality=typed.get("locality", ""),
            facility=typed.get("facility") == "yes",
            factor_class=typed.get("factor_class", ""),
            by=request.membership,
            now=timezone.now(),
        )
    except Refused as refusal:
        return _page(request, error=refusal.message)
    return redirect("billing:fee_schedules")
