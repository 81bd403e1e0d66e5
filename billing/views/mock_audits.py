"""Views of mock audits, drawn at random, concluded claim by claim."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.evidence import mock_audits as checking
from billing.evidence.gather import previews_of
from billing.models import AuditConclusion, CheckedClaim, MockAudit
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused

MAX_PREVIEWS = 25  # claims without a conclusion whose packets are built for one page


@allow(Permission.SEE_MONTHS)
@require_GET
def mock_audits(request: PortalRequest) -> HttpResponse:
    """The audits so far, and the form that draws another."""
    return _list(request)


def _list(request: PortalRequest, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    month = Month.current(now, request.practice.zone)
    rows = MockAudit.objects.for_practice(request.practice).select_related("drawn_by")
    context = {
        "audits": rows[:50],
        "error": error,
        "most": checking.MAX_CLAIMS,
        "typed": {name: request.POST.get(name, "")[:20] for name in ("first", "last", "size")},
        # The quarter before this month.
        "first": month.plus(-3),
        "last": month.plus(-1),
    }
    return render(request, "billing/mock_audits.html", context, status=422 if error else 200)


@allow(Permission.REVIEW_LINES)
@require_POST
def draw_mock(request: PortalRequest) -> HttpResponse:
    """Draw claims at random."""
    try:
        first, last = (Month.parse(request.POST.get(name, "")) for name in ("first", "last"))
        size = request.POST.get("size", "")
        if not (size.isascii() and size.isdecimal() and len(size) < 5):
            raise Refused(f"Draw between 1 and {checking.MAX_CLAIMS} claims.")
        audit = checking.draw(
            practice=request.practice, first=first, last=last, size=int(size), by=request.membership, now=timezone.now()
        )
    except ValueError:
        return _list(request, error="Write months as 2026-07.")
    except Refused as refusal:
        return _list(request, error=str(refusal))
    return redirect("billing:mock_audit", audit.public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def mock_audit(request: PortalRequest, public_id: str) -> HttpResponse:
    """A sample, each claim with what its record lacks."""
    rows = MockAudit.objects.for_practice(request.practice).select_related("drawn_by", "closed_by", "practice")
    return _show(request, get_object_or_404(rows, public_id=public_id))


def _show(request: PortalRequest, audit: MockAudit, *, error: str = "", at: int | None = None) -> HttpResponse:
    items = checking.items_of(audit)
    waiting = [item.claim for item in items if item.conclusion is None][:MAX_PREVIEWS]
    lacking = {claim.pk: packet.missing_documents for claim, packet in previews_of(waiting)}
    shown: list[dict[str, object]] = [
        {
            "item": item,
            "missing_documents": lacking.get(item.claim_id),
            "error": error if item.pk == at else "",
            "typed": request.POST if item.pk == at else {},
        }
        for item in items
    ]
    context = {
        "audit": audit,
        "shown": shown,
        "outcome": checking.outcome_of(request.practice, items),
        "conclusions": AuditConclusion.choices,
        "error": "" if at else error,
    }
    now = timezone.now()
    record_access(request, "read_mock_audit", now=now, subject=f"mock_audit:{audit.public_id}", count=len(items))
    return render(request, "billing/mock_audit.html", context, status=422 if error else 200)


@allow(Permission.REVIEW_LINES)
@require_POST
def conclude_claim(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record the conclusion on one claim of a sample."""
    rows = CheckedClaim.objects.for_practice(request.practice).select_related("audit__practice")
    item = get_object_or_404(rows, public_id=public_id)
    fields = {name: request.POST.get(name, "") for name in ("conclusion", "note")}
    try:
        checking.conclude(item=item, by=request.membership, now=timezone.now(), **fields)
    except Refused as refusal:
        return _show(request, item.audit, error=str(refusal), at=item.pk)
    response: HttpResponse = redirect("billing:mock_audit", item.audit.public_id)
    response["Location"] += f"#claim-{min(item.number + 1, item.audit.claims.count())}"
    return response


@allow(Permission.REVIEW_LINES)
@require_POST
def close_mock(request: PortalRequest, public_id: str) -> HttpResponse:
    """Close an audit whose claims are all concluded."""
    rows = MockAudit.objects.for_practice(request.practice).select_related("drawn_by", "practice")
    audit = get_object_or_404(rows, public_id=public_id)
    try:
        checking.finish(audit=audit, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _show(request, audit, error=str(refusal))
    return redirect("billing:mock_audit", audit.public_id)
