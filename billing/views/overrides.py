"""Views to request a code against the engine's decision, and to decide on another person's request."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from billing.models import CodeVerdict, LineOverride
from billing.review import overrides
from billing.views.month_page import month_page
from billing.views.months import close_or_404
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused


@allow(Permission.OVERRIDE_LINES)
@require_http_methods(["GET", "POST"])
def ask(request: PortalRequest, month: str, public_id: str, code: str) -> HttpResponse:
    """Why a code is not earned, and the form that asks a second person to bill it anyway."""
    close, now = close_or_404(request, month), timezone.now()
    try:
        verdict = overrides.verdict_to_override(close, public_id, code)
    except CodeVerdict.DoesNotExist:
        raise Http404 from None
    error = ""
    if request.method == "POST":
        units = request.POST.get("units", "")
        try:
            overrides.ask(
                close=close,
                verdict=verdict,
                units=int(units) if units.isdecimal() and len(units) < 3 else 0,
                dos=parse_day(request.POST.get("dos", "")),
                reason=request.POST.get("reason", ""),
                by=request.membership,
                now=now,
            )
            return redirect("billing:month", month)
        except Refused as refusal:
            error = str(refusal)
    patient = verdict.enrollment.patient
    record_access(request, "read_verdict", now=now, subject=f"patient:{patient.public_id}", code=code)
    context = {
        "verdict": verdict,
        "patient": patient,
        "month": Month.of(close.month),
        "error": error,
        "typed": {name: request.POST.get(name, "")[:300] for name in ("units", "dos", "reason")},
        "LEAST": overrides.MIN_REASON_LENGTH,
    }
    return render(request, "billing/override.html", context, status=422 if error else 200)


@allow(Permission.OVERRIDE_LINES)
@require_POST
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's request with password and second factor, or refuse it."""
    rows = LineOverride.objects.for_practice(request.practice).select_related("close__practice")
    override, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    month, approve = Month.of(override.close.month), request.POST.get("act") == "approve"
    try:
        if approve:
            sign_with_both(request, act="approve_override", now=now)
        overrides.decide(
            override=override, approve=approve, why=request.POST.get("why", ""), by=request.membership, now=now
        )
    except Refused as refusal:
        return month_page(request, month, error=refusal.message, status=422)
    return redirect("billing:month", month)
