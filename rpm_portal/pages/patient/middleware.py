"""The patient's page on a host of its own (PORTAL_PATIENT_HOST)."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound

PATIENT_PATHS = ("/m/", "/p/")
_SHARED_PATHS = ("/static/", "/healthz", "/readyz")


class PatientHostMiddleware:
    """With PORTAL_PATIENT_HOST, the patient's addresses exist only on that host and the portal's only on the others.

    Two origins share neither cookies nor storage. Without the setting both are on every host.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer 404 for an address of the other host."""
        own = settings.PATIENT_HOST
        if own and not request.path.startswith(_SHARED_PATHS):
            on_own = request.get_host() == own
            if on_own != request.path.startswith(PATIENT_PATHS):
                return HttpResponseNotFound("Not found.", content_type="text/plain; charset=utf-8")
        return self.get_response(request)
