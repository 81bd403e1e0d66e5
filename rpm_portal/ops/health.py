"""Health checks and the error page."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from rpm_portal.core import clock
from rpm_portal.core.logs import REQUEST


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness: the process responds."""
    return JsonResponse({"alive": True})


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: the database responds. The broker is not checked, because the portal works without it.

    `clock` is false if this server's clock and the database's differ by more than two seconds. The server stays ready,
    because time is counted by the database's clock; the monitor raises the alarm.
    """
    try:
        clock.database_now()
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    seconds = round(clock.clock_difference().total_seconds(), 1)
    return JsonResponse({"database": True, "clock": not clock.clocks_differ(), "clock_difference_seconds": seconds})


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """The page of status 500: only the request's id, which is also in the log."""
    return HttpResponseServerError(render_to_string("500.html", {"number": REQUEST.get()}))
