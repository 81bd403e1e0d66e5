"""Views for the manager: everybody's days, approval of time, and the import of time entries."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.addresses import parse_day
from rpm_portal.core.clock import database_now
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused, answer_refusals
from timetracking.import_entries import COLUMNS, MAX_IMPORT_BYTES, import_entries
from timetracking.models import Activity, TimeEntry
from timetracking.queries import around_thresholds, time_policy
from timetracking.staff_days import workdays
from timetracking.staff_days.approvals import approve_day, entries_to_approve
from timetracking.staff_days.long_days import long_days
from timetracking.staff_days.team import team_of


def _requested_day(text: str, today: date) -> date:
    return parse_day(text) or today


def _to_approve(practice: Practice, on: date) -> list[dict[str, object]]:
    """People with entries of the day that wait for approval: their membership and the entries. Two statements."""
    by_staff: dict[int, list[TimeEntry]] = {}
    for entry in entries_to_approve(practice, first_day=on, last_day=on):
        by_staff.setdefault(entry.staff_id, []).append(entry)
    members = Membership.objects.for_practice(practice).filter(user__in=by_staff).select_related("user")
    by_user = {member.user_id: member for member in members.order_by("starts_on")}
    return [{"member": by_user[pk], "entries": rows} for pk, rows in by_staff.items() if pk in by_user]


def _show_days(request: PortalRequest, on: date, *, message: str = "", status: int = 200) -> HttpResponse:
    now, practice = timezone.now(), request.practice
    today, month = local_day(now, practice.zone), Month.of(on)
    since = month.plus(-1).first_day
    unsigned = workdays.unsigned_days(practice, first_day=since, last_day=today)
    policy = time_policy(practice.pk)
    context = {
        "on": on,
        "today": today,
        "drawn_days": workdays.days_of(practice, on, now=now),
        "unsigned": unsigned,
        "shares": [share for share in team_of(practice.pk, month=month, zone=practice.zone) if share.seconds],
        "around": around_thresholds(practice.pk, month=month),
        "month": month,
        "long_days": long_days(practice, first_day=since, last_day=month.last_day),
        "approves": policy.time_approved,
        "to_approve": _to_approve(practice, on) if policy.time_approved else [],
        "error": message,
    }
    record_access(request, "read_staff_days", now=now, count=len(unsigned))
    return render(request, "timetracking/staff_days.html", context, status=status)


@allow(Permission.ENTER_FOR_OTHERS)
@require_GET
def staff_days(request: PortalRequest) -> HttpResponse:
    """For the manager: everybody's day, long days, unsigned days, late time, and totals around the thresholds."""
    today = local_day(timezone.now(), request.practice.zone)
    return _show_days(request, _requested_day(request.GET.get("day", ""), today))


def _approval_refused(request: PortalRequest, refusal: Refused) -> HttpResponse:
    today = local_day(timezone.now(), request.practice.zone)
    return _show_days(request, _requested_day(request.POST.get("day", ""), today), message=refusal.message)


@allow(Permission.ENTER_FOR_OTHERS)
@require_POST
@answer_refusals(_approval_refused)
def approve_time(request: PortalRequest) -> HttpResponse:
    """Approve a person's time entries of a day, as a second person."""
    now = database_now()
    on = _requested_day(request.POST.get("day", ""), local_day(now, request.practice.zone))
    rows = Membership.objects.for_practice(request.practice).select_related("user")
    worker = rows.filter(public_id=request.POST.get("person", "")).first()
    if worker is None:
        raise Refused("Not approved. Choose the person whose time you approve.")
    approve_day(practice=request.practice, staff=worker.user, on=on, by=request.membership, now=now)
    return redirect(f"{request.path.removesuffix('approve/')}?day={on}")


@allow(Permission.ENTER_FOR_OTHERS)
@require_http_methods(["GET", "POST"])
def import_time(request: PortalRequest) -> HttpResponse:
    """Import time entries from a file; the result of each row is shown before anything is saved."""
    context: dict[str, object] = {"columns": COLUMNS, "activities": Activity.values, "text": "", "error": ""}
    if request.method == "POST":
        file, text = request.FILES.get("file"), request.POST.get("text", "")
        try:
            if file is not None and (file.size or 0) > MAX_IMPORT_BYTES:
                raise Refused("This file is larger than 1 MB. Split it.")
            body = file.read() if file is not None else text.encode()
            if not body.strip():
                raise Refused("Choose a CSV file, or paste its lines.")
            keep = "keep" in request.POST
            context["outcomes"] = import_entries(
                practice=request.practice,
                body=body,
                by=request.membership,
                now=database_now(),
                keep=keep,
                name=file.name or "" if file is not None else "",
            )
            context |= {"kept": keep, "text": "" if keep else body.decode("utf-8-sig")}
        except Refused as refusal:
            context |= {"error": str(refusal), "text": text}
    return render(request, "timetracking/import.html", context, status=422 if context["error"] else 200)
