"""Views of the claims of a sealed month, the sent files, and the payers' answers."""

from collections import Counter
from typing import TypedDict

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import tasks
from billing.answers import post
from billing.claims import file_runs
from billing.claims.ready_claims import Ready, claims_of
from billing.evidence import packet_pdf
from billing.evidence.gather import packets_of
from billing.evidence.packet import archive
from billing.models import (
    CLOSED_STATES,
    AnswerStatus,
    Claim,
    Export,
    ExportFormat,
    ExportRun,
    MonthClose,
    Remittance,
    SentClaim,
)
from billing.views.months import close_or_404
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
PER_PAGE = 100
SHOWS = {"all": "All", "go": "Can leave", "lacking": "Lack something", "gone": "With the payer"}
KINDS = {
    ExportFormat.X12: ("edi", "application/edi-x12"),
    ExportFormat.CSV: ("csv", "text/csv; charset=utf-8"),
    ExportFormat.FORM: ("pdf", "application/pdf"),
    ExportFormat.FHIR: ("json", "application/fhir+json"),
}


def _list_of(ready_claim: Ready) -> str:
    """The page's list that a claim belongs to."""
    return "go" if ready_claim.may_go else "lacking" if ready_claim.wrong else "gone"


def _listed(close: MonthClose, show: str, payer: str) -> tuple[list[Ready], list[Ready]]:
    """All claims of the month, and those of one list and payer; `all` is every list, an empty payer every payer."""
    all_claims = claims_of(close) if close.state in CLOSED_STATES else []
    return all_claims, [
        ready_claim
        for ready_claim in all_claims
        if (show not in SHOWS or show == "all" or show == _list_of(ready_claim))
        and payer in {"", ready_claim.content.payer}
    ]


class ClaimsContext(TypedDict):
    """The claims of a month: all (`ready`), and a page of one list and payer, with the counts of each list."""

    close: MonthClose
    month: Month
    ready: list[Ready]
    page: "Page[Ready]"
    show: str
    payer: str
    payers: list[str]
    chips: list[tuple[str, str, int]]
    may_go: int
    lacking: int
    gone: int
    listed_go: int  # sent at once from a list of several pages
    run: ExportRun | None
    exports: QuerySet[Export]
    Shape: type[ExportFormat]
    ANSWERS: list[tuple[str, str]]
    error: str


def _claims_page(request: PortalRequest, close: MonthClose, *, error: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    show, payer = asked.get("show", "all"), asked.get("payer", "")[:120]
    all_claims, ready = _listed(close, show, payer)
    counts = Counter(map(_list_of, all_claims))
    page = Paginator(ready, PER_PAGE).get_page(asked.get("page"))
    context: ClaimsContext = {
        "close": close,
        "month": Month.of(close.month),
        "ready": all_claims,
        "page": page,
        "show": show,
        "payer": payer,
        "payers": sorted({ready_claim.content.payer for ready_claim in all_claims if ready_claim.content.payer}),
        "chips": [(key, label, len(all_claims) if key == "all" else counts[key]) for key, label in SHOWS.items()],
        "may_go": counts["go"],
        "lacking": counts["lacking"],
        "gone": counts["gone"],
        "listed_go": sum(ready_claim.may_go for ready_claim in ready),
        "run": file_runs.latest(close),
        "exports": close.exports.defer("body").select_related("made_by"),
        "Shape": ExportFormat,
        "ANSWERS": AnswerStatus.choices,
        "error": error,
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
        raise Refused("Choose how the claims leave: 837P, CSV, CMS-1500 or FHIR Claim.")
    sign_with_both(request, act="export_claims", now=now)
    chosen = _chosen(request, close)
    result = file_runs.request_file(
        close=close, chosen=chosen, shape=shape, by=request.membership, now=now, again=again
    )
    if isinstance(result, Export):
        return redirect("billing:export", result.public_id)
    tasks.ring_export(result.pk)
    return redirect("billing:claims", month)


def _chosen(request: PortalRequest, close: MonthClose) -> list[str]:
    """The ticked claims, or all claims of the list that can be sent.

    Raises Refused if their number is not the one that the user was shown and signed.
    """
    if request.POST.get("which") != "all":
        return request.POST.getlist("claim")
    _, ready = _listed(close, request.POST.get("show", ""), request.POST.get("payer", ""))
    sendable = [ready_claim.claim.public_id for ready_claim in ready if ready_claim.may_go]
    if request.POST.get("count") != str(len(sendable)):
        raise Refused(f"The list has changed: {len(sendable)} of it can leave now. Look at it and send again.")
    return sendable


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


def _export_or_404(request: PortalRequest, public_id: str) -> Export:
    rows: QuerySet[Export] = Export.objects.for_practice(request.practice).select_related("close", "made_by")
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def export(request: PortalRequest, public_id: str) -> HttpResponse:
    """One sent file: its hash, and the claims in it."""
    row = _export_or_404(request, public_id)
    sent = row.sent.select_related("claim__patient", "claim__payer").prefetch_related("answers").order_by("pk")
    context = {"export": row, "month": Month.of(row.close.month), "sent": sent}
    record_access(request, "read_export", now=timezone.now(), subject=f"export:{row.public_id}")
    return render(request, "billing/export.html", context)


@allow(Permission.SEND_CLAIMS)
@require_GET
def export_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The file, byte for byte as it was stored."""
    row = _export_or_404(request, public_id)
    body = row.as_sent()
    record_access(request, "download_export", now=timezone.now(), subject=f"export:{row.public_id}")
    ending, kind = KINDS[ExportFormat(row.shape)]
    return attachment(body, f"claims-{row.close.month:%Y-%m}-{row.number}.{ending}", kind)


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
    return attachment(archive([(built, packet_pdf.write(built))]), f"evidence-{built.name}.zip", "application/zip")


@allow(Permission.SEND_CLAIMS)
@require_POST
def answer(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record a payer's answer by hand if no file contains it."""
    rows = SentClaim.objects.for_practice(request.practice).select_related("export__close", "practice")
    sent = get_object_or_404(rows.defer("export__body"), public_id=public_id)
    try:
        post.answer_by_hand(
            sent=sent,
            status=request.POST.get("status", ""),
            paid=request.POST.get("paid", ""),
            payer_control=request.POST.get("payer_control", ""),
            note=request.POST.get("note", ""),
            by=request.membership,
            now=timezone.now(),
        )
    except Refused as refusal:
        return _claims_page(request, sent.export.close, error=str(refusal))
    return redirect("billing:claims", str(sent.export.close))


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
def remittances(request: PortalRequest) -> HttpResponse:
    """Answer files: 999, 277CA and 835, posted completely or not at all."""
    error, posted = "", None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Refused("Choose a file.")
            if (file.size or 0) > MAX_UPLOAD_BYTES:
                raise Refused("This file is larger than 10 MB.")
            posted = post.post_file(
                practice=request.practice, body=file.read(), by=request.membership, now=timezone.now()
            )
        except Refused as refusal:
            error = str(refusal)
    rows = Remittance.objects.for_practice(request.practice).defer("body").select_related("posted_by")
    context = {"rows": rows.prefetch_related("answers")[:30], "error": error, "posted": posted}
    return render(request, "billing/remittances.html", context, status=422 if error else 200)
