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
from monitoring.ingest.openapi import request_body
from monitoring.ingest.registry import senders
from monitoring.ingest.vendor import ApiOperation, KeyPlace, Vendor
from monitoring.ingest.vendors import portal
from monitoring.intake import take_in
from monitoring.intake.results import Taken
from monitoring.intake.transport import (
    TransportError,
    client_address,
    has_valid_signature,
    is_allowed_address,
    read_body,
)
from monitoring.models import Delivery, Source
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
    if request.path.startswith("/api/signed/"):
        source: Source | None = getattr(request, "auth", None)
        return source is not None and source.vendor.answers_fhir
    return request.path.startswith("/api/fhir")


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
    is_ours = cast(SenderRequest, request).auth.shape == portal.VENDOR.shape
    if is_ours and len(rows) == 1 and rows[0]["result"] == "refused":
        return _problem(request, 422, "Refused", str(rows[0]["message"]), entries=rows)
    return api.create_response(request, taken.counts() | {"entries": rows}, status=200)


def _fhir_answer(request: HttpRequest, taken: Taken, body: bytes) -> HttpResponse:
    status, content = bundle_answer(taken, parse_json(body))
    return api.create_response(request, content, status=status)


_ANSWERS: dict[int, Any] = {200: DeliveryResult, 202: AcceptedBody} | dict.fromkeys(
    (400, 401, 403, 411, 413, 415, 422, 429, 503), ProblemDetail
)
# The FHIR server (rpm_portal/fhir) answers these addresses; here they are described, and answered for signed bodies.
_FHIR: dict[int, Any] = dict.fromkeys(
    (200, 201, 202, 400, 401, 403, 406, 409, 411, 412, 413, 415, 422, 429, 503), dict[str, Any]
)
_FHIR_CONTENT = {
    "responses": {status: {"content": {"application/fhir+json": {"schema": {"type": "object"}}}} for status in _FHIR}
}


def _post(address: str, **more: Any) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Register a POST address with and without its final slash: a redirect would lose the body."""
    other = address.removesuffix("/") if address.endswith("/") else f"{address}/"

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        api.post(other, include_in_schema=False, **more)(view)
        return api.post(address, **more)(view)

    return decorate


def _add_operation(vendor: Vendor, operation: ApiOperation) -> None:
    """Add one address of a vendor to the API. A vendor whose key is in the address probes it with HEAD first."""
    shapes = {vendor.shape}
    if operation.url_name == "readings":
        shapes |= {other.shape for other in senders() if other.is_at_readings}
    answer_of = _fhir_answer if vendor.answers_fhir else _counts_answer

    def _take_body(request: HttpRequest) -> HttpResponse:
        return _deliver(request, shapes, answer_of)

    def _take_body_by_address(request: HttpRequest, key: str) -> HttpResponse:
        source = source_of_key(request, key)
        if source is None:
            raise AuthenticationError
        cast(SenderRequest, request).auth = source
        if request.method == "HEAD":
            return HttpResponse()
        return _deliver(request, shapes, answer_of)

    options: dict[str, Any] = {"response": _FHIR if vendor.answers_fhir else _ANSWERS, "url_name": operation.url_name}
    view: Callable[..., HttpResponse] = _take_body
    address = f"/{operation.path}"
    if vendor.key_place is KeyPlace.ADDRESS:
        view, options["auth"] = _take_body_by_address, None
        for probed in (address.removesuffix("/"), address):
            api.api_operation(["HEAD"], probed, include_in_schema=False, **options)(view)
    _post(
        address,
        openapi_extra=operation.request_body | (_FHIR_CONTENT if vendor.answers_fhir else {}),
        summary=operation.summary,
        description=operation.description,
        operation_id=operation.url_name,
        **options,
    )(view)


for _vendor in senders():
    for _operation in _vendor.operations:
        _add_operation(_vendor, _operation)


@_post(
    "/signed/{source}/",
    response=_ANSWERS,
    openapi_extra=request_body({"type": ["object", "array"]}, {"readings": []}),
    url_name="signed",
    auth=None,
    summary="A signed body",
)
def signed(request: HttpRequest, source: str) -> HttpResponse:
    """Take in a body of any vendor whose source signs its bodies; the signature is the only credential."""
    signing = queries.signing_source(source) if len(source) <= 12 else None
    if signing is None:
        count_wrong_key(request)
        raise AuthenticationError
    cast(SenderRequest, request).auth = signing
    answer_of = _fhir_answer if signing.vendor.answers_fhir else _counts_answer
    return _deliver(request, {vendor.shape for vendor in senders()}, answer_of)


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
