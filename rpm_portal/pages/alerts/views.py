"""Doors: the alerts inbox, what people do with alerts, outreach, proposals, and the month of alerts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrollment.models import Enrollment
from monitoring import services
from monitoring.alerts import handle
from monitoring.models import Alert, LimitProposal, Outreach
from rpm_portal.accounts.request import PortalRequest, month_begun
from rpm_portal.audit.services import record_look
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import moment_named
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals, not_done, words_of
from rpm_portal.pages.alerts.forms import CloseForm, LimitForm
from rpm_portal.pages.alerts.inbox import (
    FILTERS,
    close_and_log,
    colleagues,
    inbox,
    month_of_alerts,
    news,
    outreach,
    proposals,
)
from timetracking.timers import running_timer


def _filters(request: PortalRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "")[:12] for name in FILTERS}


@allow(Permission.SEE_PATIENTS)
@require_GET
def alerts(request: PortalRequest) -> HttpResponse:
    """Every alert that waits, clinical and adherence apart, the gravest first; filters stand in the address."""
    now, filters = timezone.now(), _filters(request)
    shown = inbox(request.practice, filters, user=request.user, page=request.GET.get("page"))
    adherence = filters["kind"] == "adherence"
    context = {
        "inbox": shown,
        "filters": filters,
        "now": now,
        "since": now.isoformat(),
        "form": CloseForm(),
        "proposals": [] if adherence else proposals(request.practice),
        "outreach": outreach(request.practice) if adherence else [],
        "colleagues": colleagues(request.practice, today=local_day(now, request.practice.zone)),
        "today": local_day(now, request.practice.zone),
        "month_now": Month.current(now, request.practice.zone),
    }
    if may(request.membership.role, Permission.TRACK_TIME):
        running = running_timer(request.user)
        context["running_on"] = running.enrollment_id if running else None
    asked: dict[str, Any] = {name: value for name, value in filters.items() if value}
    record_look(request, "list_alerts", now=now, count=shown.page.paginator.count, **asked)
    return render(request, "alerting/inbox.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def arrived(request: PortalRequest) -> HttpResponse:
    """How many alerts came since the page was drawn: a bar that offers them, so that no row jumps."""
    since = moment_named(request.GET.get("since", ""))
    filters = _filters(request)
    count = news(request.practice, filters, user=request.user, since=since)
    context = {"count": count, "since": since.isoformat(), "filters": filters}
    return render(request, "alerting/_news.html", context)


def _alert(request: PortalRequest, public_id: str) -> Alert:
    rows = Alert.objects.for_practice(request.practice).select_related("enrollment__patient", "reading", "owner__user")
    return get_object_or_404(rows, public_id=public_id)


def _answer(request: PortalRequest, alert: Alert, **more: Any) -> HttpResponse:
    """The alert drawn anew, or (without htmx) the page it stood on."""
    said = more.get("said", "")
    if not request.htmx:
        if said:
            return not_done(request, said)
        return redirect("chart", alert.enrollment.patient.public_id)
    alert = _alert(request, alert.public_id)
    now = timezone.now()
    who = request.POST.get("who")
    context = {
        "who": who, "steps": who, "alert": alert, "form": CloseForm(), "now": now, "open": bool(said),
        "colleagues": colleagues(request.practice, today=local_day(now, request.practice.zone)), **more,
    }  # fmt: skip
    answer = render(request, "alerting/_alert.html", context, status=422 if said else 200)
    return answer if said else trigger_client_event(answer, "alerts-changed")


@allow(Permission.REVIEW_READINGS)
@require_POST
def close(request: PortalRequest, public_id: str) -> HttpResponse:
    """Close an alert with what came of it, a note, and the minutes it took where they are given."""
    alert, form = _alert(request, public_id), CloseForm(request.POST)
    if not form.is_valid():
        said = " ".join(str(text) for texts in form.errors.values() for text in texts)
        return _answer(request, alert, said=said, form=form)
    typed = form.cleaned_data
    try:
        review, entry = close_and_log(
            alert=alert, conclusion=typed["conclusion"], note=typed["note"], minutes=typed["minutes"] or 0,
            by=request.membership, now=database_now(),
        )  # fmt: skip
    except Refused as refusal:
        return _answer(request, alert, said=str(refusal), form=form)
    logged = int((entry.stopped_at - entry.started_at).total_seconds()) if entry and entry.stopped_at else 0
    return _answer(request, alert, review=review, logged=logged)


def _moved(request: PortalRequest, alert: Alert, move: Callable[[], Any], **more: Any) -> HttpResponse:
    """The alert after a move, or with the sentence that refuses it."""
    try:
        made = move()
    except Refused as refusal:
        return _answer(request, alert, said=str(refusal))
    return _answer(request, alert, **dict.fromkeys(more, made))


@allow(Permission.REVIEW_READINGS)
@require_POST
def take(request: PortalRequest, public_id: str) -> HttpResponse:
    """Own an alert."""
    alert, now = _alert(request, public_id), timezone.now()
    return _moved(request, alert, lambda: handle.take(alert=alert, by=request.membership, now=now))


@allow(Permission.REVIEW_READINGS)
@require_POST
def hand(request: PortalRequest, public_id: str) -> HttpResponse:
    """Give an alert to a colleague."""
    alert, now = _alert(request, public_id), timezone.now()
    people = {str(row.pk): row for row in colleagues(request.practice, today=local_day(now, request.practice.zone))}
    to = people.get(request.POST.get("to", ""))
    if to is None:
        return _answer(request, alert, said="Choose a colleague who reviews readings.")
    return _moved(request, alert, lambda: handle.hand_over(alert=alert, to=to, by=request.user, now=now))


@allow(Permission.REVIEW_READINGS)
@require_POST
def ask_outreach(request: PortalRequest, public_id: str) -> HttpResponse:
    """One step: a task to reach a silent patient, mine, by tomorrow."""
    alert, now = _alert(request, public_id), timezone.now()
    told: dict[str, Any] = {
        "owner": request.membership, "due_on": local_day(now, request.practice.zone) + timedelta(days=1),
        "by": request.user, "now": now,
    }  # fmt: skip
    return _moved(request, alert, lambda: handle.plan_outreach(alert=alert, **told), outreach=True)


@allow(Permission.REVIEW_READINGS)
@require_POST
@answer_refusals()
def finish_outreach(request: PortalRequest, public_id: str) -> HttpResponse:
    """Say what came of a task to reach a patient."""
    task = get_object_or_404(Outreach.objects.for_practice(request.practice), public_id=public_id)
    handle.finish_outreach(outreach=task, outcome=request.POST.get("outcome", ""), by=request.user, now=timezone.now())
    return redirect(f"{reverse('alerts:inbox')}?kind=adherence")


@allow(Permission.SIGN_ORDERS)
@require_POST
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """A provider sets another limit, or lets it stand."""
    rows = LimitProposal.objects.for_practice(request.practice).select_related("enrollment__patient")
    proposal, form = get_object_or_404(rows, public_id=public_id), LimitForm(request.POST)
    said = "" if form.is_valid() else "Write a number, or leave it empty to let the limit stand."
    if not said:
        try:
            handle.decide_limit(
                proposal=proposal, new_limit=form.cleaned_data["new_limit"], by=request.user, now=timezone.now()
            )
        except (Refused, ValidationError) as refusal:
            said = words_of(refusal)
    if said:
        return not_done(request, said)
    return redirect("chart", proposal.enrollment.patient.public_id)


@allow(Permission.ENROLL)
@require_POST
def look_after(request: PortalRequest, public_id: str) -> HttpResponse:
    """Say who looks after a patient; empty means nobody by name."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient")
    enrollment = get_object_or_404(rows, public_id=public_id)
    today = local_day(timezone.now(), request.practice.zone)
    people = {str(row.pk): row for row in colleagues(request.practice, today=today)}
    chosen = request.POST.get("member", "")
    if chosen and chosen not in people:
        return not_done(request, "Choose a colleague who reviews readings.")
    services.look_after(enrollment=enrollment, member=people.get(chosen), by=request.user)
    return redirect("chart", enrollment.patient.public_id)


@allow(Permission.SEE_PATIENTS)
@require_GET
def month(request: PortalRequest, month: str) -> HttpResponse:
    """A month of alerts: each patient's, the share acted upon, minutes to the first look."""
    now = timezone.now()
    chosen = month_begun(month, request.practice, now=now)
    context = month_of_alerts(request.practice, month=chosen)
    record_look(request, "list_alerts_of_month", now=now, count=len(context["rows"]), month=str(chosen))
    return render(request, "alerting/month.html", context)
