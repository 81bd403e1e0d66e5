"""The request as our views see it: typed, with the practice and membership already found."""

from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date, parse_datetime
from django_htmx.middleware import HtmxDetails

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.days import Month


def words_of(refusal: Exception) -> str:
    """What a refusal says to the user: a ValidationError's sentences, or any other's own."""
    return " ".join(getattr(refusal, "messages", [str(refusal)]))


def month_named(text: str) -> Month:
    """The month an address names. Raises Http404 where it names none."""
    try:
        return Month.parse(text)
    except ValueError:
        raise Http404 from None


def month_begun(text: str, practice: Practice, *, now: datetime) -> Month:
    """The month an address names, once it has begun where the practice is. Raises Http404."""
    month = month_named(text)
    if month > Month.current(now, practice.zone):
        raise Http404
    return month


def day_named(text: str) -> date | None:
    """A day as a form's date field sends it; None where it is none."""
    try:
        return parse_date(text)
    except ValueError:
        return None


def moment_named(text: str) -> datetime:
    """The moment an address names, with its zone. Raises Http404 where it names none."""
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Http404
    return found


def not_done(request: HttpRequest, said: str) -> HttpResponse:
    """A page that says why what was asked for was not done; nothing was changed."""
    return render(request, "not_done.html", {"said": said}, status=422)


class PortalRequest(HttpRequest):
    """A signed-in request inside one practice. The middleware fills it in before any view runs."""

    user: User
    practice: Practice
    membership: Membership
    memberships: list[Membership]
    # This year where the practice is: a moment of another one says which.
    year: int
    htmx: HtmxDetails
