"""The pages of a practice's own sign-in: its door, the way there, and the way back."""

import logging
from collections.abc import Callable

from allauth.socialaccount.providers.openid_connect import views as theirs
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET
from requests import RequestException

from rpm_portal.accounts.sso import in_use, refuse

log = logging.getLogger(__name__)
COOKIE = "own_door"
_REMEMBERED = 180 * 24 * 60 * 60


@login_not_required
@require_GET
def door(request: HttpRequest, public_id: str) -> HttpResponse:
    """The address that a practice gives its people. The browser remembers it for the sign-in page; nothing else."""
    sso = in_use(public_id)
    if sso is None:
        raise Http404
    if request.user.is_authenticated:
        return redirect("worklist")
    answer = render(request, "account/sso.html", {"sso": sso})
    answer.set_cookie(COOKIE, sso.public_id, max_age=_REMEMBERED, secure=settings.SECURE, httponly=True, samesite="Lax")
    return answer


@login_not_required
@require_GET
def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the practice's provider, with a word that only this session knows."""
    return _asked(request, theirs.login, provider_id)


@login_not_required
@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Ask the provider who came back, and sign them in where they have a role."""
    return _asked(request, theirs.callback, provider_id)


def _asked(request: HttpRequest, view: Callable[..., HttpResponse], provider_id: str) -> HttpResponse:
    try:
        return view(request, provider_id)
    except (RequestException, KeyError, ValueError) as error:
        # Not reached, or it answers what no provider answers. What it said of a person goes into no log.
        log.warning("single sign-on %s: %s", provider_id, type(error).__name__)
        return refuse(request, "Your practice's sign-in does not answer as it should. Try again in a minute.", 502)
