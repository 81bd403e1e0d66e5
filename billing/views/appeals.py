"""Views of appeals: opened on a denial, with the letter, the filing, the decision, and the next level."""

from decimal import Decimal
from typing import TypedDict

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.answers.denials import refusals
from billing.claims import appeals as appealing
from billing.claims.appeal_levels import AppealLevel, level_of, next_level
from billing.evidence.payer_letters import appeal_letter
from billing.models import Appeal, AppealOutcome
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment


class AppealContext(TypedDict):
    """One level of an appeal with its rules, and the level after it."""

    appeal: Appeal
    level: AppealLevel
    following: AppealLevel | None
    lacks_amount: bool
    days: int
    LEAST: int
    OUTCOMES: list[tuple[str, str]]
    typed: dict[str, str]
    error: str


def _appeal(request: PortalRequest, public_id: str) -> Appeal:
    rows: QuerySet[Appeal] = Appeal.objects.for_practice(request.practice)
    joined = ("version__claim__patient", "version__claim__payer", "version__claim__practice", "version__practice")
    rows = rows.select_related(*joined, "line", "answer", "previous", "opened_by", "filed_by", "ended_by", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _page(request: PortalRequest, row: Appeal, *, error: str = "") -> HttpResponse:
    now, payer = timezone.now(), row.version.claim.payer
    today, level = local_day(now, request.practice.zone), level_of(payer, row.level)
    context: AppealContext = {
        "appeal": row,
        "level": level,
        "following": next_level(payer, row.level),
        "lacks_amount": level.lacks_amount(today.year),
        "days": (row.due_on - today).days,
        "LEAST": appealing.MIN_ARGUMENT,
        "OUTCOMES": AppealOutcome.choices,
        "typed": {name: request.POST.get(name, "")[:2000] for name in ("how", "reference", "note", "argument")},
        "error": error,
    }
    record_access(request, "read_appeal", now=now, subject=f"appeal:{row.public_id}")
    return render(request, "billing/appeal.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def appeal(request: PortalRequest, public_id: str) -> HttpResponse:
    """One level of an appeal with its deadline."""
    return _page(request, _appeal(request, public_id))


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _appeal(request, public_id), error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals()
def open_appeal(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open the appeal of a denied claim or line, by the public ID of its version."""
    number = request.POST.get("line", "")
    found = next(
        (
            row
            for row in refusals(request.practice, show="all")
            if row.version.public_id == public_id and (row.line.public_id if row.line else "") == number
        ),
        None,
    )
    if found is None:
        raise Http404
    row = appealing.open_appeal(
        version=found.version,
        line=found.line,
        answer=found.answer,
        amount=sum(found.lines.values(), Decimal()),
        argument=request.POST.get("argument", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:appeal", row.public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def file_appeal(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record that the appeal was filed."""
    typed = request.POST
    on, how, reference = parse_day(typed.get("on", "")), typed.get("how", ""), typed.get("reference", "")
    row, by = _appeal(request, public_id), request.membership
    appealing.file_appeal(appeal=row, on=on, how=how, reference=reference, by=by, now=timezone.now())
    return redirect("billing:appeal", public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def decide_appeal(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record the decision on this level."""
    typed, row, by = request.POST, _appeal(request, public_id), request.membership
    outcome, on, note = typed.get("outcome", ""), parse_day(typed.get("on", "")), typed.get("note", "")
    appealing.decide_appeal(appeal=row, outcome=outcome, on=on, note=note, by=by, now=timezone.now())
    return redirect("billing:appeal", public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def next_appeal(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open the next level."""
    row, argument = _appeal(request, public_id), request.POST.get("argument", "")
    following = appealing.open_next_level(appeal=row, argument=argument, by=request.membership, now=timezone.now())
    return redirect("billing:appeal", following.public_id)


@allow(Permission.SEND_CLAIMS)
@require_GET
def appeal_letter_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The letter of this level, as PDF."""
    row, now = _appeal(request, public_id), timezone.now()
    level = level_of(row.version.claim.payer, row.level)
    record_access(request, "read_letter", now=now, subject=f"appeal:{row.public_id}")
    on = row.filed_on or local_day(now, request.practice.zone)
    body = appeal_letter(row, level=level.name, receiver=level.receiver, on=on)
    return attachment(body, f"{row.level}-{row.version.control}.pdf", "application/pdf")
