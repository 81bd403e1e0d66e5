"""Whether the process lives, and whether it can work."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET

from rpm_portal.core.logs import REQUEST


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"alive": True})


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """The database answers too; the broker is a doorbell and does not make the portal unready."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"database": False}, status=503)
    return JsonResponse({"database": True})


def broken(request: HttpRequest) -> HttpResponseServerError:
    """The page for what went wrong on our side: the request's number, to be found in the log, and nothing else."""
    return HttpResponseServerError(render_to_string("500.html", {"number": REQUEST.get()}))
