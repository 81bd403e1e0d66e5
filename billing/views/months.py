"""Views of the months, one month with its lines, one line with its reasons."""

from decimal import Decimal

from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing import tasks
from billing.answers.denials import count_open
from billing.claims.conditions import diagnoses_of
from billing.close import moves
from billing.forms import LineForm
from billing.models import ClaimLine, CloseState, MonthClose
from billing.models.line_reasons import with_reasons
from billing.policies.expected import ExpectedAmounts, expected_amounts
from billing.review import month_lines, queries
from billing.review.clinic_filter import Narrowing, narrow_choices
from billing.review.line_evidence import as_text, evidence_of
from billing.review.payer_limits import limits_of, near_filing_limit
from billing.views.month_page import filtered_lines, month_page, month_refused
from enrollment.models import Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_month
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import csv_file, csv_text, xlsx_file

LINE_COLUMNS = [
    "record_number",
    "patient",
    "code",
    "modifiers",
    "units",
    "period_start",
    "date_of_service",
    "expected_amount",
    "clinic",
    "provider",
    "payer",
    "state",
    "last_month",
    "because",
]


def close_or_404(request: PortalRequest, month: str) -> MonthClose:
    """The practice's month. Raises Http404 if it was never opened."""
    rows: QuerySet[MonthClose] = MonthClose.objects.for_practice(request.practice).select_related("practice")
    return get_object_or_404(rows, month=parse_month(month).first_day)


@allow(Permission.SEE_MONTHS)
@require_GET
def months(request: PortalRequest) -> HttpResponse:
    """The running month and the five before it, and the lines whose last day to file is near."""
    now, narrowing = timezone.now(), Narrowing.of(request.GET)
    to_file = near_filing_limit(request.practice, today=local_day(now, request.practice.zone))
    context = {
        "rows": queries.months(request.practice, now=now, narrowing=narrowing),
        "refused": count_open(request.practice),
        "to_file": to_file,
        "today": local_day(now, request.practice.zone),
    }
    if to_file:
        record_access(request, "list_filing_limits", now=now, count=len(to_file))
    return render(request, "billing/months.html", context | narrow_choices(request.practice, narrowing))


_FILE_RELATED = ("patient", "enrollment__clinic", "claim__payer", "claim__billing_provider__user")


def _expected(amounts: ExpectedAmounts, line: ClaimLine) -> Decimal | None:
    """The amount for all units of a line; None if none is on file."""
    amount = amounts.amount(line.code, on=line.dos, payer=line.claim.payer_id)
    return None if amount is None else amount * line.units


@allow(Permission.SEE_MONTHS)
@require_GET
def lines_file(request: PortalRequest, month: str, shape: str) -> HttpResponse:
    """The lines of the month's page as CSV or XLSX, with numbers and dates as such; no text is a formula."""
    close = close_or_404(request, month)
    if shape not in {"csv", "xlsx"}:
        raise Http404
    lines = list(filtered_lines(request, close).select_related(*_FILE_RELATED))
    amounts = expected_amounts(request.practice, {line.dos.year for line in lines})
    rows = [
        [
            line.patient.mrn,
            str(line.patient),
            line.code,
            " ".join(line.modifiers),
            line.units,
            line.period_start,
            line.dos,
            _expected(amounts, line),
            line.enrollment.clinic.name if line.enrollment.clinic else "",
            str(line.claim.billing_provider.user),
            line.claim.payer.name if line.claim.payer else "",
            line.get_state_display(),
            "yes" if line.before else "new",
            "; ".join(reason["says"] for reason in line.because if reason["gravity"] in {"met", "review"}),
        ]
        for line in with_reasons(lines)
    ]
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
        "reasons": evidence_of(line, zone=line.close.zone),
        "expected": expected_amounts(request.practice, [line.dos.year]).amount(
            line.code, on=line.dos, payer=line.claim.payer_id
        ),
        "reviews": line.reviews.select_related("reviewed_by"),
        "error": error,
        "attested": line.close.attestations.filter(line_ids__contains=[line.pk]).first(),
        "as_text": as_text(line),
        "limits": limits_of(line),
        "diagnoses": diagnoses_of(line),
        "answers": line.answers.order_by("on", "order", "pk"),
        "open": line.close.state == CloseState.IN_REVIEW,
    }
    record_access(request, "read_line", now=timezone.now(), subject=f"line:{line.public_id}")
    return render(request, "billing/line.html", context, status=status)


def _line_or_404(request: PortalRequest, public_id: str) -> ClaimLine:
    rows: QuerySet[ClaimLine] = ClaimLine.objects.for_practice(request.practice).select_related(
        "patient", "enrollment", "close", "claim__payer", "claim__billing_provider__user"
    )
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def line(request: PortalRequest, public_id: str) -> HttpResponse:
    """One line as it would be sent, with every reason for it."""
    row = _line_or_404(request, public_id)
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
        context = {
            "line": row,
            "time_evidence": month_lines.management_evidence([row], zone=claim_line.close.zone),
            "refusal": error,
            "reviewing": True,
            "back": back,
            "decided": not error,
            "reason_given": request.POST.get("reason", "") if error else "",
        }
        if error:
            record_access(request, "read_line", now=timezone.now(), subject=f"line:{row.public_id}")
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
