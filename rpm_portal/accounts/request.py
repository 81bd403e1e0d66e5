"""The request as our views see it: typed, with the practice and membership already found."""

from datetime import datetime

from django.http import Http404, HttpRequest
from django_htmx.middleware import HtmxDetails

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.core.addresses import month_named
from rpm_portal.core.days import Month


def month_begun(text: str, practice: Practice, *, now: datetime) -> Month:
    """The month an address names, once it has begun where the practice is. Raises Http404."""
    month = month_named(text)
    if month > Month.current(now, practice.zone):
        raise Http404
    return month


class PortalRequest(HttpRequest):
    """A signed-in request inside one practice. The middleware fills it in before any view runs."""

    user: User
    practice: Practice
    membership: Membership
    memberships: list[Membership]
    # This year where the practice is: a moment of another one says which.
    year: int
    htmx: HtmxDetails
