"""Health checks and the error page."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from rpm_portal.core import clock
from rpm_portal.core.logs import REQUEST
from rpm_portal.ops.server_log import wrong_settings


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness: the process responds."""
    return JsonResponse({"alive": True})


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: the database responds and keeps patients out of its log. The portal works without the broker.

    `clock` is false if this server's clock and the database's differ by more than two seconds. The server stays ready,
    because time is counted by the database's clock; the monitor raises the alarm.
    """
    try:
        clock.database_now()
        logs_patients = bool(wrong_settings())
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    answer = {
        "database": True,
        "server_log": not logs_patients,
        "clock": not clock.clocks_differ(),
        "clock_difference_seconds": round(clock.clock_difference().total_seconds(), 1),
    }
    return JsonResponse(answer, status=503 if logs_patients else 200)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """The page of status 500: only the request's id, which is also in the log."""
    return HttpResponseServerError(render_to_string("500.html", {"number": REQUEST.get()}))
