"""Views to attest, prepare, set and remove the seal, and to verify and adjust. Each signature needs the password."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.close.changes import changed_since, computed_before_the_end
from billing.evidence import month_summary
from billing.models import CloseState
from billing.seal import adjustments, services
from billing.seal import verify as verifying
from billing.seal.signed_month import name_few
from billing.views.month_page import month_page, month_refused
from billing.views.months import close_or_404
from enrollment.models import Patient
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import answer_refusals
from rpm_portal.core.tables import attachment

MAX_ENROLLMENTS_SHOWN = 50  # of the enrollments that differ


@answer_refusals(month_refused)
def _run_action(
    request: PortalRequest, month: str, act: Callable[..., object], *, sign: str = "", **arguments: object
) -> HttpResponse:
    """Run an action and show the month; a refusal is shown on its page."""
    close, now = close_or_404(request, month), database_now()
    if sign:
        sign_with_both(request, act=sign, now=now)
    act(close=close, by=request.membership, now=now, **arguments)
    return redirect("billing:month", month)


@allow(Permission.ATTEST)
@require_POST
def attest(request: PortalRequest, month: str) -> HttpResponse:
    """Attest to the lines billed under the user's own name that need it."""
    return _run_action(request, month, services.attest, sign="attest_lines")


@allow(Permission.CLOSE_MONTH)
@require_POST
def prepare_seal(request: PortalRequest, month: str) -> HttpResponse:
    """Declare the month ready for the second person."""
    return _run_action(request, month, services.prepare_seal)


@allow(Permission.CLOSE_MONTH)
@require_POST
def take_back(request: PortalRequest, month: str) -> HttpResponse:
    """Return the month to review."""
    return _run_action(request, month, services.take_back)


@allow(Permission.APPROVE_SEAL)
@require_POST
def seal_month(request: PortalRequest, month: str) -> HttpResponse:
    """Lock month with the password."""
    return _run_action(request, month, services.seal_month, sign="seal_month", alone=request.POST.get("alone", ""))


@allow(Permission.SEE_MONTHS)
@require_GET
def changes(request: PortalRequest, month: str) -> HttpResponse:
    """The changes since the month was computed, by patient; the month's page loads them after it is shown."""
    close, now = close_or_404(request, month), timezone.now()
    context: dict[str, Any] = {"month": Month.of(close.month), "changed": [], "before_the_end": False}
    if close.state in {CloseState.IN_REVIEW, CloseState.PREPARED}:
        context["before_the_end"] = computed_before_the_end(close, now=now)
        context["changed"] = [] if context["before_the_end"] else changed_since(close, now=now)
    record_access(request, "read_changes", now=now, subject=f"month:{close}", count=len(context["changed"]))
    context["shown"] = context["changed"][:MAX_ENROLLMENTS_SHOWN]
    return render(request, "billing/_changes.html", context)


@allow(Permission.SEE_MONTHS)
@require_POST
def verify(request: PortalRequest, month: str) -> HttpResponse:
    """Decide the month again and show whether it is the same."""
    close = close_or_404(request, month)
    result = verifying.verify(close)
    notice = f"{result.sentence} {name_few(result.altered)}".strip()
    record_access(request, "verify_month", now=timezone.now(), subject=f"month:{close}", identical=result.identical)
    patients = Patient.objects.for_practice(request.practice).in_bulk(
        {difference.patient_id for difference in result.differences}
    )
    differing = [
        (patients[difference.patient_id], difference) for difference in result.differences[:MAX_ENROLLMENTS_SHOWN]
    ]
    return month_page(request, Month.of(close.month), notice=notice, differing=differing)


@allow(Permission.SEE_MONTHS)
@require_GET
def seal_summary(request: PortalRequest, month: str) -> HttpResponse:
    """The summary of the sealed month as PDF; no patient is named."""
    close = close_or_404(request, month)
    if close.sealed_at is None:
        raise Http404
    record_access(request, "read_seal", now=timezone.now(), subject=f"month:{close}")
    return attachment(month_summary.write(close), f"seal-{close}.pdf", "application/pdf")


@allow(Permission.APPROVE_SEAL)
@require_POST
def adjust(request: PortalRequest, month: str, public_id: str) -> HttpResponse:
    """Adjust a patient's lines of a sealed month to the late facts, with the password and a reason."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    return _run_action(
        request,
        month,
        adjustments.adjust,
        sign="adjust_month",
        patient=patient,
        reason=request.POST.get("reason", ""),
    )


@allow(Permission.APPROVE_SEAL)
@require_POST
def reopen_month(request: PortalRequest, month: str) -> HttpResponse:
    """Remove the seal before anything was sent, with the password and a reason."""
    return _run_action(
        request, month, services.reopen_month, sign="reopen_month", reason=request.POST.get("reason", "")
    )
