"""Views of payers' checks: what each paid for, and the deposits that are expected and received."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.answers.code_words import word
from billing.ledger import deposits as deposit_rows
from billing.ledger.check_page import adjustments_of, claims_of, owed_to_payers
from billing.models import Deposit, PayerCheck
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals

PER_PAGE = 50


def _checks(request: PortalRequest) -> QuerySet[PayerCheck]:
    rows: QuerySet[PayerCheck] = PayerCheck.objects.for_practice(request.practice)
    return rows


@allow(Permission.SEE_MONTHS)
@require_GET
def remittances(request: PortalRequest) -> HttpResponse:
    """The checks of all payers, newest first, and what is owed to payers."""
    rows = deposit_rows.with_deposits(_checks(request)).order_by("-paid_on", "-pk")
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "owed": owed_to_payers(request.practice),
    }
    return render(request, "billing/remittances.html", context)


@allow(Permission.SEE_MONTHS)
@require_GET
def check(request: PortalRequest, public_id: str) -> HttpResponse:
    """One check: claims of ours, claims that were not sent from this portal, other amounts, and their sum."""
    rows: QuerySet[PayerCheck] = PayerCheck.objects.for_practice(request.practice)
    row = get_object_or_404(deposit_rows.with_deposits(rows), public_id=public_id)
    context = {
        "check": row,
        "claims": claims_of(row),
        "foreign": row.transaction.foreign_claims.all(),
        "adjustments": [(one, word("plb", one.code)) for one in adjustments_of(row)],
        "deposits": row.deposits.select_related("entered_by"),
    }
    record_access(request, "read_check", now=timezone.now(), subject=f"check:{row.public_id}")
    return render(request, "billing/check.html", context)


def _deposits_page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    rows: QuerySet[Deposit] = Deposit.objects.for_practice(request.practice)
    waiting = deposit_rows.not_deposited(_checks(request))
    context = {
        "unmatched": deposit_rows.with_suggestions(rows.filter(check_row__isnull=True), waiting),
        "waiting": waiting,
        "differing": deposit_rows.differing(_checks(request)),
        "recent": rows.filter(check_row__isnull=False).select_related("check_row")[:PER_PAGE],
        "typed": request.POST,
        "error": error,
    }
    return render(request, "billing/deposits.html", context, status=422 if error else 200)


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str = "") -> HttpResponse:
    return _deposits_page(request, error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_GET
def deposits(request: PortalRequest) -> HttpResponse:
    """Checks without deposit, deposits without remittance, and those whose amounts differ."""
    return _deposits_page(request)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def enter_deposit(request: PortalRequest) -> HttpResponse:
    """Enter one deposit of the bank's statement."""
    deposit_rows.enter_deposit(
        on=request.POST.get("on", ""),
        amount=request.POST.get("amount", ""),
        text=request.POST.get("text", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:deposits")


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def match_deposit(request: PortalRequest, public_id: str) -> HttpResponse:
    """Say which check a deposit is."""
    rows: QuerySet[Deposit] = Deposit.objects.for_practice(request.practice)
    deposit = get_object_or_404(rows, public_id=public_id)
    row = get_object_or_404(_checks(request), public_id=request.POST.get("check", "")[:12])
    deposit_rows.match_deposit(deposit=deposit, check=row, by=request.membership, now=timezone.now())
    return redirect("billing:deposits")
