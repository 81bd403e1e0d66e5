"""What every answer of the patient's page has: headers, language, and for pages of a visit its patient."""

from collections.abc import Callable
from functools import wraps
from typing import cast

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from rpm_portal.pages.patient.models import PatientVisit
from rpm_portal.pages.patient.texts import LANGUAGES, language_of, texts_in
from rpm_portal.pages.patient.visits import visit_of

SELF, NONE = ["'self'"], ["'none'"]
POLICY = {
    "default-src": NONE,
    "script-src": SELF,
    "style-src": SELF,
    "img-src": SELF,
    "connect-src": SELF,
    "form-action": SELF,
    "base-uri": NONE,
    "frame-ancestors": NONE,
    "object-src": NONE,
}
COOKIE_PATH = "/p/"


class VisitRequest(HttpRequest):
    """A request of a visit that is in force."""

    visit: PatientVisit


PublicView = Callable[..., HttpResponse]


def patient_page(view: PublicView) -> PublicView:
    """Decorator: no sign-in, and the headers of the page. `Referrer-Policy: no-referrer` would make browsers send
    `Origin: null`, and every form would fail the CSRF check.
    """

    @wraps(view)
    def shown(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer with the page's own headers."""
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        response["Referrer-Policy"] = "same-origin"
        return response

    return cast(PublicView, login_not_required(csp_replace(POLICY)(shown)))


def visit_required(view: PublicView) -> PublicView:
    """Decorator: `patient_page` for a visit that is in force, else a page that it has ended (403)."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Answer only within a visit."""
        token = request.COOKIES.get(settings.PATIENT_COOKIE_NAME, "")
        visit = visit_of(token[:64], now=timezone.now())
        if visit is None:
            return show(request, "ended", status=403)
        cast(VisitRequest, request).visit = visit
        return view(request, *args, **kwargs)

    return patient_page(guarded)


def show(
    request: HttpRequest, name: str, context: dict[str, object] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page in the language of the visit, or the one that was asked for."""
    visit = getattr(request, "visit", None)
    accepted = language_of(request.headers.get("Accept-Language", "")[:2])
    asked = language_of(request.GET.get("lang", ""), otherwise=accepted)
    language = visit.language if visit is not None else asked
    shared = {
        "t": texts_in(language),
        "language": language,
        "others": [(code, words) for code, words in LANGUAGES.items() if code != language],
        "visit": visit,
    }
    return render(request, f"patient/{name}.html", shared | (context or {}), status=status)
