"""Views of the patients of a month who were not asked about other practices' claims, with a one-step answer."""

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import MonthClose
from billing.review import not_asked
from billing.views.months import close_or_404
from enrollment.models import Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused

PER_PAGE = 50


def _page(request: PortalRequest, close: MonthClose, *, error: str = "", wrong: str = "") -> HttpResponse:
    """The list; `error` is shown with the row of the enrollment `wrong`."""
    now = timezone.now()
    today, last = local_day(now, request.practice.zone), not_asked.last_day_to_ask(close)
    page: Page[Enrollment] = Paginator(not_asked.not_asked(close), PER_PAGE).get_page(request.GET.get("page"))
    record_access(request, "list_not_asked", now=now, subject=f"month:{close}", count=page.paginator.count)
    context = {
        "close": close,
        "month": Month.of(close.month),
        "page": page,
        "asked_on": request.POST.get("asked_on", "")[:10] or min(today, last).isoformat(),
        "last_day": last,
        "error": error,
        "wrong": wrong,
    }
    return render(request, "billing/not_asked.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def patients_not_asked(request: PortalRequest, month: str) -> HttpResponse:
    """The patients with lines who were not asked whether another practice bills."""
    return _page(request, close_or_404(request, month))


@allow(Permission.RECORD_FACTS)
@require_POST
def answer(request: PortalRequest, month: str, public_id: str) -> HttpResponse:
    """Record the patient's answer; if another practice bills, its claims are entered next."""
    close = close_or_404(request, month)
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient")
    row: Enrollment = get_object_or_404(rows, public_id=public_id)
    asked_on, chosen = parse_day(request.POST.get("asked_on", "")), request.POST.get("answer", "")
    try:
        not_asked.record_answer(
            close=close, enrollment=row, asked_on=asked_on, answer=chosen, by=request.membership, now=timezone.now()
        )
    except Refused as refusal:
        return _page(request, close, error=refusal.message, wrong=public_id)
    if chosen == "some":
        return redirect(reverse("enroll:facts", args=[row.public_id]) + "#section-claim")
    return redirect("billing:not_asked", month)
