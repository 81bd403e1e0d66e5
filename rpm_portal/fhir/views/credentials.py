"""Who sends a request: a client by its access token, or a device's sender by the key of its source."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from monitoring.intake.transport import client_address, is_allowed_address
from monitoring.models import Source
from monitoring.views.api_keys import BasicKey, HeaderKey, TooManyRequests, count_wrong_key
from rpm_portal.core.throttle import is_within_limit
from rpm_portal.fhir.outcomes import FhirError, Issue
from rpm_portal.fhir.tokens import Caller, caller_of

_CHALLENGE = 'Bearer realm="fhir", Basic realm="readings", charset="UTF-8"'


@dataclass(frozen=True, slots=True)
class WritingSender:
    """Who writes: the source, and the caller if it is a client with a token."""

    source: Source
    caller: Caller | None


def required_caller(request: HttpRequest) -> Caller:
    """The caller of a request. Raises FhirError 401, or TooManyRequests."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    caller = caller_of(token.strip(), now=timezone.now()) if scheme.lower() == "bearer" else None
    if caller is None:
        count_wrong_key(request)
        text = "Send an access token as Authorization: Bearer. It is valid for five minutes; ask for a new one."
        raise FhirError(401, Issue("login", text), headers={"WWW-Authenticate": _CHALLENGE})
    client = caller.client
    if not is_within_limit(f"fhir:{client.pk}", limit=client.per_minute, moment=timezone.now().timestamp()):
        raise TooManyRequests
    return caller


def required_sender(request: HttpRequest) -> WritingSender:
    """Who writes. Raises FhirError 401 or 403, or TooManyRequests."""
    if request.headers.get("Authorization", "").lower().startswith("bearer "):
        caller = required_caller(request)
        if caller.client.source.revoked_at is not None:
            raise FhirError(403, Issue("forbidden", "The practice revoked this client's source of readings."))
        return WritingSender(caller.client.source, caller)
    source = _source_of(request)
    if source is None:
        text = "Send an access token (Authorization: Bearer) or the key of a source (x-api-key)."
        raise FhirError(401, Issue("login", f"Unknown key: {text}"), headers={"WWW-Authenticate": _CHALLENGE})
    if not source.vendor.answers_fhir:
        other = source.get_shape_display()
        text = f"Wrong address: This key is for {other}; see /api/openapi.json for its address."
        raise FhirError(403, Issue("forbidden", text))
    if not is_allowed_address(source, client_address(request)):
        text = "Wrong network: This network address is not in the allow-list of the source; the practice can add it."
        raise FhirError(403, Issue("forbidden", text))
    return WritingSender(source, None)


def _source_of(request: HttpRequest) -> Source | None:
    """The source of the key in `x-api-key` or in basic authentication."""
    key = request.headers.get("x-api-key")
    if key:
        return HeaderKey().authenticate(request, key)
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        count_wrong_key(request)
        return None
    basic = BasicKey()
    name, password = basic.decode_authorization(value)
    return basic.authenticate(request, name, password)
