"""Views of duties to refund: the open ones by due date, and the proof that ends each."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.claims import refunds
from billing.claims.refund_sums import duties, refund_of
from billing.evidence.payer_letters import refund_letter
from billing.models import Claim, ProofKind, RefundDuty, RefundSource
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

RED_DAYS = 14  # days before the deadline from which a duty is marked


@allow(Permission.SEE_MONTHS)
@require_GET
def refund_duties(request: PortalRequest) -> HttpResponse:
    """The overpayments that must be returned, by due date, or those that were."""
    now, show = timezone.now(), "ended" if request.GET.get("show") == "ended" else "open"
    rows = duties(request.practice, ended=show == "ended")
    context = {
        "rows": rows,
        "show": show,
        "today": local_day(now, request.practice.zone),
        "owed": sum(row.open_payer + row.open_patient for row in rows),
    }
    record_access(request, "list_refunds", now=now, subject="refunds", count=len(rows))
    return render(request, "billing/refunds.html", context)


def _duty(request: PortalRequest, public_id: str) -> RefundDuty:
    rows: QuerySet[RefundDuty] = RefundDuty.objects.for_practice(request.practice)
    joined = ("claim__patient", "claim__payer", "claim__close", "claim__practice", "line", "opened_by", "practice")
    return get_object_or_404(rows.select_related(*joined).prefetch_related("proofs__recorded_by"), public_id=public_id)


def _page(request: PortalRequest, duty: RefundDuty, *, error: str = "") -> HttpResponse:
    now = timezone.now()
    context = {
        "refund": refund_of(duty),
        "duty": duty,
        "claim": duty.claim,
        "days": (duty.due_on - local_day(now, request.practice.zone)).days,
        "RED": RED_DAYS,
        "reversals": refunds.reversals_of(duty) if duty.ended_at is None else [],
        "offsets": refunds.offsets_of(duty) if duty.ended_at is None else [],
        "longest": refunds.last_day_of_investigation(duty),
        "KINDS": [(ProofKind.CHECK, ProofKind.CHECK.label), (ProofKind.PATIENT, ProofKind.PATIENT.label)],
        "typed": {name: request.POST.get(name, "")[:300] for name in ("amount", "on", "reference", "reason")},
        "error": error,
    }
    record_access(request, "read_refund", now=now, subject=f"refund:{duty.public_id}")
    return render(request, "billing/refund.html", context, status=422 if error else 200)


@allow(Permission.SEE_MONTHS)
@require_GET
def refund(request: PortalRequest, public_id: str) -> HttpResponse:
    """One duty with its deadline, its investigation, and its proofs."""
    return _page(request, _duty(request, public_id))


def _refusal_page(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _page(request, _duty(request, public_id), error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def prove_refund(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record proof: a check or EFT, money back to the patient, or a reversal or amount that the payer posted."""
    duty, typed, now = _duty(request, public_id), request.POST, timezone.now()
    kind = typed.get("kind", "")
    if kind in {ProofKind.REVERSAL, ProofKind.OFFSET}:
        refunds.prove_by_payer(duty=duty, kind=kind, key=typed.get("row", ""), by=request.membership, now=now)
    else:
        refunds.prove(
            duty=duty,
            kind=kind,
            amount=typed.get("amount", ""),
            on=parse_day(typed.get("on", "")),
            reference=typed.get("reference", ""),
            by=request.membership,
            now=now,
        )
    return redirect("billing:refund", public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refusal_page)
def investigate_refund(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record the first or the last day of an investigation of related overpayments."""
    duty, now, on = _duty(request, public_id), timezone.now(), parse_day(request.POST.get("on", ""))
    if duty.investigated_from is None:
        reason = request.POST.get("reason", "")
        refunds.investigate(duty=duty, on=on, reason=reason, by=request.membership, now=now)
    else:
        refunds.conclude_investigation(duty=duty, on=on, by=request.membership, now=now)
    return redirect("billing:refund", public_id)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals()
def open_refund(request: PortalRequest, public_id: str) -> HttpResponse:
    """Open a duty for a claim or one of its lines that a person found to be overpaid."""
    rows: QuerySet[Claim] = Claim.objects.for_practice(request.practice)
    claim = get_object_or_404(rows.select_related("practice"), public_id=public_id)
    number = request.POST.get("line", "")[:12]
    line = get_object_or_404(claim.lines.filter(practice=request.practice), public_id=number) if number else None
    duty = refunds.open_duty(
        claim=claim,
        line=line,
        source=RefundSource.PERSON,
        reason=request.POST.get("reason", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:refund", duty.public_id)


@allow(Permission.SEND_CLAIMS)
@require_GET
@answer_refusals()
def refund_letter_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The letter with a voluntary refund, as PDF."""
    duty, now = _duty(request, public_id), timezone.now()
    version = duty.claim.versions.filter(submission__delivered_at__isnull=False).order_by("-number").first()
    if version is None:
        raise Refused("No version of this claim was delivered.")
    record_access(request, "read_letter", now=now, subject=f"refund:{duty.public_id}")
    body = refund_letter(duty, version, on=local_day(now, request.practice.zone))
    return attachment(body, f"refund-{version.control}.pdf", "application/pdf")
