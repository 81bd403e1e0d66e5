"""Views of manual time entries, voids, confirmations, signed days, and the import."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrollment.models import Enrollment
from enrollment.services.text_drafts import unfinished_texts
from rpm_portal.accounts.models import Membership
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.signatures import SignatureRefused, check_signature_password
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking import presence, timers
from timetracking.forms import EntryForm
from timetracking.intervals.program_move import move_entry
from timetracking.models import TimeEntry
from timetracking.queries import activities_of, time_policy
from timetracking.staff_days import workdays
from timetracking.staff_days.call_time import OTHER_ACTIVITIES, call_time_without_call, change_activity


def _may_enter(request: PortalRequest) -> bool:
    return may(request.membership.role, Permission.ENTER_FOR_OTHERS)


@allow(Permission.ENTER_TIME)
@require_http_methods(["GET", "POST"])
def enter(request: PortalRequest, public_id: str) -> HttpResponse:
    """The form for a manual time entry; it is shown on the person's day before it is saved."""
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "practice")
    enrollment = get_object_or_404(rows, public_id=public_id)
    now = database_now()
    today = local_day(now, request.practice.zone)
    offered = activities_of(request.practice.pk)
    common: dict[str, Any] = {"practice": request.practice, "activities": offered, "today": today}
    others, joint = _may_enter(request), time_policy(request.practice.pk).joint_work
    form = EntryForm(request.POST or None, others=others, joint=joint, initial={"on": today}, **common)
    cleaned = form.cleaned_data if form.is_bound and form.is_valid() else None
    staff: Membership = (cleaned or {}).get("staff") or request.membership
    if cleaned is not None and "keep" in request.POST:
        try:
            entry = timers.add_entry(
                enrollment=enrollment,
                activity=cleaned["activity"],
                started_at=cleaned["started_at"],
                stopped_at=cleaned["stopped_at"],
                reason=cleaned["why"],
                joint_reason=cleaned.get("joint_reason", ""),
                staff=staff,
                by=request.membership,
                now=now,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            month = Month.of(local_day(entry.started_at, request.practice.zone))
            return redirect("patient_month", enrollment.patient.public_id, month)
    on = (cleaned or {}).get("on") or today
    context = {
        "form": form,
        "enrollment": enrollment,
        "patient": enrollment.patient,
        "age": enrollment.patient.age_on(today),
        "drawn": workdays.day_of(request.practice, staff.user, on, now=now),
        "who": staff.signature,
        "now": now,
    }
    refused = (form.is_bound and not form.is_valid()) or bool(form.errors)
    return render(request, "timetracking/entry.html", context, status=422 if refused else 200)


def _entry(request: PortalRequest, public_id: str) -> TimeEntry:
    rows = TimeEntry.objects.for_practice(request.practice).select_related("enrollment__patient", "staff")
    return get_object_or_404(rows, public_id=public_id)


@allow(Permission.ENTER_TIME)
@require_http_methods(["GET", "POST"])
def void(request: PortalRequest, public_id: str) -> HttpResponse:
    """Void a time entry; for the person who worked, or with permission to enter time for others."""
    entry = _entry(request, public_id)
    message = ""
    if request.method == "POST":
        try:
            if entry.staff_id != request.user.pk and not _may_enter(request):
                raise Refused("Only the person who worked, or the practice manager, can void this time.")
            timers.void_entry(entry=entry, reason=request.POST.get("reason", ""), by=request.user, now=database_now())
        except Refused as refusal:
            message = str(refusal)
        else:
            return redirect("chart", entry.enrollment.patient.public_id)
    return _show_entry(request, entry, message=message)


def _show_entry(request: PortalRequest, entry: TimeEntry, *, message: str = "") -> HttpResponse:
    patient = entry.enrollment.patient
    context = {
        "entry": entry,
        "patient": patient,
        "programs": patient.enrollments.exclude(pk=entry.enrollment_id).order_by("program", "pk"),
        "error": message,
        "typed": request.POST.get("reason", ""),
    }
    return render(request, "timetracking/void.html", context, status=422 if message else 200)


def _move_refused(request: PortalRequest, refusal: Refused, public_id: str) -> HttpResponse:
    return _show_entry(request, _entry(request, public_id), message=refusal.message)


@allow(Permission.ENTER_TIME)
@require_POST
@answer_refusals(_move_refused)
def move(request: PortalRequest, public_id: str) -> HttpResponse:
    """Move a time entry to another program of the patient."""
    entry = _entry(request, public_id)
    rows = Enrollment.objects.for_practice(request.practice).select_related("practice")
    target = rows.filter(public_id=request.POST.get("program", "")).first()
    if target is None:
        raise Refused("Not moved. Choose the program that this time belongs to.")
    reason = request.POST.get("reason", "")
    move_entry(entry=entry, enrollment=target, reason=reason, by=request.membership, now=database_now())
    return redirect("chart", entry.enrollment.patient.public_id)


@allow(Permission.TRACK_TIME)
@require_POST
def settle_call_time(request: PortalRequest, public_id: str) -> HttpResponse:
    """Say what time that was worked as a call was, if no call took place."""
    entry = _entry(request, public_id)
    on = local_day(entry.started_at, request.practice.zone)
    try:
        activity = request.POST.get("activity", "")
        change_activity(entry=entry, activity=activity, by=request.membership, now=database_now())
    except Refused as refusal:
        return _my_day(request, on, message=str(refusal), status=422)
    return redirect(f"{reverse('timetracking:my_day')}?day={on}")


@allow(Permission.TRACK_TIME)
@require_POST
def confirm(request: PortalRequest, public_id: str) -> HttpResponse:
    """Confirm an entry that the portal stopped."""
    entry = _entry(request, public_id)
    try:
        presence.confirm(entry=entry, by=request.user, now=database_now())
    except Refused as refusal:
        return _my_day(request, local_day(entry.started_at, request.practice.zone), message=str(refusal), status=422)
    return redirect("timetracking:my_day")


def _my_day(request: PortalRequest, on: date, *, message: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    today = local_day(now, request.practice.zone)
    context = {
        "drawn": workdays.day_of(request.practice, request.user, on, now=now),
        "who": request.membership.signature,
        "unfinished": unfinished_texts(request.practice, request.user),
        "settle": workdays.unconfirmed_entries(request.practice, request.user),
        "uncalled": call_time_without_call(request.practice, request.user, since=now - workdays.OPEN_ITEMS_PERIOD),
        "other_activities": OTHER_ACTIVITIES,
        "wordless": workdays.calls_without_note(request.practice, request.user, since=now - workdays.OPEN_ITEMS_PERIOD),
        "unsigned": workdays.unsigned_days(
            request.practice, first_day=today - workdays.OPEN_ITEMS_PERIOD, last_day=today, staff=request.user
        ),
        "statement": workdays.STATEMENT,
        "today": today,
        "error": message,
    }
    return render(request, "timetracking/my_day.html", context, status=status)


def _requested_day(request: PortalRequest, text: str) -> date:
    return parse_day(text) or local_day(timezone.now(), request.practice.zone)


@allow(Permission.TRACK_TIME)
@require_GET
def my_day(request: PortalRequest) -> HttpResponse:
    """The user's day, entries to confirm, and days that wait for a signature."""
    return _my_day(request, _requested_day(request, request.GET.get("day", "")))


@allow(Permission.TRACK_TIME)
@require_POST
def sign_day(request: PortalRequest) -> HttpResponse:
    """Sign a day with the password."""
    now = database_now()
    on = _requested_day(request, request.POST.get("day", ""))
    try:
        check_signature_password(
            request.membership, request.POST.get("password", ""), field="password", act="sign_day", now=now
        )
        workdays.sign_day(practice=request.practice, by=request.membership, on=on, now=now)
    except Refused as refusal:
        if isinstance(refusal, SignatureRefused):
            record_change(None, "signature_refused", by=refusal.by, now=now, act=refusal.act)
        return _my_day(request, on, message=refusal.message, status=422)
    return redirect(f"{request.path.removesuffix('sign/')}?day={on}")
