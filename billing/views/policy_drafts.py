"""Views of a payer's next policy: drafted, tried on the golden cases and a month, approved by a second person."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from billing.models import DraftState, MonthClose, PolicyDraft
from billing.policies import drafts
from billing.policies.coverage_check import NAMES
from billing.policies.moved_drafts import draft_always, draft_for_month
from billing.policies.own_cases import broken_by
from billing.review.policy_replay import replay
from billing.rules.describe import policy_rows
from billing.rules.golden import changed_cases
from billing.rules.policy import parameters
from billing.views.policies import REPLAYABLE_STATES
from enrollment.models import Payer
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.stepup import sign_with_both
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month
from rpm_portal.core.refusals import Refused

EMPTY_ROWS = 2
_COLUMNS = ("key", "value", "from", "to", "source")


@allow(Permission.DRAFT_POLICIES)
@require_POST
def start(request: PortalRequest) -> HttpResponse:
    """Start a draft of a payer's next policy from the policy in force."""
    payer = get_object_or_404(Payer.objects.filter(practice=request.practice), name=request.POST.get("payer", ""))
    row = drafts.start_draft(payer=payer, by=request.membership, now=timezone.now())
    return redirect("billing:draft", row.public_id)


def _draft_or_404(request: PortalRequest, public_id: str) -> PolicyDraft:
    rows: QuerySet[PolicyDraft] = PolicyDraft.objects.for_practice(request.practice).select_related(
        "payer", "practice", "made_by", "submitted_by", "decided_by"
    )
    return get_object_or_404(rows, public_id=public_id)


def _page(
    request: PortalRequest, draft: PolicyDraft, *, error: str = "", typed: dict[str, Any] | None = None
) -> HttpResponse:
    closes = (
        MonthClose.objects.for_practice(request.practice).filter(state__in=REPLAYABLE_STATES).order_by("-month")[:12]
    )
    shown = typed or {
        "preset": draft.preset,
        "starts_on": draft.starts_on.isoformat(),
        "source": draft.source,
        "rows": [
            {**departure, "value": drafts.as_typed(departure.get("value")), "to": departure.get("to", "")}
            for departure in draft.departures
        ],
    }
    context: dict[str, object] = {
        "draft": draft,
        "shown": shown,
        "rows": [*shown["rows"], *({} for _ in range(EMPTY_ROWS))],
        "error": error,
        "NAMES": NAMES,
        "KEYS": {key: spec["about"] for key, spec in parameters().items()},
        "closes": closes,
        "asked_month": request.GET.get("month", ""),
        "editing": draft.state == DraftState.DRAFT,
    }
    try:
        policy = drafts.policy_of(draft)
        context["golden"], context["others"] = changed_cases(draft.preset, draft_always(draft).policy)
        context["own"], context["broken"] = broken_by(draft)
        context["parameters"] = policy_rows(policy, draft.starts_on)
        asked = request.GET.get("month", "")
        close = next((row for row in closes if str(row) == asked), None)
        if close is not None:
            context |= _impact(request, draft, close)
    except Refused as refusal:
        context["error"] = error or str(refusal)
    return render(request, "billing/draft.html", context, status=422 if error else 200)


def _impact(request: PortalRequest, draft: PolicyDraft, close: MonthClose) -> dict[str, object]:
    """A month under the draft; a draft that begins later is moved into it."""
    month = Month.of(close.month)
    moved = draft_for_month(draft, month)
    result = replay(close, draft.payer, moved.policy)
    record_access(
        request,
        "replay_month",
        now=timezone.now(),
        subject=f"month:{close}",
        draft=draft.public_id,
        patients=len(result.patients),
    )
    return {"replayed": result, "replay_month": month, "moved": moved}


@allow(Permission.SEE_MONTHS)
@require_GET
def draft(request: PortalRequest, public_id: str) -> HttpResponse:
    """The draft, the golden cases it changes, and a month replayed under it."""
    return _page(request, _draft_or_404(request, public_id))


@allow(Permission.DRAFT_POLICIES)
@require_POST
def change(request: PortalRequest, public_id: str) -> HttpResponse:
    """Save the typed draft, or submit it to a second person."""
    changed_draft, now = _draft_or_404(request, public_id), timezone.now()
    columns = [request.POST.getlist(name) for name in ("key", "value", "from", "to", "row_source")]
    rows = [
        dict(zip(("key", "value", "from", "to", "source"), row, strict=True)) for row in zip(*columns, strict=False)
    ]
    rows = [row for row in rows if row["key"]]
    typed = {name: request.POST.get(name, "")[:200] for name in ("preset", "starts_on", "source")} | {"rows": rows}
    try:
        if any(row["key"] and not row["from"] for row in rows):
            raise Refused("Enter the first day of each exception in the column From.")
        departures = [
            {"key": row["key"], "value": drafts.value_of(row["key"], row["value"][:500]), "from": row["from"]}
            | ({"to": row["to"]} if row["to"] else {})
            | {"source": row["source"][:200]}
            for row in rows[:60]
        ]
        values = {**typed, "starts_on": parse_day(request.POST.get("starts_on", "")), "departures": departures}
        changed_draft = drafts.change_draft(draft=changed_draft, values=values, by=request.membership, now=now)
        if request.POST.get("act") == "submit":
            drafts.submit_draft(draft=changed_draft, by=request.membership, now=now)
    except Refused as refusal:
        return _page(request, changed_draft, error=str(refusal), typed=typed)
    return redirect("billing:draft", public_id)


@allow(Permission.APPROVE_POLICIES)
@require_POST
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """Approve the draft with the password, or refuse it."""
    decided_draft, now = _draft_or_404(request, public_id), timezone.now()
    approve = request.POST.get("act") == "approve"
    try:
        if approve:
            sign_with_both(request, act="approve_policy", now=now)
        drafts.decide_draft(
            draft=decided_draft, approve=approve, reason=request.POST.get("reason", ""), by=request.membership, now=now
        )
    except Refused as refusal:
        return _page(request, decided_draft, error=refusal.message)
    return redirect("billing:draft", public_id)
