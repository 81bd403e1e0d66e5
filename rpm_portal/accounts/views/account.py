"""Doors: choosing the practice one works in, and how long the session still holds."""

import math

from allauth.account import views as theirs
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from rpm_portal.accounts.idle import seconds_left
from rpm_portal.accounts.request import PortalRequest


@require_POST
def switch_practice(request: PortalRequest) -> HttpResponse:
    """Work in another of one's practices. One that is not mine answers as if it did not exist."""
    wanted = request.POST.get("practice", "")
    if not any(row.practice.public_id == wanted for row in request.memberships):
        raise Http404
    request.session["practice"] = wanted
    return redirect("worklist")


@login_not_required
@require_GET
def session(request: HttpRequest) -> JsonResponse:
    """Seconds until the session ends without an act, 0 where there is none; asking is no act.

    The token is that of the session now, for forms that were filled in before somebody signed in again.
    """
    left = 0
    if request.user.is_authenticated:
        left = max(0, math.ceil(seconds_left(request.session)))
    return JsonResponse({"left": left, "token": get_token(request)})


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Somebody is here: an act like any other."""
    return HttpResponse(status=204)


@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponseBase:
    """allauth's page, except for somebody who has no password: they get a link by mail, which proves the address."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        return redirect("account_reset_password")
    return theirs.password_change(request)


@login_not_required
@require_GET
def admin_door(request: HttpRequest) -> HttpResponse:
    """The Django admin's sign-in: the portal's own. Who is signed in and may not enter is told so, not sent round."""
    if request.user.is_authenticated:
        return render(request, "no_admin.html", status=403)
    return redirect(f"{reverse('account_login')}?{request.GET.urlencode()}")
