"""Views of the hand-over to a practice-management system: the files, and the proof that it took them."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.ledger import hand_over as service
from billing.models import HandOver
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.refusals import Refused, answer_refusals
from rpm_portal.core.tables import attachment

RECENT = 100


def _page(request: PortalRequest, *, error: str = "") -> HttpResponse:
    rows = HandOver.objects.for_practice(request.practice).defer("body").select_related("made_by", "taken_by")
    systems = service.systems_of(request.practice)
    context = {
        "rows": rows[:RECENT],
        "systems": [(name, service.new_entries(request.practice, name).count()) for name in systems],
        "typed": request.POST,
        "error": error,
    }
    return render(request, "billing/hand_overs.html", context, status=422 if error else 200)


def _refused(request: PortalRequest, refusal: Refused, public_id: str = "") -> HttpResponse:
    return _page(request, error=refusal.message)


@allow(Permission.SEND_CLAIMS)
@require_GET
def hand_overs(request: PortalRequest) -> HttpResponse:
    """Files for practice-management systems, with how many entries are new for each."""
    return _page(request)


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refused)
def make_hand_over(request: PortalRequest) -> HttpResponse:
    """Write the file of what is new for a system."""
    service.make_hand_over(system=request.POST.get("system", ""), by=request.membership, now=timezone.now())
    return redirect("billing:hand_overs")


def _row_or_404(request: PortalRequest, public_id: str) -> HandOver:
    row: HandOver = get_object_or_404(HandOver.objects.for_practice(request.practice), public_id=public_id)
    return row


@allow(Permission.SEND_CLAIMS)
@require_GET
def hand_over_file(request: PortalRequest, public_id: str) -> HttpResponse:
    """The archive, byte for byte as it was written."""
    row = _row_or_404(request, public_id)
    record_access(request, "download_hand_over", now=timezone.now(), subject=f"handover:{row.public_id}")
    return attachment(bytes(row.body), f"hand-over-{row.number}-{row.public_id}.zip", "application/zip")


@allow(Permission.SEND_CLAIMS)
@require_POST
@answer_refusals(_refused)
def confirm_hand_over(request: PortalRequest, public_id: str) -> HttpResponse:
    """Record the batch number and the sums that the system shows for a file."""
    service.confirm_hand_over(
        hand_over=_row_or_404(request, public_id),
        proof=request.POST.get("proof", ""),
        charges_total=request.POST.get("charges", ""),
        postings_total=request.POST.get("postings", ""),
        by=request.membership,
        now=timezone.now(),
    )
    return redirect("billing:hand_overs")
