"""The answer to a form whose CSRF token is old: the session was renewed, and the form can be sent again."""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

RENEW_HEADER = "X-Portal-Renew"  # asks our script to fetch a new token and to repeat the request
_NOT_REPEATED = ("csrfmiddlewaretoken",)
_SECRET = ("password", "code", "again")  # asked for again, never in a page


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Status 403. A page whose form contains what was typed, or for htmx only the header that asks for a new token.

    What was typed is shown only if the browser states that this form came from this portal (the header Origin,
    https://www.rfc-editor.org/rfc/rfc6454), and it is sent only when the person presses the button.
    """
    if getattr(request, "htmx", False):
        return HttpResponse(status=403, headers={RENEW_HEADER: "1"})
    context = {
        "own": _is_from_here(request),
        "fields": _typed_fields(request),
        "secrets": [name for name in request.POST if name.startswith(_SECRET)],
        "files": sorted(request.FILES),
        "action": request.get_full_path(),
        "multipart": request.content_type == "multipart/form-data",
    }
    return render(request, "account/session_renewed.html", context, status=403)


def _is_from_here(request: HttpRequest) -> bool:
    """Whether the browser names this portal as the origin of the form."""
    origin = urlsplit(request.headers.get("Origin", ""))
    return (origin.scheme, origin.netloc) == (request.scheme, request.get_host())


def _typed_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Names and values of the form, without the token and secrets."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_REPEATED and not name.startswith(_SECRET)
        for value in values
    ]
