"""Views of the timer bar. The server decides which timer runs; the browser only shows it."""

from datetime import datetime

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrollment.models import Enrollment
from rpm_portal.accounts.idle import ACT_HEADER
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.clock import DatabaseNow, database_now
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import presence, timers
from timetracking.forms import TimerForm
from timetracking.intervals import person_lock
from timetracking.intervals.refusals import AwayRefused
from timetracking.models import Activity, TimeEntry
from timetracking.queries import activities_of
from timetracking.timer.bar import (
    IDLE,
    PAUSED,
    SCRIPTS,
    STAYED,
    BarContext,
    bar_context,
    bar_of,
    has_scripts,
    idle_context,
    paused_enrollment,
)
from timetracking.timer.press import AskFirst, StartRefused, press_start


def _show_bar(request: PortalRequest, context: BarContext, *, status: int = 200, changed: bool = False) -> HttpResponse:
    """The timer bar as a fragment, read from the database if `context` has no `bar`; `changed` sends an event."""
    if "bar" not in context:
        now = timezone.now()
        context |= bar_context(request.user, request.practice, request.session.get(PAUSED), now=now)
    response = render(request, "timetracking/_timer.html", context, status=status)
    return trigger_client_event(response, "time-changed") if changed else response


def _bar_refused(request: PortalRequest, refusal: Refused) -> HttpResponse:
    """The bar with the refusal; after a silence it asks what happened. Without scripts, a page that asks the same."""
    away = isinstance(refusal, AwayRefused)
    if away and not request.htmx:
        return render(request, "timetracking/away.html", {"error": refusal.message})
    return _show_bar(request, {"bar_error": refusal.message, "bar_away": away})


@allow(Permission.TRACK_TIME)
@require_GET
def timer(request: PortalRequest) -> HttpResponse:
    """The timer bar alone; no content if the window already shows the running timer."""
    shown = request.GET.get("shown", "")
    if shown:
        request.session.setdefault(SCRIPTS, True)
    if shown and shown == (timers.running_token(request.user) or IDLE):
        return HttpResponse(status=204)
    return _show_bar(request, {}, changed=bool(shown))


@allow(Permission.TRACK_TIME)
@require_GET
def activities(request: PortalRequest) -> HttpResponse:
    """The activities a running timer can be changed to."""
    entry = timers.running_timer(request.user)
    if entry is None or entry.practice_id != request.practice.pk:
        raise Http404
    context = {"entry": entry, "activities": activities_of(request.practice.pk)}
    return render(request, "timetracking/_activities.html", context)


@allow(Permission.TRACK_TIME)
@require_POST
def start_timer(request: PortalRequest, public_id: str) -> HttpResponse:
    """Start the timer on an enrollment; if another one runs, ask once whether to stop it."""
    form = TimerForm(request.POST)
    activity = form.cleaned_data["activity"] if form.is_valid() else Activity.REVIEW
    with transaction.atomic():
        enrollment, month_seconds, now = _locked_enrollment(request, public_id)
        press = press_start(
            enrollment=enrollment,
            month_seconds=month_seconds,
            activity=activity,
            stop_other=bool(form.cleaned_data.get("stop_other")),
            by=request.membership,
            now=now,
            seen=has_scripts(request),
        )
    if isinstance(press, AskFirst):
        return _ask_to_stop(request, enrollment, press.running, activity, now=now)
    if isinstance(press, AwayRefused):
        response = _bar_refused(request, press)
        response.status_code = 422
        return response
    if isinstance(press, StartRefused):
        return _start_refused(request, enrollment, press)
    request.session.pop(PAUSED, None)
    if not request.htmx:
        return redirect("chart", enrollment.patient.public_id)
    return _show_bar(request, {"bar": bar_of(press.entry, press.month_seconds, now=now)}, changed=True)


def _locked_enrollment(request: PortalRequest, public_id: str) -> tuple[Enrollment, int, datetime]:
    """The enrollment, its recorded seconds of the month, and the time of the request; also locks the person's timer.

    The database reads its clock after it has the lock, so a request that waited starts after the one it waited for. The
    month is taken from the server's clock, because with the database's clock the query could not use the index.
    """
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    rows = rows.annotate(
        on_file=person_lock.on_file("pk", "practice__zone", now=timezone.now()),
        locked=person_lock.PersonLock(request.user.pk),
        pressed_at=DatabaseNow(),
    )
    enrollment = get_object_or_404(rows, public_id=public_id)
    return enrollment, enrollment.on_file or 0, enrollment.pressed_at


def _ask_to_stop(
    request: PortalRequest, enrollment: Enrollment, running: TimeEntry, activity: str, *, now: datetime
) -> HttpResponse:
    """Ask whether to stop the other timer: in the bar, or as a page if no script runs."""
    bar = bar_of(running, 0, now=now)
    if request.htmx:
        return _show_bar(request, {"bar": bar, "bar_ask": enrollment, "activity": activity})
    return render(request, "timetracking/confirm.html", {"bar": bar, "ask": enrollment, "activity": activity})


def _start_refused(request: PortalRequest, enrollment: Enrollment, refusal: StartRefused) -> HttpResponse:
    """The refusal; if only the enrollment is the reason, with the offer to record non-billable time."""
    offer = enrollment if refusal.not_billable else None
    if request.htmx:
        return _show_bar(request, {"bar_error": refusal.message, "bar_offer": offer}, status=422)
    context = {"error": refusal.message, "offer": offer, "ask": enrollment}
    return render(request, "timetracking/confirm.html", context, status=422)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def stop_timer(request: PortalRequest) -> HttpResponse:
    """Stop the user's running timer, if any."""
    now = database_now()
    stopped = timers.stop_running(staff=request.user, now=now)
    if not request.htmx:
        if stopped is not None and stopped.practice_id == request.practice.pk:
            return redirect("chart", stopped.enrollment.patient.public_id)
        return redirect("worklist")
    return _show_stopped(request, paused_enrollment(request.practice, request.session.get(PAUSED)), now=now)


def _show_stopped(request: PortalRequest, paused: Enrollment | None, *, now: datetime) -> HttpResponse:
    """The bar without a timer; the running timer is not queried again."""
    return _show_bar(request, idle_context(request.user, request.practice, paused, now=now), changed=True)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def pause(request: PortalRequest) -> HttpResponse:
    """Stop the timer, and remember its enrollment to continue later."""
    now = database_now()
    stopped = timers.stop_running(staff=request.user, now=now)
    if stopped is not None:
        request.session[PAUSED] = stopped.enrollment.public_id
    if not request.htmx:
        return redirect("worklist")
    if stopped is None:
        paused = paused_enrollment(request.practice, request.session.get(PAUSED))
    else:
        paused = stopped.enrollment if stopped.practice_id == request.practice.pk else None
    return _show_stopped(request, paused, now=now)


@allow(Permission.TRACK_TIME)
@require_POST
def beat(request: PortalRequest) -> HttpResponse:
    """Record a heartbeat of the running timer. Returns no content; 409 if the timer waits for an answer first."""
    with_input = request.headers.get(ACT_HEADER) == "1"
    is_seen = presence.beat(request.user, with_input=with_input, now=database_now())
    waits = not is_seen and timers.running_token(request.user) is not None
    return HttpResponse(status=409 if waits else 204)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def idle(request: PortalRequest) -> HttpResponse:
    """The answer to the idle question: keep, cut or discard."""
    current = timers.running_timer(request.user)
    if current is None:
        return _show_bar(request, {}, changed=True)
    answer, reason = request.POST.get("answer", ""), request.POST.get("reason", "")[:200]
    presence.answer_idle(entry=current, answer=answer, reason=reason, by=request.user, now=database_now())
    if answer == "keep":
        request.session[STAYED] = current.public_id
    return _show_bar(request, {}, changed=True) if request.htmx else redirect("worklist")
