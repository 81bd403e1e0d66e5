"""Sessions that a launch from an EHR began: which link began it, and the only practice that it opens."""

from typing import NamedTuple, cast

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.http import HttpRequest

from rpm_portal.accounts.models import User

_METHOD = "ehr_launch"


class Launched(NamedTuple):
    """The link of a launch, its practice, and whether the EHR showed a second factor that the practice accepts."""

    link: str
    practice_id: int
    has_factor: bool


def mark_launched(request: HttpRequest, user: User, launched: Launched) -> None:
    """Record in the session that this person's sign-in is a launch."""
    record_authentication(request, user, method=_METHOD, **launched._asdict())


def launch_of_session(request: HttpRequest, user: User | None = None) -> Launched | None:
    """The launch that this session began with; None for a password or the practice's own sign-in.

    `user` is the person who just signed in, if the request does not have them yet.
    """
    user = user or cast(User, request.user)
    rows = get_authentication_records(request, user) if user.is_authenticated else []
    for row in rows:
        if row.get("method") == _METHOD:
            return Launched(row["link"], row["practice_id"], row["has_factor"])
    return None
