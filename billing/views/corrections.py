"""Views of the correction of a claim: what differs from what was sent, and the reopening that a payer is asked for."""

from typing import TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.claims import corrections
from billing.claims.content_differences import differences
from billing.claims.corrections import CorrectionPage, correction_page
from billing.evidence.payer_letters import reopening_letter
from billing.models import Claim, ClaimCorrection, CorrectionOutcome
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

_TYPED = ("reason", "good_cause", "how", "reference", "note")
ENDS = [(one.value, one.label) for one in CorrectionOutcome if one != CorrectionOutcome.SENT]


class CorrectContext(TypedDict):
    """A claim, what would differ, how it can be corrected, and its earlier corrections."""

    claim: Claim
    month: Month
    page: CorrectionPage | None
    earlier: QuerySet[ClaimCorrection]
    ENDS: list[tuple[str, str]]
    typed: dict[str, str]
    error: str


def _claim(request: PortalRequest, public_id: str) -> Claim:
    rows: QuerySet[Claim] = Claim.objects.for_practice(request.practice)
    return get_object_or_404(rows.select_related("patient", "payer", "close", "practice"), public_id=public_id)


def _page(request: PortalRequest, claim: Claim, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    try:
        page = correction_page(claim, on=local_day(now, request.practice.zone))
    except Refused as refusal:
        page, error = None, error or refusal.message
    context: CorrectContext = {
        "claim": claim,
        "month": Month.of(claim.close.month),
        "page": page,
        "earlier": claim.corrections.filter(ended_at__isnull=False).select_related("opened_by", "ended_by", "answer"),
        "ENDS": ENDS,
        "typed": {
            name: request.POST.get(name, "")[:300] for name in ("reason", "good_cause", "how", "reference", "note")
        },
        "error": error,
    }
    record_access(request, "read_correction", now=now, subject=f"claim:{claim.public_id}")
    return render(request, "billing/correct.html", context, status=422 if error else 200)


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
def correct(request: PortalRequest, public_id: str) -> HttpResponse:
    """What would differ from the claim as it was sent, and the form that opens a correction."""
    claim = _claim(request, public_id)
    if request.method != "POST":
        return _page(request, claim)
    reason, cause = request.POST.get("reason", ""), request.POST.get("good_cause", "")
    try:
        corrections.open_correction(
            claim=claim, reason=reason, good_cause=cause, by=request.membership, now=timezone.now()
        )
    except Refused as refusal:
        return _page(request, claim, error=refusal.message)
    return redirect("billing:correct", public_id)


def _correction(request: PortalRequest, public_id: str) -> ClaimCorrection:
    rows: QuerySet[ClaimCorrection] = ClaimCorrection.objects.for_practice(request.practice)
    rows = rows.select_related(
        "claim__patient", "claim__payer", "claim__practice", "claim__close", "version", "practice"
    )
    return get_object_or_404(rows, public_id=public_id)


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _correction(request, public_id).claim, error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def ask_reopening(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record that the payer was asked for a reopening."""
    row = _correction(request, public_id)
    corrections.ask_reopening(
        correction=row,
        on=parse_day(request.POST.get("on", "")),
        how=request.POST.get("how", ""),
        reference=request.POST.get("reference", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:correct", row.claim.public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def end_correction(request: PortalRequest, public_id: str) -> HttpResponse:
    """End a correction: withdrawn, refused by the payer, or corrected by it."""
    row = _correction(request, public_id)
    corrections.end_correction(
        correction=row,
        outcome=request.POST.get("outcome", ""),
        note=request.POST.get("note", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:correct", row.claim.public_id)


@allow(Permission.SEND_CLAIMS)
@require_GET
@answer_refusals()
def letter(request: PortalRequest, public_id: str) -> HttpResponse:
    """The letter that asks for a reopening, as PDF."""
    row, now = _correction(request, public_id), timezone.now()
    if row.way != "reopening":
        raise Refused("This correction is sent with a claim. Only a reopening is asked for by letter.")
    changes = differences(row.version.as_sent(), row.as_asked())
    record_access(request, "read_letter", now=now, subject=f"correction:{row.public_id}")
    body = reopening_letter(row, changes, on=row.asked_on or local_day(now, request.practice.zone))
    return attachment(body, f"reopening-{row.version.control}.pdf", "application/pdf")
