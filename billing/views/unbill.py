"""Views to ask that a line of a locked month is un-billed, and to decide on another person's request."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from billing.claims.refunds import paid_for
from billing.models import ClaimLine, UnbillReason, UnbillRequest
from billing.seal import unbill as unbilling
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.clock import database_now
from rpm_portal.core.refusals import Refused, answer_refusals


def _line(request: PortalRequest, public_id: str) -> ClaimLine:
    rows: QuerySet[ClaimLine] = ClaimLine.objects.for_practice(request.practice)
    joined = ("claim__patient", "claim__payer", "close__practice", "enrollment")
    return get_object_or_404(rows.select_related(*joined), public_id=public_id)


def _page(request: PortalRequest, line: ClaimLine, *, error: str = "") -> HttpResponse:
    paid, share = paid_for(line.claim, line)
    context = {
        "line": line,
        "claim": line.claim,
        "requests": line.unbill_requests.select_related("asked_by", "decided_by"),
        "paid": paid,
        "share": share,
        "REASONS": UnbillReason.choices,
        "LEAST": unbilling.MIN_REASON,
        "typed": {name: request.POST.get(name, "")[:300] for name in ("kind", "reason", "why")},
        "error": error,
    }
    record_access(request, "read_line", now=timezone.now(), subject=f"line:{line.public_id}")
    return render(request, "billing/unbill.html", context, status=422 if error else 200)


@allow(Permission.OVERRIDE_LINES)
@require_http_methods(["GET", "POST"])
def unbill(request: PortalRequest, public_id: str) -> HttpResponse:
    """What was paid for a line, and the form that asks, with the password, to take it off its claim."""
    line, now = _line(request, public_id), database_now()
    if request.method != "POST":
        return _page(request, line)
    kind, reason = request.POST.get("kind", ""), request.POST.get("reason", "")
    try:
        sign_with_both(request, act="request_unbill", now=now)
        unbilling.ask_unbill(line=line, kind=kind, reason=reason, by=request.membership, now=now)
    except Refused as refusal:
        return _page(request, line, error=refusal.message)
    return redirect("billing:unbill", public_id)


def _request(request: PortalRequest, public_id: str) -> UnbillRequest:
    rows: QuerySet[UnbillRequest] = UnbillRequest.objects.for_practice(request.practice)
    return get_object_or_404(rows.select_related("line__close__practice"), public_id=public_id)


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    line = _line(request, _request(request, public_id).line.public_id)
    return _page(request, line, error=refusal.message)


@allow(Permission.OVERRIDE_LINES)
@require_POST
@answer_refusals(_refusal_page)
def decide_unbill(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's request with password and second factor, or refuse it."""
    row, now = _request(request, public_id), database_now()
    approve = request.POST.get("act") == "approve"
    if approve:
        sign_with_both(request, act="approve_unbill", now=now)
    unbilling.decide_unbill(
        request=row, approve=approve, why=request.POST.get("why", ""), by=request.membership, now=now
    )
    return redirect("billing:unbill", row.line.public_id)
