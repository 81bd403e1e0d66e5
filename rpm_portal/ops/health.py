"""Health checks and the error page."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from rpm_portal.core.logs import REQUEST


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness: the process responds."""
    return JsonResponse({"alive": True})


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: the database responds. The broker is not checked, because the portal works without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True})


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """The page of status 500: only the request's id, which is also in the log."""
    return HttpResponseServerError(render_to_string("500.html", {"number": REQUEST.get()}))
