"""Views of denials as work, with our explanation next to the payer's reason."""

from datetime import date
from decimal import Decimal
from typing import TypedDict

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.answers.code_words import answer_words
from billing.answers.denials import Refusal, refusals, take_step, with_lines
from billing.answers.reasons import answers_to, in_words
from billing.claims.appeals import appeals_of
from billing.models import ADJUDICATED, Appeal, Claim, ClaimLine, Step
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals

SHOWS = {"open": "Open", "ended": "Ended", "all": "All"}
_SUPPORTING = {"met", "review"}


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    show = request.GET.get("show", "open")
    show = show if show in SHOWS else "open"
    page = Paginator(refusals(request.practice, show=show), 50).get_page(request.GET.get("page"))
    today = local_day(now, request.practice.zone)
    found = with_lines(list(page.object_list))
    appeals = list(appeals_of([refusal.answer.pk for refusal, _, _ in found]))
    shown = [_row(refusal, lines, amount, today, appeals) for refusal, lines, amount in found]
    record_access(request, "list_denials", now=now, subject="denials", count=page.paginator.count, show=show)
    context = {"page": page, "shown": shown, "show": show, "SHOWS": SHOWS, "STEPS": Step.choices, "error": error}
    return render(request, "billing/denials.html", context, status=422 if error else 200)


class RefusalRow(TypedDict):
    """A refusal as the page shows it: the payer's words, our reasons, and what the state of the claim asks for."""

    refusal: Refusal
    claim: Claim
    lines: list[ClaimLine]
    says: dict[str, None]
    amount: Decimal
    reasons: list[str]
    look: list[str]
    days: int
    appeals: list[Appeal]
    can_appeal: bool


def _row(refusal: Refusal, lines: list[ClaimLine], amount: Decimal, today: date, appeals: list[Appeal]) -> RefusalRow:
    answer = refusal.answer
    words = [in_words(reason) for reason in answer.reasons] + answer_words(answer.codes)
    return {
        "refusal": refusal,
        "claim": refusal.version.claim,
        "lines": lines,
        # A reason of several lines is listed once.
        "says": dict.fromkeys(why["says"] for line in lines for why in line.because if why["gravity"] in _SUPPORTING),
        "amount": amount,
        "reasons": words + ([answer.note] if answer.note else []),
        "look": answers_to(answer.reasons),
        "days": (today - answer.on).days,
        "appeals": [
            one
            for one in appeals
            if (one.answer_id, one.version_id) == (answer.pk, refusal.version.pk) and one.line == refusal.line
        ],
        "can_appeal": refusal.version.state in ADJUDICATED,
    }


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, error=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_GET
def denials(request: PortalRequest) -> HttpResponse:
    """Refused claims and lines, oldest first, with the payer's reason, our explanation, and what was done."""
    return _page(request)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def step(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record a step taken on one of them."""
    line = request.POST.get("line", "")
    found = next(
        (
            row
            for row in refusals(request.practice, show="all")
            if row.version.public_id == public_id and (row.line.public_id if row.line else "") == line
        ),
        None,
    )
    if found is None:
        raise Http404
    take_step(
        refusal=found,
        step=request.POST.get("step", ""),
        note=request.POST.get("note", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:denials")
