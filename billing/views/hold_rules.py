"""Views of the rules that hold claims: written, tried on an earlier month, approved by a second person, ended."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TypedDict

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.claims import hold_rules as holding
from billing.claims.formats.content import Content
from billing.claims.ready_claims import claims_of
from billing.models import CLOSED_STATES, HoldEffect, HoldField, HoldOperator, HoldRule, MonthClose
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals


@dataclass(frozen=True, slots=True)
class Tried:
    """A condition on the claims of the last locked month: those to which it applies, of how many."""

    month: Month
    number: int
    applies: list[Content]

    @property
    def total(self) -> Decimal:
        """The charges of the claims to which it applies."""
        return sum((Decimal(content.total) for content in self.applies), Decimal())


class HoldContext(TypedDict):
    """The rules of the practice, the choices of the form, and the result of a dry run."""

    rules: QuerySet[HoldRule]
    FIELDS: list[tuple[str, str]]
    OPERATORS: list[tuple[str, str]]
    EFFECTS: list[tuple[str, str]]
    tried: Tried | None
    typed: dict[str, str]
    error: str


_TYPED = ("field", "operator", "value", "effect", "reason", "starts_on")


def _page(request: PortalRequest, *, error: str = "", tried: Tried | None = None) -> HttpResponse:
    rows: QuerySet[HoldRule] = HoldRule.objects.for_practice(request.practice)
    context: HoldContext = {
        "rules": rows.select_related("asked_by", "decided_by", "ended_by").order_by("-asked_at"),
        "FIELDS": HoldField.choices,
        "OPERATORS": HoldOperator.choices,
        "EFFECTS": HoldEffect.choices,
        "tried": tried,
        "typed": {name: request.POST.get(name, "")[:300] for name in _TYPED},
        "error": error,
    }
    if tried is not None:
        record_access(request, "try_hold_rule", now=timezone.now(), subject="hold_rules", count=len(tried.applies))
    return render(request, "billing/hold_rules.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def hold_rules(request: PortalRequest) -> HttpResponse:
    """The rules, and the form that writes another."""
    return _page(request)


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str = "") -> HttpResponse:
    return _page(request, error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def write_hold_rule(request: PortalRequest) -> HttpResponse:
    """Try a rule on the last locked month, or write it for a second person."""
    typed, now = request.POST, timezone.now()
    condition = holding.read_condition(typed.get("field", ""), typed.get("operator", ""), typed.get("value", ""))
    if typed.get("act") != "write":
        return _page(request, tried=_try(request, condition))
    holding.ask_rule(
        condition=condition,
        effect=typed.get("effect", ""),
        reason=typed.get("reason", ""),
        starts_on=parse_day(typed.get("starts_on", "")),
        by=request.membership,
        now=now,
    )
    return redirect("billing:hold_rules")


def _try(request: PortalRequest, condition: holding.HoldCondition) -> Tried:
    """The claims of the last locked month to which a condition applies. Raises Refused if no month is locked."""
    rows: QuerySet[MonthClose] = MonthClose.objects.for_practice(request.practice)
    close = rows.filter(state__in=CLOSED_STATES).select_related("practice").order_by("-month").first()
    if close is None:
        raise Refused("No month is locked yet, so there are no claims to try the rule on.")
    today = local_day(timezone.now(), request.practice.zone)
    contents = [ready.content for ready in claims_of(close, on=today)]
    return Tried(Month.of(close.month), len(contents), holding.dry_run(condition, contents))


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def decide_hold_rule(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve another person's rule with the password, refuse it, or end one in force."""
    rows: QuerySet[HoldRule] = HoldRule.objects.for_practice(request.practice)
    rule, now, by = get_object_or_404(rows, public_id=public_id), timezone.now(), request.membership
    act = request.POST.get("act", "")
    if act == "end":
        sign_with_both(request, act="end_hold_rule", now=now)
        holding.end_rule(rule=rule, by=by, now=now)
    elif act in {"approve", "refuse"}:
        if act == "approve":
            sign_with_both(request, act="approve_hold_rule", now=now)
        holding.decide_rule(rule=rule, approve=act == "approve", by=by, now=now)
    else:
        raise Refused("Choose whether to approve, refuse, or end the rule.")
    return redirect("billing:hold_rules")
