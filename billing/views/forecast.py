"""View of the open work before a month ends."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from billing.claims.claim_gaps import claim_gaps
from billing.review import before_month_end, month_lines, queries
from billing.review.lost_revenue import leaks_of
from billing.review.next_actions import next_actions
from billing.review.running_periods import running_periods
from rpm_portal.accounts.request import PortalRequest, month_from_url
from rpm_portal.audit.services import record_access
from rpm_portal.core.access import Permission, allow
from rpm_portal.core.days import local_day


@allow(Permission.SEE_MONTHS)
@require_GET
def forecast(request: PortalRequest, month: str) -> HttpResponse:
    """The open work of a month: unsigned days, calls without a note, expiring documents, and codes not earned."""
    now, practice = timezone.now(), request.practice
    wanted = month_from_url(month, practice, now=now)
    today = local_day(now, practice.zone)
    close = queries.close_of(practice, wanted)
    computed = close if close is not None and close.computed_at is not None else None
    context: dict[str, Any] = {
        "month": wanted,
        "close": computed,
        "left": (wanted.last_day - today).days,
        "until": wanted.last_day + before_month_end.EXPIRY_NOTICE,
        "counts": month_lines.counts_of(computed) if computed else {},
        "expected": month_lines.expected_of(computed) if computed else None,
        "leaks": leaks_of(computed) if computed else [],
        "endings": before_month_end.running_out(practice, wanted),
        "unsigned": before_month_end.unsigned_days(practice, wanted, today=today),
        "calls": before_month_end.calls_without_text(practice, wanted),
    }
    context |= {
        "periods": running_periods(computed) if computed else None,
        "actions": next_actions(computed, today=today) if computed and today <= wanted.last_day else [],
        "addresses": before_month_end.addresses_missing(practice, wanted),
        "gaps": claim_gaps(computed) if computed else [],
    }
    record_access(request, "read_forecast", now=now, subject=f"month:{wanted}", count=len(context["endings"]))
    return render(request, "billing/forecast.html", context)
