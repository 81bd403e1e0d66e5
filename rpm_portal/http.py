"""The request as our views see it: typed, with the practice and membership already found."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from rpm_portal.accounts.models import Membership, Practice, User


def words_of(refusal: Exception) -> str:
    """What a refusal says to the user: a ValidationError's sentences, or any other's own."""
    return " ".join(getattr(refusal, "messages", [str(refusal)]))


class PortalRequest(HttpRequest):
    """A signed-in request inside one practice. The middleware fills it in before any view runs."""

    user: User
    practice: Practice
    membership: Membership
    memberships: list[Membership]
    htmx: HtmxDetails
