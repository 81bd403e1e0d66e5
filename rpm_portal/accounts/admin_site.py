"""The site of the Django admin: each page needs password and second factor, shown in the last ten minutes."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from rpm_portal.accounts.stepup import factors_of

STEP_UP_VALID_FOR = timedelta(minutes=10)


def missing_step_up(request: Any) -> str:
    """The URL name of the page on which the person shows what is missing; empty if nothing is."""
    since = (timezone.now() - STEP_UP_VALID_FOR).timestamp()
    shown = {row["method"] for row in get_authentication_records(request, request.user) if row["at"] > since}
    if "password" not in shown:
        return "account_reauthenticate"
    factors = factors_of(request)
    if factors and "mfa" not in shown:
        return "mfa_reauthenticate" if Authenticator.Type.TOTP in factors else "mfa_reauthenticate_webauthn"
    return ""


class PortalAdminSite(admin.AdminSite):
    """The admin of an installation: reference data and people, without patients, time and claims."""

    site_header = site_title = "RPM Portal administration"

    def admin_view(self, view: Any, *options: Any, **named: Any) -> Any:
        """Wrap a page: password and second factor are required again before it is shown or changed."""
        checked: Callable[..., HttpResponseBase] = super().admin_view(view, *options, **named)

        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            if view != self.logout and self.has_permission(request) and (page := missing_step_up(request)):
                if request.method in ("GET", "HEAD"):
                    return redirect(f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}")
                return _ask_again(request, page)
            return checked(request, *args, **kwargs)

        return guarded


def _ask_again(request: HttpRequest, page: str) -> HttpResponse:
    """The answer to a form that was sent too late: nothing is saved."""
    address = f"{reverse(page)}?{urlencode({'next': request.get_full_path()})}"
    return render(request, "admin_step_up.html", {"address": address}, status=403)
