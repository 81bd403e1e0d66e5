"""The request type of the views, with practice and membership set by the middleware."""

from datetime import datetime

from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.addresses import parse_month
from rpm_portal.core.days import Month


def month_from_url(text: str, practice: Practice, *, now: datetime) -> Month:
    """The month that a URL names. Raises Http404 if it has not begun in the practice's time zone."""
    month = parse_month(text)
    if month > Month.current(now, practice.zone):
        raise Http404
    return month


class PortalRequest(HttpRequest):
    """A signed-in request inside one practice. The middleware sets the attributes before any view runs."""

    user: User
    practice: Practice
    membership: Membership
    memberships: list[Membership]
    # Practices of the user that only their own single sign-on opens; set if one was left out.
    shut_practices: list[Practice]
    # The current year in the practice's time zone: times of another year are shown with it.
    year: int
    htmx: HtmxDetails
