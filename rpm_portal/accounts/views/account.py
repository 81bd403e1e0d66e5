"""Views: switch the practice, remaining time of the session, password change, sign-in of the Django admin."""

import math

from allauth.account import views as allauth_views
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
    """Switch to another practice of the person. Raises Http404 for one in which they have no role."""
    wanted = request.POST.get("practice", "")
    if not any(row.practice.public_id == wanted for row in request.memberships):
        raise Http404
    request.session["practice"] = wanted
    return redirect("worklist")


@login_not_required
@require_GET
def session(request: HttpRequest) -> JsonResponse:
    """Seconds until the session ends without an action, 0 if there is none. This request is not an action.

    The token is the current CSRF token, for forms that were filled in before somebody signed in again.
    """
    left = 0
    if request.user.is_authenticated:
        left = max(0, math.ceil(seconds_left(request.session)))
    return JsonResponse({"left": left, "token": get_token(request)})


@require_POST
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the session alive: this request counts as an action."""
    return HttpResponse(status=204)


@sensitive_post_parameters()
def password_change(request: HttpRequest) -> HttpResponseBase:
    """allauth's page. A person without a password is sent to the reset page, whose mail proves the address."""
    if request.user.is_authenticated and not request.user.has_usable_password():
        return redirect("account_reset_password")
    return allauth_views.password_change(request)


@login_not_required
def password_reset(request: HttpRequest) -> HttpResponseBase:
    """allauth's page. The mail is sent after the response (see `package_forms.ResetPasswordForm`)."""
    response = allauth_views.password_reset(request)
    send = getattr(request, "after_response", None)
    if send is not None:
        response._resource_closers.append(send)
    return response


@login_not_required
@require_GET
def admin_door(request: HttpRequest) -> HttpResponse:
    """The Django admin's sign-in: redirects to the portal's. A signed-in person without access gets a 403 page."""
    if request.user.is_authenticated:
        return render(request, "no_admin.html", status=403)
    return redirect(f"{reverse('account_login')}?{request.GET.urlencode()}")
