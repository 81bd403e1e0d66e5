"""Answers in FHIR, and the decorator of every view below /api/fhir: methods, formats, credentials and errors."""

import json
import logging
from collections.abc import Callable
from functools import wraps

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from monitoring.ingest import BadBody
from monitoring.intake.transport import TransportError
from monitoring.views.api_keys import TooManyRequests
from rpm_portal.core.throttle import seconds_left
from rpm_portal.fhir.outcomes import FhirError, Issue, JsonObject, outcome
from rpm_portal.fhir.search_query import check_format

log = logging.getLogger(__name__)
MEDIA, PDF = "application/fhir+json", "application/pdf"
FhirView = Callable[..., HttpResponse]
_HELP = {
    "PATCH": "Send the whole resource with PUT.",
    "DELETE": "A reading is not deleted. Send it with PUT and the status entered-in-error.",
}


def fhir_answer(
    content: JsonObject | None, *, status: int = 200, headers: dict[str, str] | None = None
) -> HttpResponse:
    """A resource as an answer; None for an answer without a body."""
    body = b"" if content is None else json.dumps(content, ensure_ascii=False).encode()
    answer = HttpResponse(body, status=status, content_type=f"{MEDIA}; fhirVersion=4.0")
    for name, value in (headers or {}).items():
        answer[name] = value
    return answer


def error_answer(error: FhirError) -> HttpResponse:
    """The OperationOutcome of an error."""
    return fhir_answer(outcome(*error.issues), status=error.status, headers=error.headers)


def _check_method(request: HttpRequest, methods: tuple[str, ...]) -> None:
    if request.method not in methods:
        text = f"{request.method} is not possible here. {_HELP.get(str(request.method), '')}".strip()
        raise FhirError(405, Issue("not-supported", text), headers={"Allow": ", ".join(methods)})


def _check_accept(request: HttpRequest) -> None:
    """Raises FhirError if no accepted format is JSON of R4."""
    accepted = request.headers.get("Accept", "")
    if not accepted or "_format" in request.GET:
        if "_format" in request.GET:
            check_format(request.GET["_format"])
        return
    for part in accepted.lower().split(","):
        media, *options = (text.strip() for text in part.split(";"))
        versions = [text.partition("=")[2].strip('"') for text in options if text.startswith("fhirversion")]
        is_json = media in {"*/*", "application/*", "application/json", MEDIA, "json", "text/html"}
        if media == PDF and request.path.startswith("/api/fhir/Binary/"):
            return
        if is_json and all(version in {"4.0", "4.0.1"} for version in versions):
            return
    raise FhirError(406, Issue("not-supported", "This server answers in application/fhir+json of FHIR R4 (4.0) only."))


def fhir_view(*methods: str) -> Callable[[FhirView], FhirView]:
    """Decorator: check method and format, and answer every error with an OperationOutcome."""

    def decorate(view: FhirView) -> FhirView:
        @csrf_exempt
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                _check_method(request, methods)
                _check_accept(request)
                return view(request, *args, **kwargs)
            except Exception as error:
                return error_answer(_as_fhir_error(error))

        return guarded

    return decorate


def _as_fhir_error(error: Exception) -> FhirError:
    """The error as the client reads it; one that is not expected is logged by its class, without data."""
    if isinstance(error, FhirError):
        return error
    if isinstance(error, TransportError):
        headers = {"Accept-Encoding": "gzip", "Accept-Post": MEDIA} if error.status == 415 else {}
        code = "too-long" if error.status == 413 else "invalid"
        return FhirError(error.status, Issue(code, f"{error.title}: {error.detail}"), headers=headers)
    if isinstance(error, BadBody):
        return FhirError(400, Issue("structure", str(error)))
    if isinstance(error, TooManyRequests):
        wait = seconds_left(timezone.now().timestamp())
        text = f"Wait {wait} seconds, then send it again. Nothing of this was stored."
        return FhirError(429, Issue("throttled", text), headers={"Retry-After": str(wait)})
    if isinstance(error, OperationalError | InterfaceError):
        log.error("the database is not reachable: %s", type(error).__name__)
        text = "The database is not reachable. Nothing of this was stored; send it again."
        return FhirError(503, Issue("transient", text), headers={"Retry-After": "30"})
    log.error("a FHIR request failed: %s", type(error).__name__, exc_info=error)
    return FhirError(500, Issue("exception", "This request failed here. Send X-Request-ID to the practice."))
