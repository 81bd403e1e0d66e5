"""Views of calls and visits: the call panel, a recorded call with its addenda, and the visit form."""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from enrollment.models import Enrollment, Patient, TextDraft
from enrollment.services import change_patient, text_drafts
from monitoring.readings.words import note_facts
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import timers
from timetracking.calls import call_log, visits
from timetracking.calls.alert_call import begin_call_timer, close_after_call
from timetracking.calls.attempts import reach_of
from timetracking.calls.texts import texts_for
from timetracking.forms import CallForm, VisitForm
from timetracking.models import CALLING, MESSAGES, Activity, Call, CallOutcome, Channel, TimeEntry
from timetracking.staff_days.call_time import call_times
from timetracking.timer.bar import has_scripts
from timetracking.timer.press import switch_timer

ACTIVITIES_AFTER_CALL = (Activity.REVIEW, Activity.PLAN, Activity.COORDINATE, Activity.EDUCATE, Activity.DOCUMENT)


def _enrollment(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _activity_after(request: PortalRequest, otherwise: str = "") -> str:
    """The timer's activity after the call: the one before it, else documenting."""
    back = request.POST.get("back_to", "") or otherwise
    return back if back in ACTIVITIES_AFTER_CALL else Activity.DOCUMENT


def _own_timer(request: PortalRequest, enrollment: Enrollment) -> TimeEntry | None:
    current = timers.running_timer(request.user)
    return current if current is not None and current.enrollment_id == enrollment.pk else None


def _new_form(request: PortalRequest, enrollment: Enrollment, *, now: datetime) -> CallForm:
    """A new form; the call began with the user's timer on this patient, else five minutes ago. `?as=message`: now."""
    zone, timer = request.practice.zone, _own_timer(request, enrollment)
    initial: dict[str, object] = {"number": enrollment.patient.phone}
    draft = text_drafts.text_draft_of(enrollment=enrollment, kind=_kind(request), by=request.user)
    if draft is not None:
        began = timer.started_at if timer is not None else now - timedelta(minutes=5)
        return CallForm(zone=zone, initial={"started_at": _local(began, zone)} | draft.values)
    if request.GET.get("as") == "message":
        began = now
        initial |= {"channel": Channel.PORTAL, "outcome": CallOutcome.SENT}
    else:
        began = timer.started_at if timer is not None else now - timedelta(minutes=5)
    initial["started_at"] = _local(began, zone)
    initial |= call_times(request.practice, request.user, request.GET.get("time", ""))
    return CallForm(zone=zone, initial=initial)


def _kind(request: PortalRequest) -> TextDraft.Kind:
    """Which draft this form has: a call's or a message's."""
    is_message = request.GET.get("as") == "message" or request.POST.get("channel", "") in MESSAGES
    return TextDraft.Kind.MESSAGE if is_message else TextDraft.Kind.CALL


def _local(moment: datetime, zone: str) -> datetime:
    """A local time without zone, as a date and time field needs it."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)


def _show(
    request: PortalRequest,
    enrollment: Enrollment,
    form: CallForm,
    *,
    now: datetime,
    message: str = "",
    previous: str = "",
) -> HttpResponse:
    facts = note_facts(enrollment.pk, zone=enrollment.patient.zone, now=now, units=request.practice.units)
    facts["name"] = enrollment.patient.given_name
    timer = _own_timer(request, enrollment)
    is_message = form["channel"].value() in MESSAGES
    context = {
        "form": form,
        "enrollment": enrollment,
        "patient": enrollment.patient,
        "age": enrollment.patient.age_on(local_day(now, request.practice.zone)),
        "facts": facts,
        "texts": texts_for(request.practice.pk, enrollment.condition, facts),
        "reach": reach_of(enrollment.patient, month=Month.current(now, enrollment.patient.zone), now=now),
        "message": is_message,
        "talking": timer is not None and timer.activity in CALLING,
        "back_to": _activity_after(request, previous),
        "error": message,
    }
    context["draft_kind"] = TextDraft.Kind.MESSAGE if is_message else TextDraft.Kind.CALL
    context["restored"] = not form.is_bound and "showed" in form.initial
    page = "timetracking/_call.html" if request.htmx else "timetracking/call.html"
    return render(request, page, context, status=422 if form.is_bound else 200)


@allow(Permission.TRACK_TIME)
@require_POST
def begin_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """Begin a call: switch the user's timer to it now, unless the timer runs on another patient."""
    enrollment, now = _enrollment(request, public_id), database_now()
    current, message = timers.running_timer(request.user), ""
    previous = current.activity if current is not None and current.activity in ACTIVITIES_AFTER_CALL else ""
    try:
        if begin_call_timer(enrollment=enrollment, by=request.membership, now=now, seen=has_scripts(request)) is None:
            message = "Your timer is running for another patient. Stop it, or count the call's own time below."
    except Refused as refusal:
        message = f"No timer is running for this call. {refusal}"
    if not request.htmx:
        return redirect("timetracking:log_call", enrollment.public_id)
    form = _new_form(request, enrollment, now=now)
    return trigger_client_event(
        _show(request, enrollment, form, now=now, message=message, previous=previous), "timer-moved"
    )


@allow(Permission.TRACK_TIME)
@require_POST
def hang_up(request: PortalRequest, public_id: str) -> HttpResponse:
    """End the call now: fill in its length and switch the user's timer back to the activity before it."""
    enrollment, now = _enrollment(request, public_id), database_now()
    timer = _own_timer(request, enrollment)
    if timer is None or timer.activity not in CALLING:
        return HttpResponse(status=204)
    talked = int((now - timer.started_at).total_seconds())
    try:
        switch_timer(
            enrollment=enrollment,
            activity=_activity_after(request),
            by=request.membership,
            now=now,
        )
    except Refused:
        return HttpResponse(status=204)
    zone = request.practice.zone
    began = _local(timer.started_at, zone)
    form = CallForm(zone=zone, initial={"started_at": began, "minutes": talked // 60, "seconds": talked % 60})
    return trigger_client_event(render(request, "timetracking/_talk.html", {"form": form}), "timer-moved")


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def log_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """The call form, as a page or in the side panel; saves the call, and its time if no timer ran."""
    enrollment, now = _enrollment(request, public_id), database_now()
    if request.method != "POST":
        return _show(request, enrollment, _new_form(request, enrollment, now=now), now=now)
    form = CallForm(request.POST, zone=request.practice.zone)
    if form.is_valid():
        values = dict(form.cleaned_data)
        keep_number = values.pop("keep_number") and values["number"] and values["number"] != enrollment.patient.phone
        del values["minutes"], values["seconds"]
        alert = values.pop("alert")
        try:
            with transaction.atomic():
                answered = close_after_call(
                    enrollment=enrollment,
                    alert=alert,
                    outcome=values["outcome"],
                    decided=values["decided"],
                    by=request.user,
                    now=now,
                )
                call_log.log_call(enrollment=enrollment, by=request.membership, now=now, **values)
                if keep_number:
                    change_patient(
                        patient=enrollment.patient,
                        reason="Number dialled in a call",
                        by=request.user,
                        now=now,
                        phone=values["number"],
                    )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error("number", " ".join(error.messages))
        else:
            _end_call_timer(request, enrollment, now=now)
            for kind in (TextDraft.Kind.CALL, _kind(request)):
                text_drafts.clear_text_draft(enrollment=enrollment, kind=kind, by=request.user)
            messages.success(request, f"{_kind(request).label.capitalize()} saved. {answered}".strip())
            chart = redirect("chart", enrollment.patient.public_id)
            return HttpResponseClientRedirect(chart.url) if request.htmx else chart
    return _show(request, enrollment, form, now=now)


def _end_call_timer(request: PortalRequest, enrollment: Enrollment, *, now: datetime) -> None:
    """Switch a timer that still runs as a call back to the activity before it."""
    timer = _own_timer(request, enrollment)
    if timer is not None and timer.activity in CALLING and now - timer.started_at >= timedelta(seconds=1):
        with suppress(Refused):  # The call is saved; a timer that cannot be switched stays as it is.
            switch_timer(enrollment=enrollment, activity=_activity_after(request), by=request.membership, now=now)


def _call(request: PortalRequest, public_id: str) -> Call:
    rows = Call.objects.for_practice(request.practice).select_related(
        "enrollment__patient", "called_by", "voided_by", "time_entry", "practice"
    )
    return get_object_or_404(rows, public_id=public_id)


def _show_call(request: PortalRequest, row: Call, *, message: str = "", now: datetime) -> HttpResponse:
    patient = row.enrollment.patient
    context: dict[str, object] = {
        "call": row,
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "addenda": row.addenda.select_related("written_by"),
        "error": message,
        "typed": request.POST.get("text", ""),
        "typed_reason": request.POST.get("reason", ""),
        "may_void": row.called_by_id == request.user.pk or may(request.membership.role, Permission.ENTER_FOR_OTHERS),
    }
    return render(request, "timetracking/kept_call.html", context, status=422 if message else 200)


def _call_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show_call(request, _call(request, public_id), message=refusal.message, now=timezone.now())


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET"])
def call(request: PortalRequest, public_id: str) -> HttpResponse:
    """A recorded call with its addenda."""
    row, now = _call(request, public_id), timezone.now()
    record_access(request, "read_call", now=now, subject=f"call:{row.public_id}")
    return _show_call(request, row, now=now)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_call_refused)
def add_to_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """Add an addendum to a recorded call."""
    row, now = _call(request, public_id), database_now()
    call_log.add_to_call(call=row, text=request.POST.get("text", ""), by=request.membership, now=now)
    return redirect("timetracking:call", public_id)


@allow(Permission.ENTER_TIME)
@require_POST
@answer_refusals(_call_refused)
def void_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """Void a call; for the person who called, or with permission to enter time for others."""
    row, now = _call(request, public_id), database_now()
    if row.called_by_id != request.user.pk and not may(request.membership.role, Permission.ENTER_FOR_OTHERS):
        raise Refused("Only the person who called, or the practice manager, can void this call.")
    call_log.void_call(call=row, reason=request.POST.get("reason", ""), by=request.user, now=now)
    return redirect("timetracking:call", public_id)


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def record_visit(request: PortalRequest, public_id: str) -> HttpResponse:
    """The form for a visit that is billed as evaluation and management."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = database_now()
    form = VisitForm(request.POST or None, practice=request.practice, on=local_day(now, request.practice.zone))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        times = {"started_at": values["started_at"], "ended_at": values["ended_at"]}
        try:
            visits.record_visit(patient=patient, provider=values["provider"], by=request.membership, now=now, **times)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            month = Month.of(local_day(values["started_at"], request.practice.zone))
            return redirect("patient_month", patient.public_id, month)
    context = {"form": form, "patient": patient}
    return render(request, "timetracking/visit.html", context, status=422 if form.is_bound else 200)
