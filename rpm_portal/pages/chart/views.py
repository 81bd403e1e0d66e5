"""Views: the chart, the chart at a past moment, a patient's month, and a patient's history."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET

from enrollment.models import Enrollment, Patient
from enrollment.queries import with_enrollments
from enrollment.services.text_drafts import unfinished_texts
from monitoring.alerts.observers import observers_of
from monitoring.queries import rules_of
from rpm_portal.accounts.request import PortalRequest, month_from_url
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow, may
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.days import local_day
from rpm_portal.pages.alerts.inbox import colleagues
from rpm_portal.pages.chart.as_of import chart_as_of, names_of
from rpm_portal.pages.chart.chart import chart_of, enrollments_for_chart
from rpm_portal.pages.chart.history import history_of
from rpm_portal.pages.chart.patient_month import month_of
from rpm_portal.pages.chart.trends import SPANS
from timetracking.queries import chart_start_rule


@allow(Permission.SEE_PATIENTS)
@require_GET
def chart(request: PortalRequest, public_id: str) -> HttpResponse:
    """The chart of one patient: readings, alerts, time and calls of the month, status of each code."""
    now = timezone.now()
    enrollments = enrollments_for_chart(request.practice, public_id, now=now)
    if enrollments:
        patient = enrollments[0].patient
    else:
        patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    if patient.merged_into is not None:
        return redirect("chart", patient.merged_into.public_id)
    raw = request.GET.get("days", "30")
    days = int(raw) if raw.isdecimal() and raw.isascii() and int(raw) in SPANS else 30
    chosen = request.GET.get("enrollment", "")[:12]
    until = _last_day(request, now=now)
    context = chart_of(request.practice, patient, enrollments, chosen=chosen, days=days, now=now, until=until)
    if enrollments and enrollments[0].starts and may(request.membership.role, Permission.TRACK_TIME):
        context["starts"] = chart_start_rule(request.membership, context["enrollment"], now=now)
    context["unfinished"] = []
    if any(row.drafted for row in enrollments):
        rows = unfinished_texts(request.practice, request.user).filter(enrollment__in=enrollments)
        context["unfinished"] = list(rows)
    record_access(request, "read_chart", now=now, subject=f"patient:{patient.public_id}")
    return render(request, "worklist/chart.html", context)


def _last_day(request: PortalRequest, *, now: datetime) -> date | None:
    """The last day of the graphs in the address; None if it is missing, not a day, or not in the past."""
    last = parse_day(request.GET.get("to", "")[:10])
    return last if last is not None and last < local_day(now, request.practice.zone) else None


@allow(Permission.SEE_PATIENTS)
@require_GET
def watching(request: PortalRequest, public_id: str) -> HttpResponse:
    """The assigned care team member, and the alert rules over more than one value."""
    now = timezone.now()
    rows = Enrollment.objects.for_practice(request.practice).select_related("patient", "looked_after_by__user")
    enrollment = get_object_or_404(rows.select_related("billing_provider__user"), public_id=public_id)
    today = local_day(now, request.practice.zone)
    context = {
        "patient": enrollment.patient,
        "age": enrollment.patient.age_on(today),
        "enrollment": enrollment,
        "rules": rules_of(enrollment.pk),
        "colleagues": colleagues(request.practice, today=today),
        "observers": (found := observers_of(enrollment.pk)),
        "is_following": any(row.member_id == request.membership.pk for row in found),
    }
    record_access(request, "read_rules", now=now, subject=f"patient:{enrollment.patient.public_id}")
    return render(request, "worklist/watching.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def patient_month(request: PortalRequest, public_id: str, month: str) -> HttpResponse:
    """One patient's month: device periods, what each code needs by which day, time by role and proof."""
    patient, rows = with_enrollments(request.practice, public_id)
    if patient is None:
        raise Http404
    now = timezone.now()
    chosen = month_from_url(month, request.practice, now=now)
    enrollment_id = request.GET.get("enrollment", "")[:12]
    context = month_of(request.practice, patient, rows, month=chosen, chosen=enrollment_id, now=now)
    record_access(request, "read_month", now=now, subject=f"patient:{patient.public_id}", month=str(chosen))
    return render(request, "worklist/patient_month.html", context)


@allow(Permission.SEE_PATIENTS)
@require_GET
def patient_history(request: PortalRequest, public_id: str) -> HttpResponse:
    """Every change of a patient, and with `looks` also who read the chart."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now = timezone.now()
    looks = bool(request.GET.get("looks"))
    entries = history_of(request.practice, patient, looks=looks)
    page = Paginator(entries, 100).get_page(request.GET.get("page"))
    record_access(request, "read_history", now=now, subject=f"patient:{patient.public_id}", count=len(entries))
    age = patient.age_on(local_day(now, request.practice.zone))
    return render(request, "worklist/history.html", {"patient": patient, "page": page, "looks": looks, "age": age})


@allow(Permission.SEE_PATIENTS)
@require_GET
def as_of(request: PortalRequest, public_id: str) -> HttpResponse:
    """The chart as it was known at a moment in the practice's time zone."""
    patient = get_object_or_404(Patient.objects.for_practice(request.practice), public_id=public_id)
    now, typed = timezone.now(), request.GET.get("at", "")[:32]
    zone = ZoneInfo(request.practice.zone)
    moment, error = _parse_moment(typed, zone, now=now) if typed else (None, "")
    context: dict[str, object] = {
        "now_patient": patient,
        "age": patient.age_on(local_day(now, request.practice.zone)),
        "asked": typed,
        "moment": moment,
        "refused": error,
        "latest": f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
    }
    if moment is not None:
        chosen = request.GET.get("enrollment", "")[:12]
        context |= chart_as_of(request.practice, patient, moment=moment, chosen=chosen)
        context["names"] = names_of(request.practice)
        record_access(
            request, "read_chart_as_of", now=now, subject=f"patient:{patient.public_id}", moment=moment.isoformat()
        )
    return render(request, "worklist/as_of.html", context, status=422 if error else 200)


def _parse_moment(typed: str, zone: ZoneInfo, *, now: datetime) -> tuple[datetime | None, str]:
    """The moment in a form field and an empty string, or None and the error message."""
    try:
        local = parse_datetime(typed)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not 1900 < local.year < 9000:
        return None, "Write a day and a time, like 2026-11-03T14:02."
    moment = local.replace(tzinfo=zone)
    return (None, "That moment has not come yet.") if moment > now else (moment, "")
