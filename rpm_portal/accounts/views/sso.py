"""Views of a practice's own sign-in: its page, the redirect to the provider, and the callback."""

import logging
from collections.abc import Callable

from allauth.socialaccount.providers.openid_connect import views as allauth_views
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from requests import RequestException

from rpm_portal.accounts.sso import active_sign_on, refusal_page

log = logging.getLogger(__name__)
COOKIE = "practice_sign_in"
_COOKIE_AGE = 180 * 24 * 60 * 60  # seconds


@login_not_required
@require_GET
def sign_on_page(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page whose URL a practice gives its people. A cookie makes the sign-in page offer it again."""
    sso = active_sign_on(public_id)
    if sso is None:
        raise Http404
    if request.user.is_authenticated:
        return redirect("worklist")
    response = render(request, "account/sso.html", {"sso": sso})
    response.set_cookie(
        COOKIE, sso.public_id, max_age=_COOKIE_AGE, secure=settings.SECURE, httponly=True, samesite="Lax"
    )
    return response


@login_not_required
@require_GET
def start_sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirect to the practice's provider with a `state` that is bound to this session."""
    return _call_provider(request, allauth_views.login, provider_id)


@login_not_required
@require_GET
def finish_sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider's callback: get the identity and sign the person in if they have a role."""
    return _call_provider(request, allauth_views.callback, provider_id)


def _call_provider(request: HttpRequest, view: Callable[..., HttpResponse], provider_id: str) -> HttpResponse:
    try:
        return view(request, provider_id)
    except (RequestException, KeyError, ValueError) as error:
        # The provider is not reachable, or its response is invalid. It may name a person, so it is not logged.
        log.warning("single sign-on %s: %s", provider_id, type(error).__name__)
        return refusal_page(
            request, "Your practice's sign-in does not answer as it should. Try again in a minute.", 502
        )
