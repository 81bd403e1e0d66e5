"""Doors: the timer bar. What runs is the server's to say; the browser only shows it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrollment.models import Enrollment
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.clock import DatabaseNow, database_now
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import presence, timers
from timetracking.forms import TimerForm
from timetracking.intervals import person_lock
from timetracking.models import Activity, TimeEntry
from timetracking.queries import activities_of
from timetracking.timer_bar import IDLE, PAUSED, bar_context, bar_of, idle_context, paused_enrollment


def show_bar(request: PortalRequest, *, status: int = 200, changed: bool = False, **said: Any) -> HttpResponse:
    """The timer bar as a fragment; with `bar` where it is known. A change is told to the page's other parts."""
    if "bar" not in said:
        now = timezone.now()
        said |= bar_context(request.user, request.practice, request.session.get(PAUSED), now=now)
    # Whole pages carry the bar too: its own words have names no page uses.
    context = {f"bar_{name}" if name in {"said", "ask", "offer"} else name: value for name, value in said.items()}
    response = render(request, "timetracking/_timer.html", context, status=status)
    return trigger_client_event(response, "time-changed") if changed else response


def _bar_refused(request: PortalRequest, refusal: Refused) -> HttpResponse:
    return show_bar(request, said=refusal.message)


@allow(Permission.TRACK_TIME)
@require_GET
def timer(request: PortalRequest) -> HttpResponse:
    """The timer bar alone; nothing where the window that asks shows it already."""
    shown = request.GET.get("shown", "")
    if shown and shown == (timers.running_token(request.user) or IDLE):
        return HttpResponse(status=204)
    return show_bar(request, changed=bool(shown))


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
    """Start the clock on a patient; where another runs, ask once whether to stop it."""
    form = TimerForm(request.POST)
    activity = form.cleaned_data["activity"] if form.is_valid() else Activity.REVIEW
    enrollment: Any = None
    try:
        with transaction.atomic():
            enrollment, now = _held_enrollment(request, public_id)
            current = timers.running_timer(request.user, hold=True)
            other = current is not None and current.enrollment_id != enrollment.pk
            if current is not None and other and not form.cleaned_data.get("stop_other"):
                return _ask(request, enrollment, current, activity, now=now)
            entry = timers.switch_timer(
                enrollment=enrollment, activity=activity, by=request.membership, now=now, held=current
            )
    except timers.TimeRefused as refusal:
        return _refused(request, enrollment, refusal)
    request.session.pop(PAUSED, None)
    if not request.htmx:
        return redirect("chart", enrollment.patient.public_id)
    on_file = getattr(entry, "on_file", None)
    return show_bar(
        request, changed=True, bar=bar_of(entry, enrollment.on_file if on_file is None else on_file, now=now)
    )


def _held_enrollment(request: PortalRequest, public_id: str) -> tuple[Enrollment, datetime]:
    """The enrollment with the month's seconds, and the time of the press; the same statement locks the person's clock.

    The database reads its clock after it got the lock, so a press that waited begins after the one it waited for. The
    month is only for the bar: a month taken from the database's clock could not use the index.
    """
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    rows = rows.annotate(
        on_file=person_lock.on_file("pk", "practice__zone", now=timezone.now()),
        held=person_lock.PersonLock(request.user.pk),
        pressed_at=DatabaseNow(),
    )
    enrollment = get_object_or_404(rows, public_id=public_id)
    return enrollment, enrollment.pressed_at


def _ask(
    request: PortalRequest, enrollment: Enrollment, current: TimeEntry, activity: str, *, now: datetime
) -> HttpResponse:
    """Whether to stop the other one: in the bar, or as a page where no script runs."""
    bar = bar_of(current, 0, now=now)
    context: dict[str, Any] = {"ask": enrollment, "bar": bar, "activity": activity}
    return show_bar(request, **context) if request.htmx else render(request, "timetracking/confirm.html", context)


def _refused(request: PortalRequest, enrollment: Enrollment, refusal: timers.TimeRefused) -> HttpResponse:
    """Why it was not started, and where only the enrollment is in the way, the offer of time that is not billed."""
    context: dict[str, Any] = {"said": str(refusal), "offer": enrollment if refusal.not_billable else None}
    if request.htmx:
        return show_bar(request, status=422, **context)
    return render(request, "timetracking/confirm.html", context | {"ask": enrollment}, status=422)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def stop_timer(request: PortalRequest) -> HttpResponse:
    """Stop whatever timer of mine runs; with none running nothing happens."""
    now = database_now()
    stopped = timers.stop_running(staff=request.user, now=now)
    if not request.htmx:
        if stopped is not None and stopped.practice_id == request.practice.pk:
            return redirect("chart", stopped.enrollment.patient.public_id)
        return redirect("worklist")
    return _stopped(request, paused_enrollment(request.practice, request.session.get(PAUSED)), now=now)


def _stopped(request: PortalRequest, paused: Enrollment | None, *, now: datetime) -> HttpResponse:
    """The bar on which nothing runs any more; that is known and not asked again."""
    still = idle_context(request.user, request.practice, paused, now=now)
    return show_bar(request, changed=True, **still)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def pause(request: PortalRequest) -> HttpResponse:
    """Stop, and remember where to go on."""
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
    return _stopped(request, paused, now=now)


@allow(Permission.TRACK_TIME)
@require_POST
def beat(request: PortalRequest) -> HttpResponse:
    """The person is still there. Nothing to show; it keeps no session alive."""
    presence.beat(request.user, now=database_now())
    return HttpResponse(status=204)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_bar_refused)
def idle(request: PortalRequest) -> HttpResponse:
    """The answer to "are you still there": keep, cut, discard."""
    current = timers.running_timer(request.user)
    if current is None:
        return show_bar(request, changed=True)
    answer, reason = request.POST.get("answer", ""), request.POST.get("reason", "")[:200]
    presence.answer_idle(entry=current, answer=answer, reason=reason, by=request.user, now=database_now())
    return show_bar(request, changed=True)
