"""Doors: the call panel, a kept call with its addenda, and visits."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from enrollment.models import Enrollment, Patient
from enrollment.services import change_patient
from monitoring.readings.words import note_facts
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_look
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import timers, visits
from timetracking.calls import call_log
from timetracking.calls.attempts import reach_of
from timetracking.calls.texts import texts_for
from timetracking.forms import CallForm, VisitForm
from timetracking.models import CALLING, MESSAGES, Activity, Call, CallOutcome, Channel, TimeEntry

BACK = (Activity.REVIEW, Activity.PLAN, Activity.COORDINATE, Activity.EDUCATE, Activity.DOCUMENT)


def _enrollment(request: PortalRequest, public_id: str) -> Enrollment:
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    return get_object_or_404(rows, public_id=public_id)


def _back(request: PortalRequest, otherwise: str = "") -> str:
    """What the timer goes on as after the call: as before it, else documenting."""
    back = request.POST.get("back_to", "") or otherwise
    return back if back in BACK else Activity.DOCUMENT


def _mine(request: PortalRequest, enrollment: Enrollment) -> TimeEntry | None:
    current = timers.running_timer(request.user)
    return current if current is not None and current.enrollment_id == enrollment.pk else None


def _new_form(request: PortalRequest, enrollment: Enrollment, *, now: datetime) -> CallForm:
    """Where my timer runs on this patient the call began with it; else a few minutes ago. `?as=message`: one of now."""
    zone, mine = request.practice.zone, _mine(request, enrollment)
    initial: dict[str, Any] = {"number": enrollment.patient.phone}
    if request.GET.get("as") == "message":
        began = now
        initial |= {"channel": Channel.PORTAL, "outcome": CallOutcome.SENT}
    else:
        began = mine.started_at if mine is not None else now - timedelta(minutes=5)
    initial["started_at"] = _local(began, zone)
    return CallForm(zone=zone, initial=initial)


def _local(moment: datetime, zone: str) -> datetime:
    """As a form's field of date and time takes it."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, microsecond=0)


def _show(
    request: PortalRequest, enrollment: Enrollment, form: CallForm, *, now: datetime, said: str = "", back: str = ""
) -> HttpResponse:
    facts = note_facts(enrollment.pk, zone=enrollment.patient.zone, now=now)
    facts["name"] = enrollment.patient.given_name
    mine = _mine(request, enrollment)
    context = {
        "form": form,
        "enrollment": enrollment,
        "patient": enrollment.patient,
        "age": enrollment.patient.age_on(local_day(now, request.practice.zone)),
        "facts": facts,
        "texts": texts_for(request.practice.pk, enrollment.condition, facts),
        "reach": reach_of(enrollment.patient, month=Month.current(now, enrollment.patient.zone), now=now),
        "message": form["channel"].value() in MESSAGES,
        "talking": mine is not None and mine.activity in CALLING,
        "back_to": _back(request, back),
        "said": said,
    }
    page = "timetracking/_call.html" if request.htmx else "timetracking/call.html"
    return render(request, page, context, status=422 if form.is_bound else 200)


@allow(Permission.TRACK_TIME)
@require_POST
def begin_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """The call begins: my timer switches to it at this second, unless it runs on somebody else; then it stays there."""
    enrollment, now = _enrollment(request, public_id), database_now()
    current, said = timers.running_timer(request.user), ""
    back = current.activity if current is not None and current.activity in BACK else ""
    if current is None or current.enrollment_id == enrollment.pk:
        if current is None or current.activity not in CALLING:
            try:
                timers.switch_timer(enrollment=enrollment, activity=Activity.CALL, by=request.membership, now=now)
            except Refused as refusal:
                said = f"No timer runs for this call. {refusal}"
    else:
        said = "Your timer runs on somebody else and stays there. Stop it, or count the call's own time below."
    if not request.htmx:
        return redirect("timetracking:log_call", enrollment.public_id)
    form = _new_form(request, enrollment, now=now)
    return trigger_client_event(_show(request, enrollment, form, now=now, said=said, back=back), "timer-moved")


@allow(Permission.TRACK_TIME)
@require_POST
def hang_up(request: PortalRequest, public_id: str) -> HttpResponse:
    """The call ends at this second by the server's clock: its length, and my timer back on what it was before."""
    enrollment, now = _enrollment(request, public_id), database_now()
    mine = _mine(request, enrollment)
    if mine is None or mine.activity not in CALLING:
        return HttpResponse(status=204)
    talked = int((now - mine.started_at).total_seconds())
    try:
        timers.switch_timer(
            enrollment=enrollment,
            activity=_back(request),
            by=request.membership,
            now=now,
        )
    except Refused:
        return HttpResponse(status=204)
    zone = request.practice.zone
    began = _local(mine.started_at, zone)
    form = CallForm(zone=zone, initial={"started_at": began, "minutes": talked // 60, "seconds": talked % 60})
    return trigger_client_event(render(request, "timetracking/_talk.html", {"form": form}), "timer-moved")


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def log_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """The call form, as a page or in the side panel, and what it keeps: the call, and its time where no timer ran."""
    enrollment, now = _enrollment(request, public_id), database_now()
    if request.method != "POST":
        return _show(request, enrollment, _new_form(request, enrollment, now=now), now=now)
    form = CallForm(request.POST, zone=request.practice.zone)
    if form.is_valid():
        said = dict(form.cleaned_data)
        keep_number = said.pop("keep_number") and said["number"] and said["number"] != enrollment.patient.phone
        del said["minutes"], said["seconds"]
        try:
            with transaction.atomic():
                call_log.log_call(enrollment=enrollment, by=request.membership, now=now, **said)
                if keep_number:
                    change_patient(
                        patient=enrollment.patient,
                        reason="Number dialled in a call",
                        by=request.user,
                        now=now,
                        phone=said["number"],
                    )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        except ValidationError as error:
            form.add_error("number", " ".join(error.messages))
        else:
            _leave_call(request, enrollment, now=now)
            chart = redirect("chart", enrollment.patient.public_id)
            return HttpResponseClientRedirect(chart.url) if request.htmx else chart
    return _show(request, enrollment, form, now=now)


def _leave_call(request: PortalRequest, enrollment: Enrollment, *, now: datetime) -> None:
    """A timer that still says "calling" goes on as what it was before the call."""
    mine = _mine(request, enrollment)
    if mine is not None and mine.activity in CALLING and now - mine.started_at >= timedelta(seconds=1):
        with suppress(Refused):  # The call is kept; a timer that cannot go on is left as it is.
            timers.switch_timer(enrollment=enrollment, activity=_back(request), by=request.membership, now=now)


def _call(request: PortalRequest, public_id: str) -> Call:
    rows = Call.objects.for_practice(request.practice).select_related(
        "enrollment__patient", "called_by", "voided_by", "time_entry", "practice"
    )
    return get_object_or_404(rows, public_id=public_id)


def _show_call(request: PortalRequest, row: Call, *, said: str = "", now: datetime) -> HttpResponse:
    patient = row.enrollment.patient
    context: dict[str, Any] = {
        "call": row,
        "patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "addenda": row.addenda.select_related("written_by"),
        "said": said,
        "typed": request.POST.get("text", ""),
        "typed_reason": request.POST.get("reason", ""),
        "may_void": row.called_by_id == request.user.pk or may(request.membership.role, Permission.ENTER_FOR_OTHERS),
    }
    return render(request, "timetracking/kept_call.html", context, status=422 if said else 200)


def _call_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show_call(request, _call(request, public_id), said=refusal.message, now=timezone.now())


@allow(Permission.SEE_PATIENTS)
@require_http_methods(["GET"])
def call(request: PortalRequest, public_id: str) -> HttpResponse:
    """One call as it was kept, with what was added to it."""
    row, now = _call(request, public_id), timezone.now()
    record_look(request, "read_call", now=now, subject=f"call:{row.public_id}")
    return _show_call(request, row, now=now)


@allow(Permission.TRACK_TIME)
@require_POST
@answer_refusals(_call_refused)
def add_to_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """Add a text to a kept call."""
    row, now = _call(request, public_id), database_now()
    call_log.add_to_call(call=row, text=request.POST.get("text", ""), by=request.membership, now=now)
    return redirect("timetracking:call", public_id)


@allow(Permission.ENTER_TIME)
@require_POST
@answer_refusals(_call_refused)
def void_call(request: PortalRequest, public_id: str) -> HttpResponse:
    """Strike a call through; its own person, or who may enter for others."""
    row, now = _call(request, public_id), database_now()
    if row.called_by_id != request.user.pk and not may(request.membership.role, Permission.ENTER_FOR_OTHERS):
        raise Refused("Only the person who called, or the practice manager, strikes this through.")
    call_log.void_call(call=row, reason=request.POST.get("reason", ""), by=request.user, now=now)
    return redirect("timetracking:call", public_id)


@allow(Permission.TRACK_TIME)
@require_http_methods(["GET", "POST"])
def record_visit(request: PortalRequest, public_id: str) -> HttpResponse:
    """The form for a visit whose minutes are billed as the visit."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = database_now()
    form = VisitForm(request.POST or None, practice=request.practice, on=local_day(now, request.practice.zone))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        times = {"started_at": said["started_at"], "ended_at": said["ended_at"]}
        try:
            visits.record_visit(patient=patient, provider=said["provider"], by=request.membership, now=now, **times)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            month = Month.of(local_day(said["started_at"], request.practice.zone))
            return redirect("patient_month", patient.public_id, month)
    context = {"form": form, "patient": patient}
    return render(request, "timetracking/visit.html", context, status=422 if form.is_bound else 200)
