"""Views of write-offs: asked on a claim's balance, decided by a second person above the practice's limit."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.ledger import write_offs as service
from billing.ledger.money_rules import MONEY_RULES
from billing.models import Claim, WriteOff, WriteOffReason
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.views.setting_pages import ReasonForm, SettingPage, change_settings, decide_settings
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals

RECENT = 100
_RELATED = ("claim__patient", "claim__payer", "line", "asked_by", "decided_by")


def _list_page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    rows = WriteOff.objects.for_practice(request.practice).select_related(*_RELATED)
    context = {
        "waiting": rows.filter(outcome__isnull=True).order_by("asked_at", "pk"),
        "decided": rows.filter(outcome__isnull=False).prefetch_related("taken_back_by")[:RECENT],
        "limit": service.write_off_limit(request.practice),
        "error": error,
    }
    record_access(request, "list_write_offs", now=timezone.now())
    return render(request, "billing/write_offs.html", context, status=422 if error else 200)


def _list_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _list_page(request, error=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_GET
def write_offs(request: PortalRequest) -> HttpResponse:
    """Write-offs that wait for a second person, and those that were decided."""
    return _list_page(request)


def _claim_or_404(request: PortalRequest, public_id: str) -> Claim:
    rows = Claim.objects.for_practice(request.practice).select_related("patient", "payer", "close")
    claim: Claim = get_object_or_404(rows, public_id=public_id)
    return claim


def _claim_page(request: PortalRequest, claim: Claim, *, error: str = "") -> HttpResponse:
    balances = claim.balances.filter(open__gt=0).select_related("line").order_by("payer_rank", "line__dos", "pk")
    context = {
        "claim": claim,
        "balances": balances,
        "requests": WriteOff.objects.filter(claim=claim).select_related(*_RELATED),
        "limit": service.write_off_limit(request.practice),
        "reasons": WriteOffReason.choices,
        "typed": request.POST,
        "error": error,
    }
    record_access(request, "read_write_offs", now=timezone.now(), subject=f"claim:{claim.public_id}")
    return render(request, "billing/write_off.html", context, status=422 if error else 200)


def _claim_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _claim_page(request, _claim_or_404(request, public_id), error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
@answer_refusals(_claim_refused)
def write_off(request: PortalRequest, public_id: str) -> HttpResponse:
    """The open amounts of a claim, and the form to write one off."""
    claim = _claim_or_404(request, public_id)
    if request.method == "GET":
        return _claim_page(request, claim)
    chosen = request.POST.get("balance", "")
    row = next((one for one in claim.balances.all() if str(one.pk) == chosen), None)
    if row is None:
        raise Refused("Choose the line of which an amount is written off.")
    service.write_off(
        balance=row,
        amount=request.POST.get("amount", ""),
        reason=request.POST.get("reason", ""),
        note=request.POST.get("note", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:write_off", public_id)


def _request_or_404(request: PortalRequest, public_id: str) -> WriteOff:
    row: WriteOff = get_object_or_404(WriteOff.objects.for_practice(request.practice), public_id=public_id)
    return row


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_list_refused)
def decide_write_off(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's write-off, refuse it, or withdraw one's own."""
    service.decide_write_off(
        request=_request_or_404(request, public_id),
        approve=request.POST.get("answer") == "approve",
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:write_offs")


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_list_refused)
def take_back_write_off(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open a written-off amount again."""
    service.take_back(
        written_off=_request_or_404(request, public_id),
        note=request.POST.get("note", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:write_offs")


class MoneyRulesForm(ReasonForm):
    """The practice's limit for write-offs by one person."""

    write_off_limit = forms.DecimalField(
        label=MONEY_RULES.labels["write_off_limit"],
        min_value=0,
        max_digits=7,
        decimal_places=2,
        help_text="Above it a second person approves. 0.00: always.",
    )

    def clean_write_off_limit(self) -> str:
        """The amount as text, as changes of settings are stored."""
        return f"{self.cleaned_data['write_off_limit']:.2f}"


PAGE = SettingPage(
    kind=MONEY_RULES,
    title="Limit for write-offs",
    form=MoneyRulesForm,
    url="billing:money_rules",
    decide_url="billing:decide_money_rules",
)


@allow(Permission.CHANGE_MONEY_RULES)
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def money_rules(request: PortalRequest) -> HttpResponse:
    """The limit, and a change of it, which waits for a second person."""
    return change_settings(request, PAGE)


@allow(Permission.CHANGE_MONEY_RULES)
@sensitive_post_parameters("password", "code")
@require_POST
def decide_money_rules(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's change, refuse it, or withdraw one's own."""
    return decide_settings(request, PAGE, public_id)
