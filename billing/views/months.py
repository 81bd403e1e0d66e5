"""Views of the months, one month with its lines, one line with its reasons."""

from collections import Counter
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing import tasks
from billing.answers.denials import refusals
from billing.close import moves
from billing.forms import LineForm
from billing.models import ClaimLine, CloseState, MonthClose
from billing.models.line_reasons import with_reasons
from billing.policies.rates import rates_for
from billing.review import month_lines, queries
from billing.review.line_evidence import as_text, evidence_of
from billing.review.lost_revenue import REMEDIES
from billing.seal.services import STATEMENT, others_may_approve, waiting_for
from enrollment.models import Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import parse_month
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import csv_file, csv_text, xlsx_file

SHOWS = [
    ("look", "To look at"),
    ("all", "All lines"),
    ("new", "New this month"),
    ("proposed", "Proposed"),
    ("approved", "Approved"),
    ("held", "Held"),
    ("dropped", "Dropped"),
    ("blocked", "Blocked"),
    ("do_not_bill", "Not billed"),
    ("not_enough_facts", "Not enough facts"),
]
LINE_COLUMNS = [
    "record_number", "patient", "code", "modifiers", "units", "date_of_service", "payer", "state", "last_month",
    "because",
]  # fmt: skip
FILTER_PARAMETERS = ("show", "code", "payer", "flag", "sort")
UNBILLED_OUTCOMES = {"blocked", "do_not_bill", "not_enough_facts"}


def close_or_404(request: PortalRequest, month: str) -> MonthClose:
    """The practice's month. Raises Http404 if it was never opened."""
    rows = MonthClose.objects.for_practice(request.practice).select_related("practice")
    return get_object_or_404(rows, month=parse_month(month).first_day)


@allow(Permission.SEE_MONTHS)
@require_GET
def months(request: PortalRequest) -> HttpResponse:
    """The running month and the five before it."""
    context = {
        "rows": queries.months(request.practice, now=timezone.now()),
        "refused": refusals(request.practice).count(),
    }
    return render(request, "billing/months.html", context)


def month_page(
    request: PortalRequest, month: Month, *, error: str = "", notice: str = "", status: int = 200, differing: Any = ()
) -> HttpResponse:
    """The page of a month, with an error or notice if there is one, and a verification's differences."""
    close = queries.close_of(request.practice, month)
    now = timezone.now()
    counts = month_lines.counts_of(close) if close is not None else Counter()
    current = Month.current(now, request.practice.zone)
    # Exceptions first: lines to look at come before the others.
    default_show = "look" if close is not None and close.state == CloseState.IN_REVIEW and counts["look"] else "all"
    show = request.GET.get("show", default_show)
    why = request.GET.get("why", "")[:60] if show == "why" else ""
    context: dict[str, Any] = {
        "month": month,
        "before": month.plus(-1),
        "after": month.plus(1) if month < current else None,
        "close": close,
        "error": error,
        "notice": notice,
        "differing": differing,
        "now": now,
        "over": month < current,
        "show": show,
        "SHOWS": SHOWS,
    }
    sort = request.GET.get("sort", "patient")
    if close is not None:
        pages: Paginator = (
            Paginator(month_lines.list_unbilled_verdicts(close, outcome="" if why else show, why=why), 50)
            if why or show in UNBILLED_OUTCOMES
            else month_lines.pages_of(close, _lines(request, close, show=show), sort=sort)
        )
        context |= {
            "progress": queries.progress(close),
            "counts": counts,
            "chips": [(key, label, counts["standing" if key == "all" else key]) for key, label in SHOWS],
            "fixable": month_lines.fixable_codes(close) if month == current else 0,
            "page": pages.get_page(request.GET.get("page")),
            "refused": bool(why) or show in UNBILLED_OUTCOMES,
            "why": why,
            "remedy": REMEDIES.get(why, ""),
            "late": queries.late_facts(close),
            "gone": month_lines.lines_not_repeated(close),
            "sort": sort,
            "SORTS": month_lines.SORTS,
            "asked": {name: request.GET.get(name, "")[:120] for name in FILTER_PARAMETERS},
            "reviewing": close.state == CloseState.IN_REVIEW and may(request.membership.role, Permission.REVIEW_LINES),
            "overrides": month_lines.requests_to_decide(close),
            "back": f"?{request.GET.urlencode() or f'show={show}'}"[:300],
        } | month_lines.filter_choices(close)
        if close.state in {CloseState.IN_REVIEW, CloseState.PREPARED}:
            context["waiting"] = waiting = waiting_for(close)
            context["mine_to_attest"] = sum(n for who, n in waiting.unattested if who.user_id == request.user.pk)
            context["others_may"] = others_may_approve(request.practice.pk, request.user, on=now.date())
            context["STATEMENT"] = STATEMENT
            if show in {"unsigned", "unattested"}:
                ids = waiting.unsigned_lines if show == "unsigned" else waiting.unattested_lines
                rows = month_lines.lines_of(close).filter(pk__any_of=ids)
                context["page"] = month_lines.pages_of(close, rows, sort=sort).get_page(request.GET.get("page"))
        lines = [] if context["refused"] else with_reasons(context["page"])
        evidence = month_lines.management_evidence(lines, zone=close.zone)
        for row in context["page"] if evidence else ():
            row.time_and_calls = evidence.get(row.pk)
        count, kind = context["page"].paginator.count, show if show in dict(SHOWS) else ""
        record_access(request, "read_month", now=now, subject=f"month:{month}", show=kind, count=count)
    return render(request, "billing/month.html", context, status=status)


def month_refused(request: PortalRequest, refusal: Refused, month: str, *_: Any, **__: Any) -> HttpResponse:
    """The page of the month with the message of a refusal."""
    return month_page(request, parse_month(month), error=refusal.message)


def _lines(request: PortalRequest, close: MonthClose, *, show: str = "") -> QuerySet[ClaimLine]:
    """The lines filtered by the address; `show` is the default filter."""
    asked = {"show": show} | {name: request.GET[name][:120] for name in FILTER_PARAMETERS if name in request.GET}
    return month_lines.lines_of(close, **asked)


@allow(Permission.SEE_MONTHS)
@require_GET
def lines_file(request: PortalRequest, month: str, shape: str) -> HttpResponse:
    """The lines of the month's page as CSV or XLSX; cells are escaped so that a spreadsheet runs no formula."""
    close = close_or_404(request, month)
    if shape not in {"csv", "xlsx"}:
        raise Http404
    rows = [
        [
            line.patient.mrn, str(line.patient), line.code, " ".join(line.modifiers), line.units, line.dos.isoformat(),
            line.claim.payer.name if line.claim.payer else "", line.get_state_display(),
            "yes" if line.before else "new",
            "; ".join(reason["says"] for reason in line.because if reason["gravity"] in {"met", "review"}),
        ]
        for line in with_reasons(_lines(request, close))
    ]  # fmt: skip
    record_access(request, "export_lines", now=timezone.now(), subject=f"month:{close}", count=len(rows), shape=shape)
    name = f"lines-{close.month:%Y-%m}.{shape}"
    return csv_file(csv_text(LINE_COLUMNS, rows), name) if shape == "csv" else xlsx_file(LINE_COLUMNS, rows, name)


@allow(Permission.SEE_MONTHS)
@require_GET
def month(request: PortalRequest, month: str) -> HttpResponse:
    """One month: progress, counts, lines and what was not billed, each with its reason."""
    return month_page(request, parse_month(month))


@allow(Permission.SEE_MONTHS)
@require_GET
def progress(request: PortalRequest, month: str) -> HttpResponse:
    """The progress of the computation; the whole page reloads when it is done."""
    close = close_or_404(request, month)
    answer = render(
        request,
        "billing/_progress.html",
        {"close": close, "month": Month.of(close.month), "progress": queries.progress(close)},
    )
    if close.state != CloseState.COMPUTING:
        answer["HX-Refresh"] = "true"
    return answer


@allow(Permission.CLOSE_MONTH)
@require_POST
@answer_refusals(month_refused)
def compute_month(request: PortalRequest, month: str) -> HttpResponse:
    """Start the computation in the worker."""
    wanted, from_scratch = parse_month(month), bool(request.POST.get("recompute_all"))
    close = moves.start_computing(
        practice=request.practice, month=wanted, by=request.user, now=timezone.now(), recompute_all=from_scratch
    )
    # The row is committed: if the broker is down, the sweeper queues it within half a minute.
    tasks.ring(close.pk)
    return redirect("billing:month", str(wanted))


@allow(Permission.CLOSE_MONTH)
@require_POST
@answer_refusals(month_refused)
def pause_month(request: PortalRequest, month: str) -> HttpResponse:
    """Pause the computation, or resume it."""
    close = close_or_404(request, month)
    act = moves.resume_computing if request.POST.get("go_on") else moves.pause_computing
    act(close=close, by=request.user, now=timezone.now())
    tasks.ring(close.pk)
    return redirect("billing:month", month)


@allow(Permission.REVIEW_LINES)
@require_POST
@answer_refusals(month_refused)
def approve_clean(request: PortalRequest, month: str) -> HttpResponse:
    """Approve every line without a warning."""
    close = close_or_404(request, month)
    moves.approve_clean_lines(close=close, by=request.user, now=timezone.now())
    return redirect("billing:month", month)


def _line_page(request: PortalRequest, line: ClaimLine, *, error: str = "", status: int = 200) -> HttpResponse:
    context = {
        "line": line,
        "month": Month.of(line.close.month),
        "patient": line.patient,
        "reasons": evidence_of(line, zone=line.close.zone),
        "expected": rates_for(request.practice, [line.code], year=line.dos.year).get(line.code),
        "reviews": line.reviews.select_related("reviewed_by"),
        "error": error,
        "attested": line.close.attestations.filter(line_ids__contains=[line.pk]).first(),
        "as_text": as_text(line),
        "answers": line.answers.order_by("answered_at", "pk"),
        "open": line.close.state == CloseState.IN_REVIEW,
    }
    return render(request, "billing/line.html", context, status=status)


def _line_or_404(request: PortalRequest, public_id: str) -> ClaimLine:
    rows = ClaimLine.objects.for_practice(request.practice).select_related(
        "patient", "enrollment", "close", "claim__payer", "claim__billing_provider__user"
    )
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def line(request: PortalRequest, public_id: str) -> HttpResponse:
    """One line as it would be sent, with every reason for it."""
    row = _line_or_404(request, public_id)
    record_access(request, "read_line", now=timezone.now(), subject=f"line:{row.public_id}")
    return _line_page(request, row)


@allow(Permission.REVIEW_LINES)
@require_POST
def move_line(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve, hold or drop a line: in its row of the review, or on its own page."""
    claim_line, error = _line_or_404(request, public_id), ""
    form = LineForm(request.POST)
    if form.is_valid():
        move = {name: form.cleaned_data[name] for name in ("to", "reason")}
        try:
            moves.move_line(line=claim_line, by=request.user, now=timezone.now(), **move)
        except Refused as refusal:
            error = str(refusal)
    else:
        error = "Choose approve, hold or drop."
    back = request.POST.get("back", "")
    if request.htmx:
        row = month_lines.lines_of(claim_line.close).get(pk=claim_line.pk)
        row.time_and_calls = month_lines.management_evidence([row], zone=claim_line.close.zone).get(row.pk)  # type: ignore[attr-defined]
        context = {"line": row, "refusal": error, "reviewing": True, "back": back, "decided": not error}
        context["reason_given"] = request.POST.get("reason", "") if error else ""
        return render(request, "billing/_line.html", context, status=422 if error else 200)
    if error:
        return _line_page(request, claim_line, error=error, status=422)
    if back.startswith("?"):
        return HttpResponseRedirect(f"{reverse('billing:month', args=[str(claim_line.close)])}{back[:300]}")
    return redirect("billing:line", public_id)


@allow(Permission.TRACK_TIME)
@require_GET
def next_code(request: PortalRequest, public_id: str) -> HttpResponse:
    """The distance to the next management code under this payer's policy, with the user's running timer counted."""
    row = get_object_or_404(Enrollment.objects.for_practice(request.practice), public_id=public_id)
    return render(
        request, "billing/_next.html", queries.next_code(request.practice, row, request.user, now=timezone.now())
    )
