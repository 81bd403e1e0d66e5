"""Views of the claims of a sealed month: what can be sent, and the files that are written."""

from collections import Counter
from decimal import Decimal

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing import tasks
from billing.claims import file_runs
from billing.claims import send as send_service
from billing.claims.ready_claims import Ready, claims_of
from billing.evidence import packet_pdf
from billing.evidence.gather import packets_of
from billing.evidence.packet import archive
from billing.evidence.packet_keys import sign as sign_manifest
from billing.models import (
    CLOSED_STATES,
    SUBMITTED_FORMATS,
    Claim,
    ClaimCopy,
    ClaimState,
    ExportFormat,
    ExportRun,
    MonthClose,
    Submission,
)
from billing.review.clinic_filter import NarrowChoices, Narrowing, narrow_choices
from billing.seal import corrections
from billing.views.months import close_or_404
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

PER_PAGE = 100
SHOWS = {
    "all": "All",
    "go": "Can be sent",
    "lacking": "Errors",
    "waiting": "Not delivered",
    "gone": "With the payer",
}
COPIES = (ExportFormat.TRIAL, ExportFormat.FORM, ExportFormat.CSV, ExportFormat.FHIR)


def _list_of(ready_claim: Ready) -> str:
    """The page's list that a claim belongs to."""
    if ready_claim.may_go or ready_claim.wrong:
        return "go" if ready_claim.may_go else "lacking"
    return "waiting" if ready_claim.status == ClaimState.WRITTEN else "gone"


def _listed(close: MonthClose, show: str, payer: str, narrowing: Narrowing) -> tuple[list[Ready], list[Ready]]:
    """All claims of a clinic and provider, and those of one list and payer; `all` is every list, "" every payer."""
    all_claims = (
        claims_of(close, on=local_day(timezone.now(), close.practice.zone)) if close.state in CLOSED_STATES else []
    )
    if narrowing:
        keys = set(close.lines.filter(narrowing.lines()).values_list("claim", flat=True))
        all_claims = [ready_claim for ready_claim in all_claims if ready_claim.claim.pk in keys]
    return all_claims, [
        ready_claim
        for ready_claim in all_claims
        if (show not in SHOWS or show == "all" or show == _list_of(ready_claim))
        and payer in {"", ready_claim.content.payer}
    ]


class ClaimsContext(NarrowChoices):
    """The claims of a month: all (`ready`), and a page of one list and payer, with the counts of each list."""

    close: MonthClose
    month: Month
    ready: list[Ready]
    page: "Page[Ready]"
    show: str
    payer: str
    payers: list[str]
    chips: list[tuple[str, str, int]]
    counts: Counter[str]
    due: int  # claims of the whole list that can be sent
    due_total: Decimal
    which: str  # "all" if all of them were chosen by the link
    run: ExportRun | None
    submissions: QuerySet[Submission]
    copies: QuerySet[ClaimCopy]
    submitted: list[ExportFormat]
    copied: list[ExportFormat]
    error: str
    narrow_fields: dict[str, str]


def _claims_page(request: PortalRequest, close: MonthClose, *, error: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    show, payer = asked.get("show", "all"), asked.get("payer", "")[:120]
    narrowing = Narrowing.of(asked)
    all_claims, ready = _listed(close, show, payer, narrowing)
    counts = Counter(map(_list_of, all_claims))
    due = [ready_claim for ready_claim in ready if ready_claim.may_go]
    context: ClaimsContext = {
        "close": close,
        "month": Month.of(close.month),
        "ready": all_claims,
        "page": Paginator(ready, PER_PAGE).get_page(asked.get("page")),
        "show": show,
        "payer": payer,
        "payers": sorted({ready_claim.content.payer for ready_claim in all_claims if ready_claim.content.payer}),
        "chips": [(key, label, len(all_claims) if key == "all" else counts[key]) for key, label in SHOWS.items()],
        "counts": counts,
        "due": len(due),
        "due_total": sum((Decimal(ready_claim.content.total) for ready_claim in due), Decimal()),
        "which": "all" if asked.get("which") == "all" else "",
        "run": file_runs.latest(close),
        "submissions": close.submissions.defer("body").select_related("made_by"),
        "copies": close.copies.defer("body").select_related("made_by"),
        "submitted": list(SUBMITTED_FORMATS),
        "copied": list(COPIES),
        "error": error,
        **narrow_choices(request.practice, narrowing),
        "narrow_fields": {"show": show, "payer": payer},
    }
    return render(request, "billing/claims.html", context, status=422 if error else 200)


def _refusal_page(request: PortalRequest, refusal: Refused, month: str) -> HttpResponse:
    return _claims_page(request, close_or_404(request, month), error=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_GET
def claims(request: PortalRequest, month: str) -> HttpResponse:
    """Each claim with what it lacks, how it was sent, and its answers."""
    close = close_or_404(request, month)
    record_access(request, "list_claims", now=timezone.now(), subject=f"month:{close}")
    return _claims_page(request, close)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def send(request: PortalRequest, month: str) -> HttpResponse:
    """Write the chosen claims into a file, with the password: at once, or in the background if they are many."""
    close, now = close_or_404(request, month), timezone.now()
    shape, again = request.POST.get("shape", ""), bool(request.POST.get("again"))
    if shape not in ExportFormat.values:
        raise Refused("Choose what to write: a submission or a copy.")
    sign_with_both(request, act="export_claims", now=now)
    chosen = _chosen(request, close)
    result = file_runs.request_file(
        close=close, chosen=chosen, shape=shape, by=request.membership, now=now, again=again
    )
    if isinstance(result, Submission):
        return redirect("billing:submission", result.public_id)
    if isinstance(result, ClaimCopy):
        return redirect("billing:copy", result.public_id)
    tasks.ring_export(result.pk)
    return redirect("billing:claims", month)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def report_filing(request: PortalRequest, month: str) -> HttpResponse:
    """Record, with the password, that chosen claims were filed outside of this portal."""
    close, now = close_or_404(request, month), timezone.now()
    sign_with_both(request, act="report_filing", now=now)
    row = send_service.report_filing(
        close=close, chosen=_chosen(request, close), note=request.POST.get("note", ""), by=request.membership, now=now
    )
    return redirect("billing:submission", row.public_id)


def _chosen(request: PortalRequest, close: MonthClose) -> list[str]:
    """The ticked claims, or all claims of the list that can be sent if the link chose them.

    Raises Refused if their number is not the one that the user was shown and signed.
    """
    if request.POST.get("which") != "all":
        return request.POST.getlist("claim")
    narrowing = Narrowing.of(request.POST)
    _, ready = _listed(close, request.POST.get("show", ""), request.POST.get("payer", ""), narrowing)
    sendable = [ready_claim.claim.public_id for ready_claim in ready if ready_claim.may_go]
    if request.POST.get("count") != str(len(sendable)):
        raise Refused(
            f"The list has changed: {len(sendable)} of its claims can be sent now. Review the list and send again."
        )
    return sendable


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def confirm_corrections(request: PortalRequest, month: str) -> HttpResponse:
    """Confirm, with the password and a reason, values on claims that were corrected after the month was locked."""
    close, now = close_or_404(request, month), timezone.now()
    sign_with_both(request, act="confirm_corrections", now=now)
    corrections.confirm_corrections(close=close, reason=request.POST.get("reason", ""), by=request.membership, now=now)
    return redirect("billing:claims", month)


@allow(Permission.SEE_MONTHS)
@require_GET
def writing(request: PortalRequest, month: str) -> HttpResponse:
    """The state of the requested file; the whole page reloads when it is written."""
    close = close_or_404(request, month)
    run = file_runs.latest(close)
    answer = render(request, "billing/_writing.html", {"run": run, "month": Month.of(close.month)})
    if run is None or run.done_at is not None:
        answer["HX-Refresh"] = "true"
    return answer


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def call_off(request: PortalRequest, month: str) -> HttpResponse:
    """Cancel a requested file that is not written yet."""
    close = close_or_404(request, month)
    file_runs.cancel(close=close, by=request.membership, now=timezone.now())
    return redirect("billing:claims", month)


@allow(Permission.SEE_MONTHS)
@require_GET
def packet(request: PortalRequest, public_id: str) -> HttpResponse:
    """The evidence of one claim: a PDF, a manifest with the digest of every part, and the parts."""
    rows = Claim.objects.for_practice(request.practice).select_related(
        "close__prepared_by", "close__sealed_by", "patient", "billing_provider__user", "practice"
    )
    claim = get_object_or_404(rows, public_id=public_id)
    (built,) = packets_of(claim.close, [claim])
    record_access(
        request,
        "read_packet",
        now=timezone.now(),
        subject=f"claim:{claim.public_id}",
        missing_documents=len(built.missing_documents),
    )
    body = archive([(built, packet_pdf.write(built))], sign=sign_manifest)
    return attachment(body, f"evidence-{built.name}.zip", "application/zip")
