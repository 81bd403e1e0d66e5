"""Views of denials as work, with our explanation next to the payer's reason."""

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.answers.denials import refusals, take_step, with_lines
from billing.answers.reasons import answers_to, in_words
from billing.models import Step
from billing.models.denials import ENDED
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
    rows = refusals(request.practice, show=show).select_related(
        "line", "sent__claim__patient", "sent__claim__payer", "sent__claim__close", "sent__export"
    )
    page = Paginator(rows.defer("sent__export__body"), 50).get_page(request.GET.get("page"))
    today = local_day(now, request.practice.zone)
    shown = [
        {
            "answer": answer,
            "claim": answer.sent.claim,
            "lines": lines,
            # A reason of several lines is listed once.
            "says": dict.fromkeys(
                why["says"] for line in lines for why in line.because if why["gravity"] in _SUPPORTING
            ),
            "amount": amount,
            "reasons": [in_words(reason) for reason in answer.reasons],
            "look": answers_to(answer.reasons),
            "days": (today - local_day(answer.answered_at, request.practice.zone)).days,
            "ended": answer.latest_step in ENDED,  # type: ignore[attr-defined]
        }
        for answer, lines, amount in with_lines(list(page.object_list))
    ]
    record_access(request, "list_denials", now=now, subject="denials", count=page.paginator.count, show=show)
    context = {"page": page, "shown": shown, "show": show, "SHOWS": SHOWS, "STEPS": Step.choices, "error": error}
    return render(request, "billing/denials.html", context, status=422 if error else 200)


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
    rows = refusals(request.practice, show="all").filter(sent__public_id=public_id).select_related("sent")
    line = request.POST.get("line", "")
    rows = rows.filter(line__public_id=line) if line else rows.filter(line__isnull=True)
    answer = rows.last()
    if answer is None:
        raise Http404
    take_step(
        answer=answer,
        step=request.POST.get("step", ""),
        note=request.POST.get("note", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:denials")
