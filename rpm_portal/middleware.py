"""What every request passes through: the shut door, the practice, and headers."""

import logging
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from rpm_portal.accounts.emergency import GIVES, open_glass
from rpm_portal.accounts.factors import admin_must_have, has_one, must_have
from rpm_portal.accounts.idle import ACTED, seconds_left
from rpm_portal.accounts.models import Membership, User
from rpm_portal.accounts.sso import came_through, factor_vouched, opened_by
from rpm_portal.core.days import local_day
from rpm_portal.core.db.encrypted_fields import Altered
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.logs import REQUEST
from rpm_portal.core.refusals import not_done

log = logging.getLogger(__name__)
# No membership is needed here: signing in and out, and the Django admin, which has its own check.
_NO_PRACTICE = ("/accounts/", "/admin/", "/api/", "/healthz", "/readyz", "/static/", "/join/", "/sign-in-address/")
# Opened by a password, never by a practice's own sign-in: what reaches further than the practice.
_BY_PASSWORD = (
    "/admin/", "/accounts/2fa/totp/", "/accounts/2fa/recovery-codes/", "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/webauthn/keys/", "/accounts/password/",
)  # fmt: skip
_NO_SESSION = ("/api/", "/healthz", "/readyz", "/static/")
CAME = "came_at"  # in the session, seconds since 1970
# Asked by the page, not by the person.
_BY_ITSELF = {
    "timetracking:timer", "alerts:news", "worklist_news", "worklist_counts", "billing:progress", "billing:next_code",
    "billing:packet_progress", "session",
}  # fmt: skip


class RequestIdMiddleware:
    """Gives each request a number of its own: in its answer, on the error page, and in every line of its log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the number in a header; a number that came with the request is not believed."""
        mark = REQUEST.set(new_public_id())
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = REQUEST.get()
        finally:
            REQUEST.reset(mark)
        return response


class SafeHeadersMiddleware:
    """Headers that keep pages with patients' names out of caches and other sites."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers set where the view did not."""
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class DoorMiddleware(LoginRequiredMiddleware):
    """Every page needs a sign-in unless it says otherwise; an htmx request is led there as a whole page."""

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponse | None:
        """The devices' door has keys of its own; its every operation asks for one."""
        if request.path.startswith("/api/"):
            return None
        return cast("HttpResponse | None", super().process_view(request, view_func, *args))

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        """Send the browser to sign-in, and back to the page it was on."""
        if getattr(request, "htmx", False):
            here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = f"{reverse('account_login')}?{urlencode({'next': here})}"
            return answer
        return super().handle_no_permission(request, view_func)


class IdleMiddleware:
    """Ends a session in which nobody acted for a while, and every session after half a day; before anything else.

    What a page asks by itself is no act of a person. A beat of the timer is: it is sent only where somebody is at it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; signed out first where the session has run out."""
        if not request.path.startswith(_NO_SESSION) and request.user.is_authenticated:
            now = time.time()
            came = request.session.setdefault(CAME, now)
            if seconds_left(request.session) <= 0 or now - came > settings.LONGEST_SESSION:
                logout(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Note an act, at most thirty times before the session would end."""
        match = request.resolver_match
        if match is None or match.view_name in _BY_ITSELF or not request.user.is_authenticated:
            return
        if time.time() - request.session.get(ACTED, 0) > settings.IDLE_SECONDS / 30:
            request.session[ACTED] = time.time()


def ask_for_factor(request: HttpRequest) -> HttpResponse:
    """The page that asks for a second factor before anything of a practice is shown."""
    if getattr(request, "htmx", False):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = reverse("worklist")
        return answer
    return render(request, "account/second_factor.html", {"through": came_through(request)}, status=403)


class NoNulMiddleware:
    """Refuses text that holds NUL before any page sees it: PostgreSQL stores none, and no keyboard writes one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer as the page does."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        """Look at what was asked and sent; the devices' door reads its bodies itself, as strictly."""
        if request.path.startswith("/api/"):
            return None
        for told in (request.GET, request.POST):
            if any("\x00" in text for name, values in told.lists() for text in (name, *values)):
                said = "This was not taken: it holds a character that no keyboard writes (NUL). Take it out."
                return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
        return None


class PracticeMiddleware:
    """Finds the membership anew at each request, so that a right taken away is gone at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with `request.practice` and `request.membership` set, or say that there is none."""
        request.practice = request.membership = None  # type: ignore[attr-defined]
        if request.path.startswith(_BY_PASSWORD) and came_through(request):
            return render(request, "account/sso_only.html", {"closed": True}, status=403)
        if not request.user.is_authenticated or request.path.startswith(_NO_PRACTICE):
            user = cast(User, request.user)
            if request.path.startswith("/admin/") and user.is_authenticated and admin_must_have(user):
                return self.get_response(request) if has_one(request) else ask_for_factor(request)
            return self.get_response(request)
        membership = self._membership(request)
        if membership is None:
            shut = getattr(request, "shut_practices", [])
            if shut:
                return render(request, "account/sso_only.html", {"practice": shut[0]}, status=403)
            return render(request, "no_practice.html", status=403)
        if must_have(membership) and not has_one(request) and not factor_vouched(request):
            return ask_for_factor(request)
        if "glass" in request.session:
            self._emergency(request, membership)
        request.membership, request.practice = membership, membership.practice  # type: ignore[attr-defined]
        request.year = local_day(timezone.now(), membership.practice.zone).year  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Where what was sent is not what is kept, nothing is done, and the page says which; the log too."""
        if isinstance(exception, Altered):
            log.error("altered: %s", exception)
            return not_done(request, str(exception))
        return None

    def _emergency(self, request: HttpRequest, membership: Membership) -> None:
        """Charts for the hour that runs in this session; asked for there alone."""
        glass = open_glass(membership, now=timezone.now())
        if glass is None or glass.public_id != request.session["glass"]:
            del request.session["glass"]
            return
        membership.glass, membership.in_emergency = glass, GIVES  # type: ignore[attr-defined]

    def _membership(self, request: HttpRequest) -> Membership | None:
        user, now = cast(User, request.user), timezone.now()
        rows = getattr(user, "memberships_found", None)
        if rows is None:
            rows = Membership.objects.filter(user=user).select_related("practice", "user").order_by("practice__name")
        # A role begins and ends at midnight where the practice is.
        found = [row for row in rows if row.holds_on(local_day(now, row.practice.zone))]
        through = came_through(request)
        if through:
            its = opened_by(through)
            found = [row for row in found if row.practice_id == its]
        elif settings.SINGLE_SIGN_ON:
            request.shut_practices = [r.practice for r in found if r.practice.own_sign_in_only]  # type: ignore[attr-defined]
            found = [row for row in found if not row.practice.own_sign_in_only]
        request.memberships = found  # type: ignore[attr-defined]
        chosen = request.session.get("practice")
        return next((m for m in found if m.practice.public_id == chosen), found[0] if found else None)
