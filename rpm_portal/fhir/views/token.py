"""View: the token endpoint of SMART Backend Services (client_credentials with private_key_jwt)."""

import logging

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from monitoring.views.api_keys import TooManyRequests, count_wrong_key
from rpm_portal.core.throttle import seconds_left
from rpm_portal.fhir.assertions import AssertionInvalid, client_named
from rpm_portal.fhir.scopes import ScopeError
from rpm_portal.fhir.tokens import VALID_FOR, issue_token, note_refusal

log = logging.getLogger(__name__)
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
# The same for an unknown client and for every fault of an assertion (RFC 6749, section 5.2).
_INVALID_CLIENT = "The client or its assertion is not accepted. The reason is on the page Integrations of the practice."


def _error(status: int, code: str, text: str) -> JsonResponse:
    answer = JsonResponse({"error": code, "error_description": text}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _single(request: HttpRequest, name: str) -> str:
    """A parameter's value; empty if it is absent, or sent more than once (RFC 6749, section 3.2)."""
    values = request.POST.getlist(name)
    return values[0] if len(values) == 1 else ""


@csrf_exempt
@sensitive_post_parameters("client_assertion")
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Give an access token for a signed assertion."""
    if request.content_type != _FORM:
        return _error(400, "invalid_request", f"Send the parameters as {_FORM}.")
    if _single(request, "grant_type") != "client_credentials":
        return _error(400, "unsupported_grant_type", "grant_type must be client_credentials.")
    if _single(request, "client_assertion_type") != ASSERTION_TYPE:
        return _error(400, "invalid_request", f"client_assertion_type must be {ASSERTION_TYPE}.")
    assertion, now = _single(request, "client_assertion"), timezone.now()
    client = client_named(assertion)
    audience = request.build_absolute_uri(reverse("fhir:token"))
    try:
        if client is None:
            raise AssertionInvalid("No client has this id.")
        text, scope = issue_token(client, assertion, _single(request, "scope"), audience=audience, now=now)
    except ScopeError as error:
        return _error(400, "invalid_scope", str(error))
    except AssertionInvalid as error:
        log.warning("an assertion was refused: %s", error)
        if client is not None:
            note_refusal(client, str(error), now=now)
        return _refuse(request)
    answer = JsonResponse(
        {"access_token": text, "token_type": "bearer", "expires_in": int(VALID_FOR.total_seconds()), "scope": scope}
    )
    answer["Cache-Control"], answer["Pragma"] = "no-store", "no-cache"
    return answer


def _refuse(request: HttpRequest) -> HttpResponse:
    """401, or 429 for an address that sent too many wrong assertions in this minute."""
    try:
        count_wrong_key(request)
    except TooManyRequests:
        answer = _error(429, "slow_down", "Too many wrong assertions from this address. Wait a minute.")
        answer["Retry-After"] = str(seconds_left(timezone.now().timestamp()))
        return answer
    return _error(401, "invalid_client", _INVALID_CLIENT)
