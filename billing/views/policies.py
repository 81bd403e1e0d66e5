"""Views of each payer's policy in words, and of a closed month replayed under another policy."""

from collections.abc import Iterable

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.models import CloseState, MonthClose, PayerPolicy, PolicyDraft
from billing.policies.coverage_check import NAMES
from billing.policies.in_force import policies_of
from billing.policies.rules_in_force import rules_of
from billing.review.policy_replay import replay
from billing.rules.describe import policy_rows
from enrollment.models import Payer
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import Month, local_day

REPLAYABLE_STATES = (CloseState.IN_REVIEW, CloseState.PREPARED, CloseState.SEALED, CloseState.SENT)


@allow(Permission.SEE_MONTHS)
@require_GET
def policies(request: PortalRequest) -> HttpResponse:
    """Every payer with the policy in force on a day; on request a month replayed under another policy."""
    now = timezone.now()
    on = parse_day(request.GET.get("on", "")) or local_day(now, request.practice.zone)
    in_force = policies_of(request.practice.pk, on=on)
    newest = Prefetch("policies", queryset=PayerPolicy.objects.order_by("-starts_on"))
    payers = list(Payer.objects.filter(practice=request.practice).prefetch_related(newest))
    shown = []
    for payer in payers:
        policy = in_force.get(payer.pk, in_force.strictest)
        rows = payer.policies.all()
        shown.append(
            {"payer": payer, "on_file": payer.pk in in_force, "rows": rows, "parameters": policy_rows(policy, on)}
        )
    closes = MonthClose.objects.for_practice(request.practice).filter(state__in=REPLAYABLE_STATES).order_by("-month")
    context: dict[str, object] = {"shown": shown, "on": on, "closes": closes, "payers": payers, "PRESETS": NAMES}
    context["drafts"] = PolicyDraft.objects.for_practice(request.practice).select_related("payer")[:10]
    context |= _replayed(request, closes, payers)
    return render(request, "billing/policies.html", context)


def _replayed(request: PortalRequest, closes: Iterable[MonthClose], payers: list[Payer]) -> dict[str, object]:
    asked = {name: request.GET.get(name, "")[:120] for name in ("month", "payer", "preset")}
    close = next((row for row in closes if str(row) == asked["month"]), None)
    payer = next((row for row in payers if row.name == asked["payer"]), None)
    if close is None or payer is None or asked["preset"] not in NAMES:
        return {}
    result = replay(close, payer, rules_of(request.practice.pk).preset(asked["preset"]))
    record_access(
        request,
        "replay_month",
        now=timezone.now(),
        subject=f"month:{close}",
        preset=asked["preset"],
        patients=len(result.patients),
    )
    return {
        "replayed": result,
        "replay_month": Month.of(close.month),
        "replay_payer": payer,
        "asked": asked,
        "preset": NAMES[asked["preset"]],
    }
