"""The readings API: one POST a body, one key a source, and a 2xx answer only for a body that is durably stored."""

import logging
from collections.abc import Callable
from typing import Any, cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import AuthenticationError

from monitoring import queries
from monitoring.ingest import BadBody, parse_json
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.intake.transport import (
    TransportError,
    client_address,
    has_valid_signature,
    is_allowed_address,
    read_body,
)
from monitoring.models import BY_PEOPLE, Delivery, Shape
from monitoring.readings.sender_queries import sources_of
from monitoring.tasks import enqueue_delivery
from monitoring.views.api_answers import (
    AcceptedBody,
    DeliveryResult,
    DeliveryStatus,
    ProblemDetail,
    bundle_answer,
    outcome,
)
from monitoring.views.api_keys import (
    BasicKey,
    HeaderKey,
    SenderRequest,
    TooManyRequests,
    count_wrong_key,
    is_above_rate,
    source_of_key,
)
from monitoring.views.api_schemas import BODIES
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.throttle import is_within_limit, seconds_left

log = logging.getLogger(__name__)

api = NinjaAPI(
    title="RPM Portal: readings in",
    version="1",
    description=(
        "Deliver readings with the key of a source. A 2xx answer means that the body is durably stored. The same "
        "reading sent twice is one reading. `entries` has the result of each entry. An entry that cannot be matched is "
        "stored and shown to the practice, never dropped. Addresses work with and without the final slash. A body may "
        "be compressed with gzip."
    ),
    docs_url=None,
    urls_namespace="api",
    auth=[HeaderKey(), BasicKey()],
)


def _is_fhir(request: HttpRequest) -> bool:
    """Whether the sender reads FHIR."""
    shape = getattr(getattr(request, "auth", None), "shape", "")
    return request.path.startswith("/api/fhir") or (request.path.startswith("/api/signed/") and shape == Shape.FHIR)


def _problem(request: HttpRequest, status: int, title: str, detail: str, **more: Any) -> HttpResponse:
    number = new_public_id()
    log.info("request %s answered %s: %s", number, status, title)
    body = {"type": "about:blank", "title": title, "detail": detail, "request_id": number, **more}
    if _is_fhir(request):
        return api.create_response(request, outcome("error", "invalid", f"{title}: {detail} ({number})"), status=status)
    return api.create_response(request, body, status=status)


@api.exception_handler(AuthenticationError)
def _unknown_key(request: HttpRequest, error: object) -> HttpResponse:
    answer = _problem(request, 401, "Unknown key", "Send the key of a source in the x-api-key header.")
    answer["WWW-Authenticate"] = 'Basic realm="readings", charset="UTF-8"'
    return answer


@api.exception_handler(TooManyRequests)
def _too_many(request: HttpRequest, error: object) -> HttpResponse:
    wait = seconds_left(timezone.now().timestamp())
    answer = _problem(request, 429, "Too many", f"Wait {wait} seconds, then send it again. Nothing of this was stored.")
    answer["Retry-After"] = str(wait)
    return answer


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_unavailable(request: HttpRequest, error: object) -> HttpResponse:
    log.error("the database is away: %s", type(error).__name__)
    answer = _problem(request, 503, "Not now", "The database is away. Nothing of this was stored; send it again.")
    answer["Retry-After"] = "30"
    return answer


@api.exception_handler(TransportError)
def _unreadable(request: HttpRequest, error: TransportError) -> HttpResponse:
    answer = _problem(request, error.status, error.title, error.detail)
    if error.status == 415:
        answer["Accept-Encoding"], answer["Accept-Post"] = "gzip", "application/json"
    return answer


def _deliver(
    request: HttpRequest,
    shapes: set[str],
    answer_of: Callable[[HttpRequest, Taken, bytes], HttpResponse],
) -> HttpResponse:
    """Read a body of at most two megabytes and take it in; `answer_of` builds the answer."""
    source = cast(SenderRequest, request).auth
    if source.shape not in shapes:
        other = source.get_shape_display()
        return _problem(
            request, 403, "Wrong address", f"This key is for {other}; see /api/openapi.json for its address."
        )
    if not is_allowed_address(source, client_address(request)):
        return _problem(
            request,
            403,
            "Wrong network",
            "This network address is not in the allow-list of the source; the practice can add it.",
        )
    above_rate = is_above_rate(source)
    raw, body = read_body(request)
    header = source.signature_header
    if source.signature_algorithm and not has_valid_signature(source, request.headers.get(header, ""), raw):
        count_wrong_key(request)
        how = (
            f"{source.get_signature_algorithm_display()} of the body as sent, {source.get_signature_encoding_display()}"
        )
        return _problem(request, 401, "Wrong signature", f"The header {header} must contain the {how}.")
    try:
        take = take_in.queue if above_rate else take_in.take_in
        taken = take(source=source, body=body, now=timezone.now())
    except BadBody as error:
        return _problem(request, 400, "Not taken", str(error))
    if taken.kept_as is not None:
        enqueue_delivery(taken.kept_as)
        return _accepted(request, taken.kept_as)
    return answer_of(request, taken, body)


def _accepted(request: HttpRequest, delivery_pk: int) -> HttpResponse:
    """The answer to a body that waits for the worker, with the address of its result."""
    rows = Delivery.objects.for_practice(cast(SenderRequest, request).auth.practice_id)
    address = f"/api/deliveries/{rows.values_list('public_id', flat=True).get(pk=delivery_pk)}/"
    content: dict[str, Any] = {"stored": True, "status": address}
    if _is_fhir(request):
        content = outcome("information", "informational", f"Stored; the result will be at {address}.")
    answer = api.create_response(request, content, status=202)
    answer["Content-Location"] = address
    return answer


def _counts_answer(request: HttpRequest, taken: Taken, body: bytes) -> HttpResponse:
    """Counts and entries; 422 if the only reading of our own format was refused.

    Vendors get 200: they send again, or end the subscription, after any other answer.
    """
    rows = taken.rows()
    is_ours = cast(SenderRequest, request).auth.shape == Shape.PORTAL
    if is_ours and len(rows) == 1 and rows[0]["result"] == "refused":
        return _problem(request, 422, "Refused", rows[0]["message"], entries=rows)
    return api.create_response(request, taken.counts() | {"entries": rows}, status=200)


def _fhir_answer(request: HttpRequest, taken: Taken, body: bytes) -> HttpResponse:
    status, content = bundle_answer(taken, parse_json(body))
    return api.create_response(request, content, status=status)


_ANSWERS: dict[int, Any] = {200: DeliveryResult, 202: AcceptedBody} | dict.fromkeys(
    (400, 401, 403, 411, 413, 415, 422, 429, 503), ProblemDetail
)
_FHIR: dict[int, Any] = dict.fromkeys((200, 202, 400, 401, 403, 411, 413, 415, 422, 429, 503), dict[str, Any])


def _post(address: str, **more: Any) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Register a POST address with and without its final slash: a redirect would lose the body."""
    other = address.removesuffix("/") if address.endswith("/") else f"{address}/"

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        api.post(other, include_in_schema=False, **more)(view)
        return api.post(address, **more)(view)

    return decorate


@_post("/readings/", response=_ANSWERS, openapi_extra=BODIES["portal"], url_name="readings", summary="Our own batch")
def readings(request: HttpRequest) -> HttpResponse:
    """Take in our own neutral batch, or a body of the vendor whose key was sent (Telli, Tenovi, BodyTrace)."""
    return _deliver(request, {Shape.PORTAL, Shape.TELLI, Shape.TENOVI, Shape.BODYTRACE}, _counts_answer)


@_post("/telli/", response=_ANSWERS, openapi_extra=BODIES["telli"], url_name="telli", summary="Telli Health")
def telli(request: HttpRequest) -> HttpResponse:
    """Take in a Telli Health webhook, version 1 or 2: a reading, a heartbeat, or a cleared reminder."""
    return _deliver(request, {Shape.TELLI}, _counts_answer)


@_post("/tenovi/", response=_ANSWERS, openapi_extra=BODIES["tenovi"], url_name="tenovi", summary="Tenovi")
def tenovi(request: HttpRequest) -> HttpResponse:
    """Take in a Tenovi measurement or an array of them."""
    return _deliver(request, {Shape.TENOVI}, _counts_answer)


@_post("/bodytrace/", response=_ANSWERS, openapi_extra=BODIES["bodytrace"], url_name="bodytrace", summary="BodyTrace")
def bodytrace(request: HttpRequest) -> HttpResponse:
    """Take in a BodyTrace weight."""
    return _deliver(request, {Shape.BODYTRACE}, _counts_answer)


@_post(
    "/withings/{key}/", response=_ANSWERS, openapi_extra=BODIES["withings"], url_name="withings", auth=None,
    summary="Withings",
)  # fmt: skip
def withings(request: HttpRequest, key: str) -> HttpResponse:
    """Take in a Withings notification, as a form. This vendor sends no header, so the key is in the address."""
    source = source_of_key(request, key)
    if source is None:
        raise AuthenticationError
    cast(SenderRequest, request).auth = source
    return _deliver(request, {Shape.WITHINGS}, _counts_answer)


@_post("/fhir/", response=_FHIR, openapi_extra=BODIES["fhir"], url_name="fhir", summary="FHIR R4 Bundle")
def fhir(request: HttpRequest) -> HttpResponse:
    """Take in a Bundle of Observations; each entry has its own answer, and a bad one does not block the others."""
    return _deliver(request, {Shape.FHIR}, _fhir_answer)


@_post(
    "/fhir/Observation", response=_FHIR, openapi_extra=BODIES["observation"], url_name="observation",
    summary="FHIR R4 Observation",
)  # fmt: skip
def observation(request: HttpRequest) -> HttpResponse:
    """Take in one Observation."""
    return _deliver(request, {Shape.FHIR}, _fhir_answer)


@_post(
    "/signed/{source}/", response=_ANSWERS, openapi_extra=BODIES["signed"], url_name="signed", auth=None,
    summary="A signed body",
)  # fmt: skip
def signed(request: HttpRequest, source: str) -> HttpResponse:
    """Take in a body of any vendor whose source signs its bodies; the signature is the only credential."""
    signing = queries.signing_source(source) if len(source) <= 12 else None
    if signing is None:
        count_wrong_key(request)
        raise AuthenticationError
    cast(SenderRequest, request).auth = signing
    is_fhir = signing.shape == Shape.FHIR
    return _deliver(
        request, {shape.value for shape in Shape if shape not in BY_PEOPLE}, _fhir_answer if is_fhir else _counts_answer
    )


_STATUS: dict[int, Any] = {200: DeliveryStatus} | dict.fromkeys((401, 404, 429, 503), ProblemDetail)


@api.get("/deliveries/{delivery}/", response=_STATUS, url_name="delivery", summary="The result of a stored body")
def delivery(request: HttpRequest, delivery: str) -> HttpResponse:
    """What became of a body that was answered with 202, with the key that sent it."""
    source = cast(SenderRequest, request).auth
    if not is_within_limit(f"status:{source.pk}", limit=source.per_minute, moment=timezone.now().timestamp()):
        raise TooManyRequests
    rows = Delivery.objects.filter(practice=source.practice_id, source__in=sources_of(source.sender_id))
    row = rows.filter(public_id=delivery[:13]).first()
    if row is None:
        return _problem(request, 404, "Not found", "This source sent no body with this number.")
    counts = Taken().counts() | (row.outcome or {})
    content = {"state": row.state, "received_at": row.received_at, "message": row.message, "entries": [], **counts}
    return api.create_response(request, content, status=200)
