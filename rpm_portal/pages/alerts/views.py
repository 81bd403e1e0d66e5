"""Views: the alerts inbox, actions on alerts, outreach tasks and limit proposals, and the month of alerts."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from enrollment.models import Enrollment
from monitoring import services
from monitoring.alerts import handle, observers
from monitoring.alerts.same_reading import hand_over_reading, take_reading
from monitoring.models import Alert, AlertState, Conclusion, LimitProposal, Outreach
from rpm_portal.accounts.request import PortalRequest, month_from_url
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import parse_moment
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals, error_text, refusal_page
from rpm_portal.pages.alerts.alerts_of_month import month_of_alerts
from rpm_portal.pages.alerts.cards import cards_of, reading_words
from rpm_portal.pages.alerts.forms import CloseForm, LimitForm
from rpm_portal.pages.alerts.inbox import (
    FILTERS,
    close_and_log,
    colleagues,
    counts_of,
    inbox,
    news,
    outreach,
    proposals,
)
from timetracking.calls.alert_call import begin_call_timer, draft_call
from timetracking.timer.bar import has_scripts
from timetracking.timers import running_timer


def _filters(request: PortalRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "")[:12] for name in FILTERS}


def _query_of(filters: dict[str, str]) -> str:
    return urlencode({name: value for name, value in filters.items() if value})


@allow(Permission.SEE_PATIENTS)
@require_GET
def alerts(request: PortalRequest) -> HttpResponse:
    """The alerts that are not closed, clinical or adherence, most severe first; the filters are in the URL."""
    now, filters = timezone.now(), _filters(request)
    page = inbox(request.practice, filters, user=request.user, page=request.GET.get("page"), now=now)
    adherence = filters["kind"] == "adherence"
    context = {
        "inbox": page,
        "counts": page.counts,
        "filters": filters,
        "filter_query": _query_of(filters),
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
    used: dict[str, Any] = {name: value for name, value in filters.items() if value}
    record_access(request, "list_alerts", now=now, count=page.page.paginator.count, **used)
    return render(request, "alerts/inbox.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def heading(request: PortalRequest) -> HttpResponse:
    """The title and the counts of the inbox, asked for again when an alert was closed, taken or handed over."""
    context = {
        "counts": counts_of(request.practice, user=request.user),
        "filters": (filters := _filters(request)),
        "filter_query": _query_of(filters),
        "month_now": Month.current(timezone.now(), request.practice.zone),
    }
    return render(request, "alerts/_heading.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def new_alerts(request: PortalRequest) -> HttpResponse:
    """The number of alerts since the page was rendered, in a bar with a link to them: the rows do not move."""
    since = parse_moment(request.GET.get("since", ""))
    filters = _filters(request)
    count = news(request.practice, filters, user=request.user, since=since)
    context = {"count": count, "since": since.isoformat(), "filter_query": _query_of(filters)}
    return render(request, "alerts/_news.html", context)


def _alert(request: PortalRequest, public_id: str) -> Alert:
    rows = Alert.objects.for_practice(request.practice).select_related("enrollment__patient", "reading", "owner__user")
    return get_object_or_404(rows, public_id=public_id)


def _answer(request: PortalRequest, alert: Alert, **more: Any) -> HttpResponse:
    """The alert rendered again, or a redirect to the chart without htmx. `error` in `more` is a refusal."""
    refusal = more.get("error", "")
    if not request.htmx:
        if refusal:
            return refusal_page(request, refusal)
        return redirect("chart", alert.enrollment.patient.public_id)
    alert = _alert(request, alert.public_id)
    now = timezone.now()
    who = request.POST.get("who")
    (card,) = cards_of(request.practice, [alert], now=now)
    context = {
        "who": who,
        "steps": who,
        "card": card,
        "alert": alert,
        "form": CloseForm(),
        "now": now,
        "open": bool(refusal),
        "colleagues": colleagues(request.practice, today=local_day(now, request.practice.zone)),
        **more,
    }
    response = render(request, "alerts/_alert.html", context, status=422 if refusal else 200)
    return response if refusal else trigger_client_event(response, "alerts-changed")


@allow(Permission.REVIEW_READINGS)
@require_POST
def close(request: PortalRequest, public_id: str) -> HttpResponseBase:
    """Close the alerts of a reading with a conclusion, a note, and optionally from when to when it was worked on.

    "Called the patient" opens the call with the reading and the note in it; saving the call closes the alert.
    """
    alert, form = _alert(request, public_id), CloseForm(request.POST)
    if not form.is_valid():
        message = " ".join(str(text) for texts in form.errors.values() for text in texts)
        return _answer(request, alert, error=message, form=form)
    cleaned, now = form.cleaned_data, database_now()
    if cleaned["conclusion"] == Conclusion.CALLED:
        return _document_call(request, alert, cleaned["note"], now=now)
    try:
        review, entry = close_and_log(
            alert=alert,
            conclusion=cleaned["conclusion"],
            note=cleaned["note"],
            worked=form.worked(local_day(now, request.practice.zone), request.practice.zone),
            by=request.membership,
            now=now,
        )
    except Refused as refusal:
        return _answer(request, alert, error=str(refusal), form=form)
    logged = int((entry.stopped_at - entry.started_at).total_seconds()) if entry and entry.stopped_at else 0
    return _answer(request, alert, review=review, logged=logged)


def _document_call(request: PortalRequest, alert: Alert, note: str, *, now: datetime) -> HttpResponseBase:
    """Open the call form with the reading and the note; the timer runs as a call if it is not on another patient."""
    if not may(request.membership.role, Permission.TRACK_TIME):
        return _answer(request, alert, error="Your role cannot document a call. Hand the alert over to a clinician.")
    if alert.state == AlertState.CLOSED:
        return _answer(request, alert, error="This alert is already closed. Reload the page to see who closed it.")
    enrollment = alert.enrollment
    enrollment.practice = request.practice
    showed = reading_words(alert, units=request.practice.units)
    draft_call(enrollment=enrollment, alert=alert.public_id, showed=showed, decided=note, by=request.user, now=now)
    with suppress(Refused):  # A timer that cannot start does not keep anybody from documenting the call.
        begin_call_timer(enrollment=enrollment, by=request.membership, now=now, seen=has_scripts(request))
    address = reverse("timetracking:log_call", args=[enrollment.public_id])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _apply(request: PortalRequest, alert: Alert, act: Callable[[], object], **more: object) -> HttpResponse:
    """Run an action and render the alert, or render its refusal. The keys of `more` get the action's result."""
    try:
        result = act()
    except Refused as refusal:
        return _answer(request, alert, error=str(refusal))
    return _answer(request, alert, **dict.fromkeys(more, result))


@allow(Permission.REVIEW_READINGS)
@require_POST
def take(request: PortalRequest, public_id: str) -> HttpResponse:
    """Make the signed-in member the owner of an alert."""
    alert, now = _alert(request, public_id), timezone.now()
    return _apply(request, alert, lambda: take_reading(alert=alert, by=request.membership, now=now))


@allow(Permission.REVIEW_READINGS)
@require_POST
def hand(request: PortalRequest, public_id: str) -> HttpResponse:
    """Give an alert to a colleague."""
    alert, now = _alert(request, public_id), timezone.now()
    people = {str(row.pk): row for row in colleagues(request.practice, today=local_day(now, request.practice.zone))}
    to = people.get(request.POST.get("to", ""))
    if to is None:
        return _answer(request, alert, error="Choose a colleague who reviews readings.")
    return _apply(request, alert, lambda: hand_over_reading(alert=alert, to=to, by=request.user, now=now))


@allow(Permission.REVIEW_READINGS)
@require_POST
def ask_outreach(request: PortalRequest, public_id: str) -> HttpResponse:
    """Create a task for the signed-in member to reach a silent patient by tomorrow."""
    alert, now = _alert(request, public_id), timezone.now()
    task: dict[str, Any] = {
        "owner": request.membership,
        "due_on": local_day(now, request.practice.zone) + timedelta(days=1),
        "by": request.user,
        "now": now,
    }
    return _apply(request, alert, lambda: handle.plan_outreach(alert=alert, **task), outreach=True)


@allow(Permission.REVIEW_READINGS)
@require_POST
@answer_refusals()
def finish_outreach(request: PortalRequest, public_id: str) -> HttpResponse:
    """Finish an outreach task with its outcome."""
    task = get_object_or_404(Outreach.objects.for_practice(request.practice), public_id=public_id)
    handle.finish_outreach(outreach=task, outcome=request.POST.get("outcome", ""), by=request.user, now=timezone.now())
    return redirect(f"{reverse('alerts:inbox')}?kind=adherence")


@allow(Permission.SIGN_ORDERS)
@require_POST
def decide(request: PortalRequest, public_id: str) -> HttpResponse:
    """A provider sets a new limit, or keeps the current one."""
    rows = LimitProposal.objects.for_practice(request.practice).select_related("enrollment__patient")
    proposal = get_object_or_404(rows, public_id=public_id)
    form = LimitForm(request.POST, metric=proposal.metric, units=request.practice.units)
    error = "" if form.is_valid() else "Write a number, or leave it empty to keep the current limit."
    if not error:
        try:
            handle.decide_limit(
                proposal=proposal,
                new_limit=form.cleaned_data["new_limit"],
                unit=form.cleaned_data["unit"],
                by=request.user,
                now=timezone.now(),
            )
        except (Refused, ValidationError) as refusal:
            error = error_text(refusal)
    if error:
        return refusal_page(request, error)
    return redirect("chart", proposal.enrollment.patient.public_id)


@allow(Permission.ENROLL)
@require_POST
def look_after(request: PortalRequest, public_id: str) -> HttpResponse:
    """Assign a care team member to a patient; empty removes the assignment."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient")
    enrollment = get_object_or_404(rows, public_id=public_id)
    today = local_day(timezone.now(), request.practice.zone)
    people = {str(row.pk): row for row in colleagues(request.practice, today=today)}
    chosen = request.POST.get("member", "")
    if chosen and chosen not in people:
        return refusal_page(request, "Choose a colleague who reviews readings.")
    services.look_after(enrollment=enrollment, member=people.get(chosen), by=request.user)
    return redirect("chart", enrollment.patient.public_id)


@allow(Permission.REVIEW_READINGS)
@require_POST
def follow(request: PortalRequest, public_id: str) -> HttpResponse:
    """Follow a patient's alerts without owning them, or stop following them (`stop`)."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("practice")
    enrollment, now = get_object_or_404(rows, public_id=public_id), timezone.now()
    change = observers.unfollow if "stop" in request.POST else observers.follow
    change(enrollment=enrollment, by=request.membership, now=now)
    return redirect("watching", public_id)


@allow(Permission.SEE_PATIENTS)
@require_GET
def month(request: PortalRequest, month: str) -> HttpResponse:
    """A month of alerts by patient, with the share acted upon and the minutes to the first review."""
    now = timezone.now()
    chosen = month_from_url(month, request.practice, now=now)
    context = month_of_alerts(request.practice, month=chosen)
    record_access(request, "list_alerts_of_month", now=now, count=len(context["rows"]), month=str(chosen))
    return render(request, "alerts/month.html", context)
