"""Middleware: request id, response headers, sign-in, idle sessions, and the practice of the request."""

import logging
import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from psycopg import errors
from redis import RedisError

from rpm_portal.accounts import sent_forms
from rpm_portal.accounts.emergency import GRANTED_PERMISSIONS, open_emergency_access
from rpm_portal.accounts.factors import admin_needs_second_factor, has_second_factor, needs_second_factor
from rpm_portal.accounts.idle import ACT_HEADER, LAST_ACTION_KEY, seconds_left
from rpm_portal.accounts.launched_sessions import launch_of_session
from rpm_portal.accounts.models import Membership, User
from rpm_portal.accounts.request import PortalRequest
from rpm_portal.accounts.sent_forms import conflict_page
from rpm_portal.accounts.sso import factor_vouched, practice_of_sign_on, sign_on_of_session
from rpm_portal.audit.services import record_shown_patient
from rpm_portal.core.days import local_day
from rpm_portal.core.db.encrypted_fields import ContentChanged
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.logs import REQUEST
from rpm_portal.core.refusals import refusal_page
from rpm_portal.fhir.ehr.sessions import practice_of_link
from rpm_portal.pages.patient.middleware import PATIENT_PATHS

log = logging.getLogger(__name__)
# Paths without a membership: signing in and out, and the Django admin, which has its own check.
_WITHOUT_PRACTICE = (
    *("/accounts/", "/admin/", "/api/", "/healthz", "/readyz", "/static/", "/join/", "/sign-in-address/"),
    *("/ehr/launch/", "/ehr/start/", "/ehr/back/", "/ehr/person/"),
    *PATIENT_PATHS,
)
# Paths for a password sign-in only: they reach beyond a practice, so neither its single sign-on nor its EHR opens them.
_PASSWORD_SIGN_IN_ONLY = (
    "/admin/",
    "/accounts/password/",
    *("/accounts/2fa/totp/", "/accounts/2fa/recovery-codes/"),
    *("/accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/keys/"),
)
_WITHOUT_SESSION = ("/api/", "/healthz", "/readyz", "/static/", *PATIENT_PATHS)
# Database errors that another request caused at the same moment; the transaction has been rolled back.
TAKEN = (errors.UniqueViolation, errors.ExclusionViolation)
RACES = (*TAKEN, errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)
_LOST = "Not saved. Another person changed the same record at the same time. Try again."
_WAITED = (
    "Not saved. The portal is working on the same records, for example while a month is computed or locked. Try again "
    "in a minute."
)
SESSION_STARTED = "came_at"  # in the session, seconds since 1970
# Views that only scripts request.
_SCRIPT_VIEWS = {"session", "stay", "timetracking:timer", "timetracking:beat"}
_SCRIPT_VIEWS |= {"worklist_news", "worklist_counts", "alerts:news"}
_SCRIPT_VIEWS |= {"billing:progress", "billing:writing", "billing:next_code", "billing:packet_progress"}


class RequestIdMiddleware:
    """Gives each request an id, which is in its response, on the error page, and in every line of its log."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the id as a response header; an id sent with the request is ignored."""
        request.id = new_public_id()  # type: ignore[attr-defined]
        mark = REQUEST.set(request.id)  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = REQUEST.get()
        finally:
            REQUEST.reset(mark)
        return response


class SafeHeadersMiddleware:
    """Sets headers that keep pages with patients' names out of caches and other sites."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the headers that the view did not set."""
        response = self.get_response(request)
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "no-store")
        if request.method == "POST" and request.path in (reverse("account_logout"), reverse("admin:logout")):
            # W3C Clear Site Data: the next person at this workstation finds nothing. Cookies stay: the session's is
            # deleted, and the browser's (accounts/known_devices.py) is still needed.
            response.headers["Clear-Site-Data"] = '"cache", "storage"'
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class SignInMiddleware(LoginRequiredMiddleware):
    """Requires a sign-in for every view that is not marked otherwise; an htmx request is redirected as a whole page."""

    def process_view(self, request: HttpRequest, view_func: Any, *args: Any) -> HttpResponse | None:
        """Skip the API of the devices: each of its operations checks a key."""
        if request.path.startswith("/api/"):
            return None
        return cast("HttpResponse | None", super().process_view(request, view_func, *args))

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        """Redirect to the sign-in page. A request that a page makes by itself does not: the page may have unsaved text,
        and its own script (static/js/session.js) ends it.
        """
        if getattr(request, "htmx", False):
            if request.method == "GET" and request.headers.get(ACT_HEADER) != "1":
                return HttpResponse(status=204)
            here = urlsplit(request.headers.get("HX-Current-URL", "")).path or "/"
            response = HttpResponse(status=204)
            response["HX-Redirect"] = f"{reverse('account_login')}?{urlencode({'next': here})}"
            return response
        return super().handle_no_permission(request, view_func)


class IdleMiddleware:
    """Ends idle sessions, and every session after LONGEST_SESSION; runs before other checks.

    Only an act of a person keeps a session: see `is_act_of_a_person`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Sign the user out if the session has expired; after a successful act record it in the session."""
        if not request.path.startswith(_WITHOUT_SESSION) and request.user.is_authenticated:
            now = time.time()
            started_at = request.session.setdefault(SESSION_STARTED, now)
            if seconds_left(request.session) <= 0 or now - started_at > settings.LONGEST_SESSION:
                logout(request)
        response = self.get_response(request)
        if response.status_code < 400 or response.status_code == 422:
            self._record_act(request)
        return response

    def _record_act(self, request: HttpRequest) -> None:
        """Record an act of a person in the session, at most thirty times per idle period."""
        if request.path.startswith(_WITHOUT_SESSION) or not request.user.is_authenticated:
            return
        if is_act_of_a_person(request) and time.time() - request.session.get(LAST_ACTION_KEY, 0) > (
            settings.IDLE_SECONDS / 30
        ):
            request.session[LAST_ACTION_KEY] = time.time()


def is_act_of_a_person(request: HttpRequest) -> bool:
    """Whether a person caused this request: by our scripts' header, or as a page opened or a form sent.

    Everything else that a script sends (htmx, fetch) is not: pages poll. Browsers mark the navigations by the header
    Sec-Fetch-Mode (https://www.w3.org/TR/fetch-metadata/). Without it, a request counts unless htmx or a view for
    scripts shows that it is none.
    """
    if request.headers.get(ACT_HEADER) == "1":
        return True
    match = request.resolver_match
    if match is None or match.view_name in _SCRIPT_VIEWS or request.headers.get("HX-Request"):
        return False
    return request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _began_elsewhere(request: HttpRequest) -> bool:
    """Whether the practice's own sign-in or its EHR began this session, not a password."""
    return bool(sign_on_of_session(request)) or launch_of_session(request) is not None


def ask_for_factor(request: HttpRequest) -> HttpResponse:
    """The page that requires a second factor before any data of a practice."""
    if getattr(request, "htmx", False):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = reverse("worklist")
        return response
    return render(request, "account/second_factor.html", {"through": _began_elsewhere(request)}, status=403)


def _exception_page(request: HttpRequest, exception: Exception) -> HttpResponse | None:
    """The page for stored content with a wrong digest, a cache that is away, and a lost race; else None."""
    if isinstance(exception, ContentChanged):
        log.error("altered: %s", exception)
        return refusal_page(request, str(exception))
    if isinstance(exception, RedisError):
        # Sign-in is refused while guesses cannot be counted; other pages do not need the cache.
        log.error("the shared cache is not reachable: %s", type(exception).__name__)
        return render(request, "cache_away.html", status=503)
    cause = getattr(exception, "__cause__", None)
    if isinstance(cause, RACES):
        log.warning("lost a race: %s", type(cause).__name__)
        return conflict_page(request, _WAITED if isinstance(cause, errors.LockNotAvailable) else _LOST)
    return None


class SentFormMiddleware:
    """Does the action of a form once, however often the form arrives (`accounts/sent_forms.py`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Continue; the check is in `process_view`."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: sent_forms.View, args: list[object], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Run the view of a POST of a practice with the form's key. A form without a key is refused."""
        match = request.resolver_match
        if request.method != "POST" or match is None or getattr(request, "membership", None) is None:
            return None
        if not sent_forms.needs_key(request, match.view_name):
            return None
        key = sent_forms.key_of(request)
        if not key:
            log.warning("a form without a key is refused: %s", match.view_name)
            return sent_forms.missing_key_page(request)
        try:
            portal = cast(PortalRequest, request)
            return sent_forms.run_once(portal, view, args, kwargs, key=key, now=timezone.now())
        except Exception as exception:
            page = _exception_page(request, exception)
            if page is None:
                raise
            return page


class PracticeMiddleware:
    """Reads the membership at each request, so that a revoked right is effective at once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set `request.practice` and `request.membership`, or return a page that there is none."""
        portal = cast(PortalRequest, request)
        portal.practice = portal.membership = None  # type: ignore[assignment]  # until one is found
        if request.path.startswith(_PASSWORD_SIGN_IN_ONLY) and _began_elsewhere(request):
            return render(request, "account/sso_only.html", {"closed": True}, status=403)
        if not request.user.is_authenticated or request.path.startswith(_WITHOUT_PRACTICE):
            user = cast(User, request.user)
            if request.path.startswith("/admin/") and user.is_authenticated and admin_needs_second_factor(user):
                return self.get_response(request) if has_second_factor(request) else ask_for_factor(request)
            return self.get_response(request)
        membership = self._membership(request)
        if membership is None:
            sso_only = getattr(request, "shut_practices", [])
            if sso_only:
                return render(request, "account/sso_only.html", {"practice": sso_only[0]}, status=403)
            return render(request, "no_practice.html", status=403)
        if needs_second_factor(membership) and not has_second_factor(request) and not factor_vouched(request):
            return ask_for_factor(request)
        if "glass" in request.session:
            self._emergency(request, membership)
        portal.membership, portal.practice = membership, membership.practice
        portal.year = local_day(timezone.now(), membership.practice.zone).year
        response = self.get_response(request)
        record_shown_patient(portal, now=timezone.now())
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn exceptions that have a message for the user into its page (`_exception_page`)."""
        return _exception_page(request, exception)

    def _emergency(self, request: HttpRequest, membership: Membership) -> None:
        """Set emergency access on the membership, if it is still open in this session."""
        glass = open_emergency_access(membership, now=timezone.now())
        if glass is None or glass.public_id != request.session["glass"]:
            del request.session["glass"]
            return
        membership.glass, membership.in_emergency = glass, GRANTED_PERMISSIONS

    def _membership(self, request: HttpRequest) -> Membership | None:
        portal, now = cast(PortalRequest, request), timezone.now()
        rows = portal.user.memberships_found
        if rows is None:
            found = Membership.objects.filter(user=portal.user).select_related("practice", "user")
            rows = list(found.order_by("practice__name"))
        # A role begins and ends at midnight in the practice's time zone.
        memberships = [row for row in rows if row.holds_on(local_day(now, row.practice.zone))]
        through = sign_on_of_session(request)
        launched = launch_of_session(request)
        if through or launched is not None:
            practice_id = practice_of_sign_on(through) if launched is None else practice_of_link(launched.link)
            memberships = [row for row in memberships if row.practice_id == practice_id]
        elif settings.SINGLE_SIGN_ON:
            portal.shut_practices = [r.practice for r in memberships if r.practice.own_sign_in_only]
            memberships = [row for row in memberships if not row.practice.own_sign_in_only]
        portal.memberships = memberships
        chosen = request.session.get("practice")
        return next((m for m in memberships if m.practice.public_id == chosen), memberships[0] if memberships else None)
