"""Doors: the timer bar and the call form."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from enrollment.models import Enrollment, Patient
from rpm_portal.access import Permission, allow
from rpm_portal.days import Month, local_day
from rpm_portal.http import PortalRequest
from timetracking import calls, services, visits
from timetracking.bar import PAUSED, paused_enrollment, timer_bar
from timetracking.forms import CallForm, StartForm, VisitForm
from timetracking.models import Activity


def show_bar(
    request: PortalRequest, *, said: str = "", ask: Enrollment | None = None, status: int = 200
) -> HttpResponse:
    """The timer bar as a fragment: what runs, or where a pause goes on."""
    context = {"bar": timer_bar(request.user, now=timezone.now()), "said": said, "ask": ask}
    if context["bar"] is None:
        context["paused"] = paused_enrollment(request.practice, request.session.get(PAUSED))
    return render(request, "timetracking/_timer.html", context, status=status)


@allow(Permission.TRACK_TIME)
@require_GET
def timer(request: PortalRequest) -> HttpResponse:
    """The timer bar alone."""
    return show_bar(request)


@allow(Permission.TRACK_TIME)
@require_POST
def start_timer(request: PortalRequest, public_id: str) -> HttpResponse:
    """Start the clock on a patient; where another runs, ask once whether to stop it."""
    enrollment = get_object_or_404(
        Enrollment.objects.for_practice(request.practice).select_related("patient", "practice"), public_id=public_id
    )
    form = StartForm(request.POST)
    activity = form.cleaned_data["activity"] if form.is_valid() else Activity.REVIEW
    now = timezone.now()
    current = services.running_timer(request.user)
    other = current is not None and current.enrollment_id != enrollment.pk
    if other and not form.cleaned_data.get("stop_other"):
        return show_bar(request, ask=enrollment) if request.htmx else _confirm(request, enrollment)
    try:
        if current is not None and (other or current.activity != activity):
            # The new one begins at the second the old one ends: half-open intervals touch and do not overlap.
            services.stop_timer(entry=current, by=request.user, now=now)
        services.start_timer(enrollment=enrollment, activity=activity, by=request.membership, now=now)
    except services.TimeRefused as refusal:
        if not request.htmx:
            return _confirm(request, enrollment, said=str(refusal), status=422)
        return show_bar(request, said=str(refusal), status=422)
    request.session.pop(PAUSED, None)
    if not request.htmx:
        return redirect("chart", enrollment.patient.public_id)
    return trigger_client_event(show_bar(request), "time-changed")


def _confirm(request: PortalRequest, enrollment: Enrollment, *, said: str = "", status: int = 200) -> HttpResponse:
    """The same question as a page, where no script runs."""
    context = {"ask": enrollment, "said": said, "bar": timer_bar(request.user, now=timezone.now())}
    return render(request, "timetracking/confirm.html", context, status=status)


@allow(Permission.TRACK_TIME)
@require_POST
def stop_timer(request: PortalRequest) -> HttpResponse:
    """Stop whatever timer of mine runs; with none running nothing happens."""
    current = services.running_timer(request.user)
    if current is not None:
        try:
            services.stop_timer(entry=current, by=request.user, now=timezone.now())
        except services.TimeRefused as refusal:
            return show_bar(request, said=str(refusal), status=422)
    if not request.htmx:
        if current is not None and current.practice_id == request.practice.pk:
            return redirect("chart", current.enrollment.patient.public_id)
        return redirect("worklist")
    return trigger_client_event(show_bar(request), "time-changed")


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def record_visit(request: PortalRequest, public_id: str) -> HttpResponse:
    """The form for a visit whose minutes are billed as the visit."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    form = VisitForm(request.POST or None, practice=request.practice, on=local_day(now, request.practice.zone))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        times = {"started_at": said["started_at"], "ended_at": said["ended_at"]}
        try:
            visits.record_visit(patient=patient, provider=said["provider"], by=request.membership, now=now, **times)
        except services.TimeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            month = Month.of(local_day(said["started_at"], request.practice.zone))
            return redirect("patient_month", patient.public_id, month)
    context = {"form": form, "patient": patient}
    return render(request, "timetracking/visit.html", context, status=422 if form.is_bound else 200)


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def log_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """The call form, and what it keeps: the call, and its time where no timer ran."""
    enrollment = get_object_or_404(
        Enrollment.objects.for_practice(request.practice).select_related("patient", "practice"), public_id=public_id
    )
    zone, now = request.practice.zone, timezone.now()
    current = services.running_timer(request.user)
    # Where my timer runs on this patient the call began with it; else a few minutes ago.
    mine = current is not None and current.enrollment_id == enrollment.pk
    began = current.started_at if mine and current is not None else now - timedelta(minutes=5)
    initial = {"started_at": began.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)}
    form = CallForm(request.POST or None, zone=zone, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            calls.log_call_with_time(
                enrollment=enrollment,
                channel=said["channel"],
                outcome=said["outcome"],
                started_at=said["started_at"],
                ended_at=said["ended_at"],
                showed=said["showed"],
                decided=said["decided"],
                count_time=said["count_time"],
                by=request.membership,
                now=now,
            )
        except services.TimeRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("chart", enrollment.patient.public_id)
    context = {"form": form, "enrollment": enrollment, "patient": enrollment.patient}
    return render(request, "timetracking/call.html", context, status=422 if form.is_bound else 200)
