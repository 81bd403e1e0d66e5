"""View of productivity by staff member and month, with the minutes at which patients' months end."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from rpm_portal.accounts.request import PortalRequest
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import Month
from timetracking.staff_days.minute_histograms import minute_histograms
from timetracking.staff_days.productivity import by_staff, productivity

MONTHS = 6


@allow(Permission.ENTER_FOR_OTHERS)
@require_GET
def staff_productivity(request: PortalRequest) -> HttpResponse:
    """A month and the five before it by staff member, and histograms of the month. It names no patient."""
    now = timezone.now()
    current = Month.current(now, request.practice.zone)
    month = _chosen(request.GET.get("month", ""), current)
    rows = productivity(request.practice, [month.plus(-step) for step in range(MONTHS)])
    context = {
        "month": month,
        "current": current,
        "people": by_staff(rows),
        "of_month": [row for row in rows if row.month == month],
        "histograms": minute_histograms(request.practice, month),
    }
    record_access(request, "read_productivity", now=now, subject=f"month:{month}")
    return render(request, "timetracking/productivity.html", context)


def _chosen(text: str, current: Month) -> Month:
    """The month in the address, if it has begun; else the current one."""
    try:
        return min(Month.parse(text), current)
    except ValueError:
        return current
