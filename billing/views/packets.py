"""Views of packets: of a month or of the claims in a record request, made in the background, one archive."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from billing import tasks
from billing.evidence import packet_runs
from billing.evidence.gather import previews_of
from billing.evidence.packet_keys import public_keys
from billing.models import Claim, CloseState, MonthClose, PacketRun
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may, refuse
from rpm_portal.core.refusals import Refused

_REVIEWED_STATES = (CloseState.IN_REVIEW, CloseState.PREPARED, CloseState.SEALED, CloseState.SENT)
MAX_PREVIEWS = 25


@allow(Permission.SEE_MONTHS)
@require_http_methods(["GET", "POST"])
def packets(request: PortalRequest) -> HttpResponse:
    """Choose claims by month or number, preview their evidence and what is missing, and request the packets."""
    now, error = timezone.now(), ""
    closes = list(
        MonthClose.objects.for_practice(request.practice).filter(state__in=_REVIEWED_STATES).order_by("-month")
    )
    context: dict[str, object] = {"closes": closes, "asked": {}, "PREVIEWED": MAX_PREVIEWS}
    if request.method == "POST":
        if not may(request.membership.role, Permission.SEND_CLAIMS):
            return refuse(request, Permission.SEND_CLAIMS)
        asked = {name: request.POST.get(name, "")[:60_000] for name in ("month", "numbers", "title", "letter")}
        context["asked"] = asked
        claims, unknown = _chosen(request, closes, asked)
        try:
            if unknown:
                shown = ", ".join(unknown[:8])
                raise Refused(f"{len(unknown)} of the numbers name no claim of this practice: {shown}.")
            if request.POST.get("act") == "make":
                run = packet_runs.ask_for(
                    claims=claims, title=asked["title"], letter=asked["letter"], by=request.membership, now=now
                )
                tasks.ring_packets(run.pk)
                return redirect("billing:packet_run", run.public_id)
        except Refused as refusal:
            error = str(refusal)
        context |= {"chosen": claims, "shown": _preview(claims[:MAX_PREVIEWS]), "looked": True}
        record_access(request, "preview_packets", now=now, subject="packets", count=len(claims))
    rows = PacketRun.objects.for_practice(request.practice).select_related("asked_by")
    context |= {"runs": rows[:20], "error": error, "kept_days": settings.KEEP_PACKETS, "public_keys": public_keys()}
    return render(request, "billing/packets.html", context, status=422 if error else 200)


def _chosen(request: PortalRequest, closes: list[MonthClose], asked: dict[str, str]) -> tuple[list[Claim], list[str]]:
    if asked["numbers"].strip():
        return packet_runs.claims_named(request.practice, packet_runs.numbers_in(asked["numbers"]))
    close = next((row for row in closes if str(row) == asked["month"]), None)
    return (packet_runs.claims_of_month(close) if close else []), []


def _preview(claims: list[Claim]) -> list[dict[str, object]]:
    """The first claims with the evidence on file and what is missing."""
    return [
        {
            "claim": claim,
            "needs": [part for part in packet.parts if part.need],
            "missing_documents": packet.missing_documents,
        }
        for claim, packet in previews_of(claims)
    ]


def _run_or_404(request: PortalRequest, public_id: str) -> PacketRun:
    rows: QuerySet[PacketRun] = PacketRun.objects.for_practice(request.practice).select_related("asked_by", "practice")
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.SEE_MONTHS)
@require_GET
def packet_run(request: PortalRequest, public_id: str) -> HttpResponse:
    """The progress of the packets; each with what it lacks."""
    run = _run_or_404(request, public_id)
    items = run.items.defer("body").select_related("claim__patient", "claim__close")
    context = {"run": run, "state": packet_runs.state_of(run), "items": items[:200]}
    record_access(request, "read_packets", now=timezone.now(), subject=f"packets:{run.public_id}")
    return render(request, "billing/packet_run.html", context)


@allow(Permission.SEE_MONTHS)
@require_GET
def progress(request: PortalRequest, public_id: str) -> HttpResponse:
    """The progress bar; the whole page reloads when all packets are made."""
    run = _run_or_404(request, public_id)
    state = packet_runs.state_of(run)
    answer = render(request, "billing/_packet_progress.html", {"run": run, "state": state})
    if state.finished:
        answer["HX-Refresh"] = "true"
    return answer


@allow(Permission.SEE_MONTHS)
@require_GET
def packet_file(request: PortalRequest, public_id: str) -> StreamingHttpResponse:
    """The finished packets as one archive, letter and list first. Read from the database a packet at a time."""
    run = _run_or_404(request, public_id)
    if run.cleared_at is not None or not packet_runs.state_of(run).finished:
        raise Http404
    record_access(request, "download_packets", now=timezone.now(), subject=f"packets:{run.public_id}")
    answer = StreamingHttpResponse(packet_runs.read(run, zone=request.practice.zone), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="evidence-{run.public_id}.zip"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
