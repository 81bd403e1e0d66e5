"""Health checks and the error page."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_GET

from rpm_portal.core.client_address import is_loopback
from rpm_portal.core.logs import REQUEST
from rpm_portal.ops.readiness import check_readiness


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Liveness: the process responds."""
    return JsonResponse({"alive": True})


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Readiness: status 503 if this process must not serve, with the reasons; `degraded` lists what works only partly.

    Figures are in the answer only for a client on this machine.
    """
    found = check_readiness(now=timezone.now())
    answer: dict[str, object] = {"ready": not found.failed, "failed": found.failed, "degraded": found.degraded}
    if is_loopback(request.META["REMOTE_ADDR"]):
        answer["details"] = found.details
    return JsonResponse(answer, status=503 if found.failed else 200)


def server_error(request: HttpRequest) -> HttpResponseServerError:
    """The page of status 500: only the request's id, which is also in the log."""
    return HttpResponseServerError(render_to_string("500.html", {"number": REQUEST.get()}))
