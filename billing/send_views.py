"""Doors: the claims of a sealed month, the files that left, and what the payer answered."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing import answers, sending
from billing.contents import claims_of
from billing.export import packet_pdf
from billing.export.packet import archive
from billing.models import AnswerStatus, Claim, CloseState, Export, MonthClose, Remittance, SentClaim, Shape
from billing.proof import packets_of
from billing.services import CloseRefused
from billing.views import close_or_404
from rpm_portal.access import Permission, allow
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_look
from rpm_portal.days import Month
from rpm_portal.http import PortalRequest, words_of
from rpm_portal.tables import attachment

LARGEST = 10 * 1024 * 1024
KINDS = {
    Shape.X12: ("edi", "application/edi-x12"),
    Shape.CSV: ("csv", "text/csv; charset=utf-8"),
    Shape.FORM: ("pdf", "application/pdf"),
    Shape.FHIR: ("json", "application/fhir+json"),
}


def _claims_page(request: PortalRequest, close: MonthClose, *, said: str = "") -> HttpResponse:
    ready = claims_of(close) if close.state in {CloseState.SEALED, CloseState.SENT} else []
    context: dict[str, Any] = {
        "close": close,
        "month": Month.of(close.month),
        "ready": ready,
        "may_go": sum(one.may_go for one in ready),
        "lacking": sum(bool(one.wrong) for one in ready),
        "gone": sum(one.sent is not None and not one.due for one in ready),
        "exports": close.exports.defer("body").select_related("made_by"),
        "Shape": Shape,
        "ANSWERS": AnswerStatus.choices,
        "said": said,
    }
    return render(request, "billing/claims.html", context, status=422 if said else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def claims(request: PortalRequest, month: str) -> HttpResponse:
    """Each claim with what it lacks, how it was sent, and what came back."""
    close = close_or_404(request, month)
    record_look(request, "list_claims", now=timezone.now(), subject=f"month:{close}")
    return _claims_page(request, close)


@allow(Permission.SEND_CLAIMS)
@require_POST
def send(request: PortalRequest, month: str) -> HttpResponse:
    """Write the chosen claims into a file, with the password."""
    close, now = close_or_404(request, month), timezone.now()
    shape = request.POST.get("shape", "")
    try:
        if shape not in Shape.values:
            raise CloseRefused("Choose how the claims leave: 837P, CSV, CMS-1500 or FHIR Claim.")
        sign_with_both(request, act="export_claims", now=now)
        export = sending.send(
            close=close,
            chosen=request.POST.getlist("claim"),
            shape=shape,
            by=request.membership,
            now=now,
            again=bool(request.POST.get("again")),
        )
    except (CloseRefused, ValidationError) as refusal:
        return _claims_page(request, close, said=words_of(refusal))
    return redirect("billing:export", export.public_id)


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
    ending, kind = KINDS[Shape(row.shape)]
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
    sent = get_object_or_404(rows, public_id=public_id)
    try:
        answers.answer_by_hand(
            sent=sent,
            status=request.POST.get("status", ""),
            paid=request.POST.get("paid", ""),
            payer_control=request.POST.get("payer_control", ""),
            note=request.POST.get("note", ""),
            by=request.membership,
            now=timezone.now(),
        )
    except answers.AnswerRefused as refusal:
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
                raise answers.AnswerRefused("Choose a file.")
            if (file.size or 0) > LARGEST:
                raise answers.AnswerRefused("This file is larger than 10 MB.")
            posted = answers.post_file(
                practice=request.practice, body=file.read(), by=request.membership, now=timezone.now()
            )
        except answers.AnswerRefused as refusal:
            said = str(refusal)
    rows = Remittance.objects.for_practice(request.practice).defer("body").select_related("posted_by")
    context = {"rows": rows.prefetch_related("answers")[:30], "said": said, "posted": posted}
    return render(request, "billing/remittances.html", context, status=422 if said else 200)
