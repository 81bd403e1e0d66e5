"""Views of a practice's own golden cases."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import OwnCase
from billing.policies import own_cases
from enrollment.models import Payer
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    results = own_cases.results_now(request.practice)
    context = {
        "results": results,
        "broken": sum(bool(result.differences) for result in results),
        "payers": Payer.objects.filter(practice=request.practice),
        "typed": {name: request.POST.get(name, "")[: own_cases.MAX_TEXT] for name in ("text", "payer")},
        "error": error,
    }
    return render(request, "billing/own_cases.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def cases(request: PortalRequest) -> HttpResponse:
    """The practice's own cases with the lines that they give now."""
    return _page(request)


@allow(Permission.DRAFT_POLICIES)
@require_POST
def add(request: PortalRequest) -> HttpResponse:
    """Add the cases of a text in the format of the command."""
    name = request.POST.get("payer", "")
    payer = get_object_or_404(Payer.objects.filter(practice=request.practice), name=name) if name else None
    try:
        own_cases.add_cases(text=request.POST.get("text", ""), payer=payer, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _page(request, error=f"No case was added. {refusal.message}")
    return redirect("billing:own_cases")


@allow(Permission.DRAFT_POLICIES)
@require_POST
@answer_refusals()
def withdraw(request: PortalRequest, public_id: str) -> HttpResponse:
    """Withdraw a case."""
    case = get_object_or_404(OwnCase.objects.for_practice(request.practice), public_id=public_id)
    own_cases.withdraw_case(case=case, by=request.membership, now=timezone.now())
    return redirect("billing:own_cases")
