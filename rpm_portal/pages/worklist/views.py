"""Views of the worklist, its filters, and what a person does with chosen patients."""

from datetime import datetime
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from enrollment.models import Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, has_permission, may, refuse
from rpm_portal.core.addresses import parse_day, parse_moment
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused, answer_refusals, refusal_page
from rpm_portal.pages.alerts.inbox import colleagues, news
from rpm_portal.pages.worklist import bulk_actions
from rpm_portal.pages.worklist.chips import chips, choices, counted_chips, menus, views_of, waiting
from rpm_portal.pages.worklist.filters import SORT_WORDS, WINDOWS, Filters
from rpm_portal.pages.worklist.models import SavedView
from rpm_portal.pages.worklist.presence import colleagues_here
from rpm_portal.pages.worklist.reasons import RULES
from rpm_portal.pages.worklist.rows import panel
from timetracking.models import MESSAGES

_KEPT_IN_VIEWS = ("payer", "owner", "clinic", "condition", "reason", "window", "sort")


@require_GET
def worklist(request: PortalRequest) -> HttpResponseBase:
    """The first page: who needs a look. A role that sees no patients is redirected to the audit."""
    if not has_permission(request.membership, Permission.SEE_PATIENTS):
        return redirect("audit")
    return _worklist(request)


@allow(Permission.SEE_PATIENTS)
def _worklist(request: PortalRequest) -> HttpResponse:
    now, filters = timezone.now(), Filters.of(request.GET)
    here, link = colleagues_here(request.practice, but=request.user.pk, now=now)
    shown = panel(request.practice, filters, member=request.membership, now=now, here=here)
    record_access(request, "list_worklist", now=now, after=link, count=shown.shown, **_filter_names(filters))
    context = {
        "now_band": shown.bands[0],
        "week": shown.bands[1],
        "urgent": f"{shown.urgent:,}" if shown.urgent else "",
        "is_later": shown.is_later,
        "bands": [band for band in shown.bands if not filters.band or band.number == filters.band],
        "filters": filters,
        "chips": chips(filters),
        "now": now,
        "since": now.isoformat(),
    }
    return render(request, "worklist/worklist.html", context)


def _filter_names(filters: Filters) -> dict[str, Any]:
    """The filters for the audit: their names, never the patients they show."""
    return {"filters": sorted(filters.on)} if filters.on else {}


@allow(Permission.SEE_PATIENTS)
@require_GET
def counts(request: PortalRequest) -> HttpResponse:
    """The chips with their counts, and saved views. The page asks for them once it is shown."""
    now, filters = timezone.now(), Filters.of(request.GET)
    counted = counted_chips(request.practice, filters, member=request.membership.pk, now=now)
    context = {
        "chips": counted.chips,
        "uncounted": counted.uncounted,
        "menus": menus(request.practice, filters, today=local_day(now, request.practice.zone)),
        "filters": filters,
        "views": views_of(request.practice, request.user),
        "unmatched": waiting(request.practice),
        "counted_at": now,
    }
    return render(request, "worklist/_chips.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def arrived(request: PortalRequest) -> HttpResponse:
    """How many alerts came since the page was loaded: a bar that offers them, so that no row jumps."""
    since = parse_moment(request.GET.get("since", ""))
    filters = Filters.of(request.GET)
    who = {"who": "mine" if "mine" in filters.on else ""}
    count = news(request.practice, who, user=request.user, since=since)
    return render(request, "worklist/_news.html", {"count": count, "since": since.isoformat(), "filters": filters})


@allow(Permission.SEE_PATIENTS)
@require_GET
def narrow(request: PortalRequest) -> HttpResponse:
    """More to narrow by: payer, owner, condition, put off; and the person's saved views."""
    now = timezone.now()
    filters = Filters.of(request.GET)
    context = {
        "filters": filters,
        "kept": [(name, getattr(filters, name)) for name in _KEPT_IN_VIEWS],
        "sorts": SORT_WORDS,
        "reasons": RULES,
        "windows": WINDOWS,
        "views": views_of(request.practice, request.user),
        **choices(request.practice, today=local_day(now, request.practice.zone)),
    }
    return render(request, "worklist/narrow.html", context)


@allow(Permission.SEE_PATIENTS)
@require_POST
@answer_refusals()
def save_view(request: PortalRequest) -> HttpResponse:
    """Keep the filters under a name."""
    filters = Filters.of(request.POST)
    bulk_actions.save_view(
        practice=request.practice, user=request.user, name=request.POST.get("name", ""), filters=filters
    )
    return redirect(f"{reverse('worklist')}?{filters.query}")


@allow(Permission.SEE_PATIENTS)
@require_POST
def remove_view(request: PortalRequest) -> HttpResponse:
    """Forget a view; only the person's own can be named."""
    own = SavedView.objects.for_practice(request.practice).filter(user=request.user)
    get_object_or_404(own, name=request.POST.get("name", "").replace("\x00", "")).delete()
    return redirect("worklist_narrow")


def _assign(request: PortalRequest, rows: list[Enrollment], *, now: datetime) -> None:
    people = colleagues(request.practice, today=local_day(now, request.practice.zone))
    member = next((row for row in people if row.public_id == request.POST.get("member")), None)
    if member is None and request.POST.get("member"):
        raise Refused("Choose a colleague who reviews readings.")
    bulk_actions.assign(rows=rows, member=member, by=request.membership, now=now)


def _snooze(request: PortalRequest, rows: list[Enrollment], *, now: datetime) -> None:
    until = parse_day(request.POST.get("until", ""))
    if until is None:
        raise Refused("Choose the day on which the patients come back.")
    reason = request.POST.get("reason", "").replace("\x00", " ")
    bulk_actions.snooze(rows=rows, until=until, reason=reason, by=request.membership, now=now)


def _message(request: PortalRequest, rows: list[Enrollment], *, now: datetime) -> None:
    channel, text = request.POST.get("channel", ""), request.POST.get("text", "")
    # A message is a call on file, and calls have the database's clock.
    bulk_actions.note_messages(rows=rows, channel=channel, text=text, by=request.membership, now=database_now())


def _wake(request: PortalRequest, rows: list[Enrollment], *, now: datetime) -> None:
    bulk_actions.wake(rows=rows, by=request.membership, now=now)


# What is done with the chosen patients: the permission it needs besides the view's own, and its function.
_ACTS = {
    "assign": (Permission.ENROLL, _assign),
    "snooze": (Permission.REVIEW_READINGS, _snooze),
    "message": (Permission.TRACK_TIME, _message),
    "wake": (Permission.REVIEW_READINGS, _wake),
}


@allow(Permission.REVIEW_READINGS)
@require_POST
def arrange(request: PortalRequest) -> HttpResponse:
    """What is done with the chosen patients; without a choice of what, the page that asks."""
    now, asked = timezone.now(), request.POST.getlist("row")[: bulk_actions.MOST_ROWS]
    chosen = Enrollment.objects.for_practice(request.practice).filter(public_id__in=asked)
    rows = list(
        chosen.select_related("patient", "looked_after_by__user", "worklist_row").order_by("patient__family_name", "pk")
    )
    if not rows:
        return refusal_page(request, "Select at least one patient first (check boxes at the left, or press x).")
    back, error = Filters.of(request.POST), ""
    if act := _ACTS.get(request.POST.get("act", "")):
        needs, do = act
        if not may(request.membership.role, needs):
            return refuse(request, needs)
        try:
            do(request, rows, now=now)
        except Refused as refusal:
            error = str(refusal)
        else:
            return redirect(f"{reverse('worklist')}?{back.query}")
    today = local_day(now, request.practice.zone)
    context = {
        "rows": rows,
        "colleagues": colleagues(request.practice, today=today),
        "back": back,
        "error": error,
        "today": today,
        "longest": today + bulk_actions.MAX_SNOOZE,
        "typed": request.POST,
        "channels": [(channel.value, channel.label) for channel in MESSAGES],
        "longest_text": bulk_actions.LONGEST_TEXT,
    }
    record_access(request, "list_chosen_patients", now=now, count=len(rows))
    return render(request, "worklist/arrange.html", context, status=422 if error else 200)
