"""Views of one submission or copy: the file, its delivery or withdrawal, and answers that come without a file."""

from datetime import date

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.answers.by_hand import LEVELS, answer_by_hand
from billing.answers.code_words import answer_words
from billing.answers.reasons import in_words
from billing.claims import delivery
from billing.models import Answer, ClaimCopy, ClaimVersion, EventKind, ExportFormat, Submission
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

KINDS = {
    ExportFormat.X12: ("edi", "application/edi-x12"),
    ExportFormat.TRIAL: ("edi", "application/edi-x12"),
    ExportFormat.CSV: ("csv", "text/csv; charset=utf-8"),
    ExportFormat.FORM: ("pdf", "application/pdf"),
    ExportFormat.PAPER: ("pdf", "application/pdf"),
    ExportFormat.FHIR: ("json", "application/fhir+json"),
}


def _submission_or_404(request: PortalRequest, public_id: str) -> Submission:
    rows: QuerySet[Submission] = Submission.objects.for_practice(request.practice)
    return get_object_or_404(rows.select_related("close", "made_by", "practice"), public_id=public_id)


def _page(request: PortalRequest, row: Submission, *, error: str = "") -> HttpResponse:
    answers = Answer.objects.select_related("line").order_by("on", "order", "pk")
    versions = row.versions.select_related("claim__patient", "claim__payer")
    versions = versions.prefetch_related(Prefetch("answers", answers)).order_by("pk")
    context = {
        "row": row,
        "month": Month.of(row.close.month),
        "versions": [(version, [_said(answer) for answer in version.answers.all()]) for version in versions],
        "of_file": [_said(answer) for answer in row.answers.order_by("on", "order", "pk")],
        "events": row.events.select_related("by"),
        "not_uploaded": row.events.filter(kind=EventKind.NOT_UPLOADED).exists(),
        "ANSWERS": [(state.value, state.label) for state in LEVELS],
        "error": error,
    }
    record_access(request, "read_export", now=timezone.now(), subject=f"submission:{row.public_id}")
    return render(request, "billing/submission.html", context, status=422 if error else 200)


def _said(answer: Answer) -> tuple[Answer, list[str]]:
    """An answer and what it says in words."""
    words = [in_words(reason) for reason in answer.reasons] + answer_words(answer.codes)
    return answer, words + ([answer.note] if answer.note else [])


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _submission_or_404(request, public_id), error=refusal.message)


@allow(Permission.SEE_MONTHS)
@require_GET
def submission(request: PortalRequest, public_id: str) -> HttpResponse:
    """One submission: its file and hash, what happened to it, and the claims in it with their answers."""
    return _page(request, _submission_or_404(request, public_id))


@allow(Permission.SEND_CLAIMS)
@require_GET
def submission_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The file, byte for byte as it was stored."""
    row, now = _submission_or_404(request, public_id), timezone.now()
    body = row.as_sent()
    delivery.note_download(row, by=request.membership, now=now)
    record_access(request, "download_export", now=now, subject=f"submission:{row.public_id}")
    ending, kind = KINDS[ExportFormat(row.form)] if row.form in ExportFormat.values else ("txt", "text/plain")
    return attachment(body, f"claims-{row.close.month:%Y-%m}-{row.number}.{ending}", kind)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def deliver(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record, with the password, that the file was uploaded or the forms were mailed."""
    row, now = _submission_or_404(request, public_id), timezone.now()
    sign_with_both(request, act="confirm_delivery", now=now)
    delivery.confirm_delivery(submission=row, note=request.POST.get("note", ""), by=request.membership, now=now)
    return redirect("billing:submission", public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def withdraw(request: PortalRequest, public_id: str) -> HttpResponse:
    """Withdraw a submission that was not delivered, with a reason; a downloaded one by two persons."""
    row = _submission_or_404(request, public_id)
    delivery.withdraw(submission=row, reason=request.POST.get("reason", ""), by=request.membership, now=timezone.now())
    return redirect("billing:submission", public_id)


def _copy_or_404(request: PortalRequest, public_id: str) -> ClaimCopy:
    rows: QuerySet[ClaimCopy] = ClaimCopy.objects.for_practice(request.practice)
    return get_object_or_404(rows.select_related("close", "made_by"), public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def copy(request: PortalRequest, public_id: str) -> HttpResponse:
    """One copy: a table, preview or trial, which submits nothing."""
    row = _copy_or_404(request, public_id)
    return render(request, "billing/copy.html", {"row": row, "month": Month.of(row.close.month)})


@allow(Permission.SEND_CLAIMS)
@require_GET
def copy_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The copy, byte for byte as it was stored."""
    row = _copy_or_404(request, public_id)
    body = row.as_sent()
    record_access(request, "download_export", now=timezone.now(), subject=f"claimcopy:{row.public_id}")
    ending, kind = KINDS[ExportFormat(row.shape)]
    name = "trial" if row.shape == ExportFormat.TRIAL else "copy"
    return attachment(body, f"{name}-{row.close.month:%Y-%m}-{row.number}.{ending}", kind)


@allow(Permission.SEND_CLAIMS)
@require_POST
def answer(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record a payer's answer by hand if no file contains it."""
    rows: QuerySet[ClaimVersion] = ClaimVersion.objects.for_practice(request.practice)
    rows = rows.select_related("submission__close", "submission__practice", "practice").defer("submission__body")
    version = get_object_or_404(rows, public_id=public_id)
    try:
        answer_by_hand(
            version=version,
            status=request.POST.get("status", ""),
            paid=request.POST.get("paid", ""),
            payer_control=request.POST.get("payer_control", ""),
            note=request.POST.get("note", ""),
            on=_day(request.POST.get("on", "")),
            by=request.membership,
            now=timezone.now(),
        )
    except Refused as refusal:
        return _page(request, version.submission, error=refusal.message)
    return redirect("billing:submission", version.submission.public_id)


def _day(text: str) -> date | None:
    """A day of a form field, or None if it is empty. Raises Refused."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("Enter the day of the payer's answer.") from None
