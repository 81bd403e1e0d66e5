"""The readings API: one POST a body, one key a source, and a 2xx answer only for a body that is durably stored."""

import base64
import binascii
import logging
from collections.abc import Callable
from typing import Any, cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError
from ninja.security import APIKeyHeader, HttpBasicAuth

from monitoring import queries
from monitoring.ingest import BadBody, parse_json
from monitoring.ingest.registry import senders, shapes_by_people
from monitoring.ingest.vendor import ApiOperation, KeyPlace, Vendor
from monitoring.intake import take_in
from monitoring.models import Source
from monitoring.services import digest_of
from monitoring.tasks import enqueue_delivery
from monitoring.views.api_schemas import bundle_answer, outcome
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.throttle import is_within_limit, seconds_left

log = logging.getLogger(__name__)
MAX_BODY = 2 * 1024 * 1024
WRONG_KEYS = 30  # a minute from one address


class SenderRequest(HttpRequest):
    """A request with a known key: `auth` is the sender, set by the key check."""

    auth: Source


class TooManyRequests(Exception):
    """More requests than allowed in a minute."""


class Detail(Schema):
    """The result of one entry, if the counts do not show it. `entry` is its position in the body, from 0."""

    entry: int
    result: str
    message: str


class DeliveryResult(Schema):
    """The result of a body as counts; `details` is absent if there is nothing more to report."""

    new: int
    known: int
    unmatched: int
    heard: int
    taken_back: int
    details: list[Detail] | None = None


class AcceptedBody(Schema):
    """The body is durably stored and is processed in the background."""

    kept: bool


class ProblemDetail(Schema):
    """What is wrong and what to do; `request_id` is in our log."""

    type: str
    title: str
    detail: str
    request_id: str


def _source(request: HttpRequest, key: str | None) -> Source | None:
    """The source with this key. Requests are counted for each source, and wrong keys for each address."""
    now = timezone.now().timestamp()
    source = queries.source_by_digest(digest_of(key)) if key and len(key) <= 200 else None
    if source is None or source.shape in shapes_by_people():
        if not is_within_limit(f"wrong:{request.META.get('REMOTE_ADDR', '')}", limit=WRONG_KEYS, moment=now):
            raise TooManyRequests
        return None
    if not is_within_limit(f"source:{source.pk}", limit=source.per_minute, moment=now):
        raise TooManyRequests
    return source


class HeaderKey(APIKeyHeader):
    """The key in `x-api-key`."""

    param_name = "x-api-key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Source | None:
        """The source with this key; None lets the other method be tried."""
        return _source(request, key) if key else None


class BasicKey(HttpBasicAuth):
    """The key as the password of basic authentication; the user name is not read."""

    def decode_authorization(self, value: str) -> tuple[str, str]:
        """User name and password; empty strings if the header is malformed."""
        try:
            name, _, password = base64.b64decode(value.split(" ")[-1], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return "", ""
        return name, password

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Source | None:
        """The source with this key."""
        return _source(request, password)


api = NinjaAPI(
    title="RPM Portal: readings in",
    version="1",
    description=(
        "Deliver readings with the key of a source. A 2xx answer means that the body is durably kept; the same reading "
        "sent twice is one reading. What cannot be placed is kept and shown to the practice, never dropped."
    ),
    docs_url=None,
    urls_namespace="api",
    auth=[HeaderKey(), BasicKey()],
)


def _problem(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    number = new_public_id()
    log.info("request %s answered %s: %s", number, status, title)
    body = {"type": "about:blank", "title": title, "detail": detail, "request_id": number}
    if request.path.startswith("/api/fhir"):
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
    answer = _problem(request, 429, "Too many", f"Wait {wait} seconds, then send it again. Nothing of this was kept.")
    answer["Retry-After"] = str(wait)
    return answer


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_unavailable(request: HttpRequest, error: object) -> HttpResponse:
    log.error("the database is away: %s", type(error).__name__)
    answer = _problem(request, 503, "Not now", "The database is away. Nothing of this was kept; send it again.")
    answer["Retry-After"] = "30"
    return answer


def _deliver(
    request: HttpRequest, shapes: set[str], answer_of: Callable[[take_in.Taken, bytes], tuple[int, object]]
) -> HttpResponse:
    """Read a body of at most two megabytes and take it in; `answer_of` builds the answer."""
    source = cast(SenderRequest, request).auth
    if source.shape not in shapes:
        other = source.get_shape_display()
        return _problem(
            request, 403, "Wrong address", f"This key is for {other}; see /api/openapi.json for its address."
        )
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = 0
    if length > MAX_BODY or len(body := request.read(MAX_BODY + 1)) > MAX_BODY:
        return _problem(request, 413, "Too large", f"A body has at most {MAX_BODY} bytes; send the rest in another.")
    try:
        taken = take_in.take_in(source=source, body=body, now=timezone.now())
    except BadBody as error:
        return _problem(request, 400, "Not taken", str(error))
    if taken.kept_as is not None:
        enqueue_delivery(taken.kept_as)
    status, answer = answer_of(taken, body)
    return api.create_response(request, answer, status=status)


def _counts_answer(taken: take_in.Taken, body: bytes) -> tuple[int, object]:
    if taken.later:
        return 202, {"kept": True}
    details = [
        {"entry": n, "result": row.result, "message": row.message} for n, row in enumerate(taken.results) if row.message
    ]
    return 200, taken.counts() | ({"details": details} if details else {})


_ANSWERS: dict[int, Any] = {200: DeliveryResult, 202: AcceptedBody} | dict.fromkeys(
    (400, 401, 403, 413, 429, 503), ProblemDetail
)
_FHIR: dict[int, Any] = dict.fromkeys((200, 202, 400, 401, 403, 413, 429, 503), dict[str, Any])


def _fhir_answer(taken: take_in.Taken, body: bytes) -> tuple[int, Any]:
    return bundle_answer(taken, parse_json(body))


def _add_operation(vendor: Vendor, operation: ApiOperation) -> None:
    """Add one address of a vendor to the API. A vendor whose key is in the address probes it with HEAD first."""
    shapes = {vendor.shape}
    if operation.url_name == "readings":
        shapes |= {other.shape for other in senders() if other.is_at_readings}
    answer_of = _fhir_answer if vendor.answers_fhir else _counts_answer

    def _take_body(request: HttpRequest) -> HttpResponse:
        return _deliver(request, shapes, answer_of)

    def _take_body_by_address(request: HttpRequest, key: str) -> HttpResponse:
        source = _source(request, key)
        if source is None:
            raise AuthenticationError
        cast(SenderRequest, request).auth = source
        if request.method == "HEAD":
            return HttpResponse()
        return _deliver(request, shapes, answer_of)

    options: dict[str, Any] = {"response": _FHIR if vendor.answers_fhir else _ANSWERS, "url_name": operation.url_name}
    view: Callable[..., HttpResponse] = _take_body
    if vendor.key_place is KeyPlace.ADDRESS:
        view, options["auth"] = _take_body_by_address, None
        api.api_operation(["HEAD"], f"/{operation.path}", include_in_schema=False, **options)(view)
    api.post(
        f"/{operation.path}",
        openapi_extra=operation.request_body,
        summary=operation.summary,
        description=operation.description,
        operation_id=operation.url_name,
        **options,
    )(view)


for _vendor in senders():
    for _operation in _vendor.operations:
        _add_operation(_vendor, _operation)
