"""Doors: the claims of a sealed month, the files that left, and what the payer answered."""

from collections import Counter
from typing import Any

from django.core.paginator import Paginator
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
from billing.models import SHUT, AnswerStatus, Claim, Export, ExportFormat, MonthClose, Remittance, SentClaim
from billing.views.months import close_or_404
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_look
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

LARGEST = 10 * 1024 * 1024
PER_PAGE = 100
SHOWS = {"all": "All", "go": "Can leave", "lacking": "Lack something", "gone": "With the payer"}
KINDS = {
    ExportFormat.X12: ("edi", "application/edi-x12"),
    ExportFormat.CSV: ("csv", "text/csv; charset=utf-8"),
    ExportFormat.FORM: ("pdf", "application/pdf"),
    ExportFormat.FHIR: ("json", "application/fhir+json"),
}


def _stands(one: Ready) -> str:
    """Which of the page's lists a claim is on."""
    return "go" if one.may_go else "lacking" if one.wrong else "gone"


def _listed(close: MonthClose, show: str, payer: str) -> tuple[list[Ready], list[Ready]]:
    """All claims of the month, and those of a list and payer; `all` is every list, no payer every one."""
    whole = claims_of(close) if close.state in SHUT else []
    return whole, [
        one
        for one in whole
        if (show not in SHOWS or show == "all" or show == _stands(one)) and payer in {"", one.content.payer}
    ]


def _claims_page(request: PortalRequest, close: MonthClose, *, said: str = "") -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    show, payer = asked.get("show", "all"), asked.get("payer", "")[:120]
    whole, ready = _listed(close, show, payer)
    counts = Counter(map(_stands, whole))
    page = Paginator(ready, PER_PAGE).get_page(asked.get("page"))
    context: dict[str, Any] = {
        "close": close,
        "month": Month.of(close.month),
        "ready": whole,
        "page": page,
        "show": show,
        "payer": payer,
        "payers": sorted({one.content.payer for one in whole if one.content.payer}),
        "chips": [(key, label, len(whole) if key == "all" else counts[key]) for key, label in SHOWS.items()],
        "may_go": counts["go"],
        "lacking": counts["lacking"],
        "gone": counts["gone"],
        # What one press sends where the list has more than a page.
        "listed_go": sum(one.may_go for one in ready),
        "run": file_runs.latest(close),
        "exports": close.exports.defer("body").select_related("made_by"),
        "Shape": ExportFormat,
        "ANSWERS": AnswerStatus.choices,
        "said": said,
    }
    return render(request, "billing/claims.html", context, status=422 if said else 200)


def _refused(request: PortalRequest, refusal: Refused, month: str) -> HttpResponse:
    return _claims_page(request, close_or_404(request, month), said=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_GET
def claims(request: PortalRequest, month: str) -> HttpResponse:
    """Each claim with what it lacks, how it was sent, and what came back."""
    close = close_or_404(request, month)
    record_look(request, "list_claims", now=timezone.now(), subject=f"month:{close}")
    return _claims_page(request, close)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refused)
def send(request: PortalRequest, month: str) -> HttpResponse:
    """Write the chosen claims into a file, with the password: at once, or many of them in the background."""
    close, now = close_or_404(request, month), timezone.now()
    shape, again = request.POST.get("shape", ""), bool(request.POST.get("again"))
    if shape not in ExportFormat.values:
        raise Refused("Choose how the claims leave: 837P, CSV, CMS-1500 or FHIR Claim.")
    sign_with_both(request, act="export_claims", now=now)
    chosen = _chosen(request, close)
    made = file_runs.request_file(close=close, chosen=chosen, shape=shape, by=request.membership, now=now, again=again)
    if isinstance(made, Export):
        return redirect("billing:export", made.public_id)
    tasks.ring_export(made.pk)
    return redirect("billing:claims", month)


def _chosen(request: PortalRequest, close: MonthClose) -> list[str]:
    """The claims that were ticked, or all of the list that can leave.

    Raises Refused where those are not as many as the user was told: what was seen is what is signed.
    """
    if request.POST.get("which") != "all":
        return request.POST.getlist("claim")
    _, ready = _listed(close, request.POST.get("show", ""), request.POST.get("payer", ""))
    going = [one.claim.public_id for one in ready if one.may_go]
    if request.POST.get("count") != str(len(going)):
        raise Refused(f"The list has changed: {len(going)} of it can leave now. Look at it and send again.")
    return going


@allow(Permission.SEE_MONTHS)
@require_GET
def writing(request: PortalRequest, month: str) -> HttpResponse:
    """Whether the file that was asked for is written; when it is, the whole page loads anew."""
    close = close_or_404(request, month)
    run = file_runs.latest(close)
    answer = render(request, "billing/_writing.html", {"run": run, "month": Month.of(close.month)})
    if run is None or run.done_at is not None:
        answer["HX-Refresh"] = "true"
    return answer


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refused)
def call_off(request: PortalRequest, month: str) -> HttpResponse:
    """Call off a file that was asked for and is not written yet."""
    close = close_or_404(request, month)
    file_runs.cancel(close=close, by=request.membership, now=timezone.now())
    return redirect("billing:claims", month)


def _export(request: PortalRequest, public_id: str) -> Export:
    rows = Export.objects.for_practice(request.practice).select_related("close", "made_by")
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def export(request: PortalRequest, public_id: str) -> HttpResponse:
    """One file that left: its hash, and the claims in it."""
    row = _export(request, public_id)
    sent = row.sent.select_related("claim__patient", "claim__payer").prefetch_related("answers").order_by("pk")
    context = {"export": row, "month": Month.of(row.close.month), "sent": sent}
    record_look(request, "read_export", now=timezone.now(), subject=f"export:{row.public_id}")
    return render(request, "billing/export.html", context)


@allow(Permission.SEND_CLAIMS)
@require_GET
def export_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The file, byte for byte as it was kept."""
    row = _export(request, public_id)
    body = row.as_sent()
    record_look(request, "download_export", now=timezone.now(), subject=f"export:{row.public_id}")
    ending, kind = KINDS[ExportFormat(row.shape)]
    return attachment(body, f"claims-{row.close.month:%Y-%m}-{row.number}.{ending}", kind)


@allow(Permission.SEE_MONTHS)
@require_GET
def packet(request: PortalRequest, public_id: str) -> HttpResponse:
    """The evidence behind one claim: a PDF, a manifest with the digest of every part, and the parts."""
    rows = Claim.objects.for_practice(request.practice).select_related(
        "close__prepared_by", "close__sealed_by", "patient", "billing_provider__user", "practice"
    )
    claim = get_object_or_404(rows, public_id=public_id)
    (made,) = packets_of(claim.close, [claim])
    record_look(request, "read_packet", now=timezone.now(), subject=f"claim:{claim.public_id}", holes=len(made.holes))
    return attachment(archive([(made, packet_pdf.write(made))]), f"evidence-{made.name}.zip", "application/zip")


@allow(Permission.SEND_CLAIMS)
@require_POST
def answer(request: PortalRequest, public_id: str) -> HttpResponse:
    """What the payer said, entered by hand where no file says it."""
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
        return _claims_page(request, sent.export.close, said=str(refusal))
    return redirect("billing:claims", str(sent.export.close))


@allow(Permission.SEND_CLAIMS)
@require_http_methods(["GET", "POST"])
def remittances(request: PortalRequest) -> HttpResponse:
    """Answer files: 999, 277CA and 835, posted whole or not at all."""
    said, posted = "", None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            if file is None:
                raise Refused("Choose a file.")
            if (file.size or 0) > LARGEST:
                raise Refused("This file is larger than 10 MB.")
            posted = post.post_file(
                practice=request.practice, body=file.read(), by=request.membership, now=timezone.now()
            )
        except Refused as refusal:
            said = str(refusal)
    rows = Remittance.objects.for_practice(request.practice).defer("body").select_related("posted_by")
    context = {"rows": rows.prefetch_related("answers")[:30], "said": said, "posted": posted}
    return render(request, "billing/remittances.html", context, status=422 if said else 200)
