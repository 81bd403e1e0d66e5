"""Views of open money: balances by age, underpaid lines, and what patients owe."""

from decimal import Decimal

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.ledger import aged_balances as aged
from billing.ledger.underpayments import MIN_DOLLARS, MIN_PERCENT, underpayments
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day

PER_PAGE = 100
BY = {"payer": "Payer", "clinic": "Clinic", "provider": "Billing provider"}
SINCE = {aged.FROM_SERVICE: "Date of service", aged.FROM_DELIVERY: "First delivery"}


@allow(Permission.SEE_MONTHS)
@require_GET
def ageing(request: PortalRequest) -> HttpResponse:
    """Open balances by payer, clinic or provider and by age. It names no patient."""
    by, since = request.GET.get("by", ""), request.GET.get("since", "")
    by, since = by if by in BY else "payer", since if since in SINCE else aged.FROM_SERVICE
    today = local_day(timezone.now(), request.practice.zone)
    rows = aged.aged_balances(request.practice, today=today, by=by, since=since)
    context = {
        "rows": rows,
        "total": aged.total_row(rows),
        "buckets": aged.BUCKETS,
        "by": by,
        "since": since,
        "BY": BY,
        "SINCE": SINCE,
        "today": today,
    }
    return render(request, "billing/ageing.html", context)


@allow(Permission.SEE_MONTHS)
@require_GET
def underpaid(request: PortalRequest) -> HttpResponse:
    """Lines that a payer allowed too little for, with both amounts, the largest difference first."""
    rows = sorted(underpayments(request.practice), key=lambda row: (-row.difference, row.line.pk))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    record_access(request, "list_underpayments", now=timezone.now(), count=page.paginator.count)
    context = {
        "page": page,
        "total": sum((row.difference for row in rows), Decimal()),
        "min_dollars": MIN_DOLLARS,
        "min_percent": MIN_PERCENT,
    }
    return render(request, "billing/underpayments.html", context)


@allow(Permission.SEE_MONTHS)
@require_GET
def patient_shares(request: PortalRequest) -> HttpResponse:
    """What each patient owes by the payers' answers, and who is not billed for it."""
    page = Paginator(aged.patient_shares(request.practice), PER_PAGE).get_page(request.GET.get("page"))
    record_access(request, "list_patient_shares", now=timezone.now(), count=page.paginator.count)
    context = {"page": page, "rows": aged.shares_of(request.practice, page.object_list)}
    return render(request, "billing/patient_shares.html", context)
