"""Sessions of launches: the browser that began one, and the sign-in of its person."""

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from rpm_portal.accounts.launched_sessions import Launched, launch_of_session, mark_launched
from rpm_portal.fhir.ehr.models import EhrLaunch, EhrLink

_KEY = "ehr_launches"  # session key: public ids of the launches that this browser began
_MOST = 5


def begun_launches(request: HttpRequest) -> list[str]:
    """The public ids of the launches that this browser began."""
    return list(request.session.get(_KEY, []))


def remember_launch(request: HttpRequest, launch: EhrLaunch) -> None:
    """Bind a launch to this browser."""
    request.session[_KEY] = [*begun_launches(request), launch.public_id][-_MOST:]


def practice_of_link(public_id: str) -> int | None:
    """The practice that a session of this link opens; None if the link is switched off. One statement."""
    return EhrLink.objects.filter(public_id=public_id, is_on=True).values_list("practice_id", flat=True).first()


def is_signed_in(request: HttpRequest, launch: EhrLaunch) -> bool:
    """Whether this session is one that the same person began through the same link."""
    launched = launch_of_session(request)
    return launched is not None and launched.link == launch.link.public_id and request.user.pk == launch.user_id


def sign_in(request: HttpRequest, launch: EhrLaunch) -> HttpResponse:
    """End the session of this browser and begin one of the person who launched, with a second factor if they have one.

    The answer goes on to the patient.
    """
    begun, user = begun_launches(request), launch.user
    if user is None:
        raise ValueError("The launch has no person.")
    logout(request)
    request.session[_KEY] = begun
    mark_launched(request, user, Launched(launch.link.public_id, launch.practice_id, launch.has_factor))
    return perform_login(request, Login(user=user, redirect_url=reverse("ehr:open", args=[launch.public_id])))
