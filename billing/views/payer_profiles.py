"""Views of payers' procedures: policy documents, limits in days, corrections, codes that need authorization."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import Correction
from billing.policies.profiles import ProfileValues, set_profile
from enrollment.models import Payer
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

_TYPED = (
    "payer",
    "starts_on",
    "source",
    "policy_number",
    "policy_version",
    "policy_dated_on",
    "text_read",
    "filing_days",
    "appeal_days",
    "correction",
    "authorization_codes",
)


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    payers = Payer.objects.filter(practice=request.practice).prefetch_related("profiles")
    context = {
        "payers": payers,
        "today": local_day(timezone.now(), request.practice.zone),
        "CORRECTIONS": Correction.choices,
        "typed": {name: request.POST.get(name, "")[:200] for name in _TYPED},
        "error": error,
    }
    return render(request, "billing/payer_profiles.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def payer_profiles(request: PortalRequest) -> HttpResponse:
    """Each payer's procedures by day, and the form that records others."""
    return _page(request)


def _days(text: str) -> int | None:
    if not text.strip():
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise Refused("Write a limit as a whole number of days, like 365.")
    return int(text)


@allow(Permission.DRAFT_POLICIES)
@require_POST
def record(request: PortalRequest) -> HttpResponse:
    """Record a payer's procedures from a day on."""
    typed = request.POST
    payer = get_object_or_404(Payer.objects.filter(practice=request.practice), name=typed.get("payer", ""))
    try:
        values = ProfileValues(
            starts_on=parse_day(typed.get("starts_on", "")),
            source=typed.get("source", ""),
            policy_number=typed.get("policy_number", ""),
            policy_version=typed.get("policy_version", ""),
            policy_dated_on=parse_day(typed.get("policy_dated_on", "")),
            text_read=typed.get("text_read") == "yes",
            filing_days=_days(typed.get("filing_days", "")),
            appeal_days=_days(typed.get("appeal_days", "")),
            correction=typed.get("correction", ""),
            authorization_codes=tuple(typed.get("authorization_codes", "").upper().replace(",", " ").split()),
        )
        set_profile(payer=payer, values=values, by=request.membership, now=timezone.now())
    except Refused as refusal:
        return _page(request, error=f"Not saved. {refusal.message}")
    return redirect("billing:payer_profiles")
