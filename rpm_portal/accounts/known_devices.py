"""Browsers in which a person has signed in before, recognized by a signed cookie.

A known browser grants nothing. It only has a count of wrong passwords of its own, so that somebody who guesses from
another browser cannot lock the person out (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

_SALT = "rpm_portal.accounts.known_devices"
_MAX_AGE = 180 * 24 * 60 * 60  # seconds
# People who share a workstation share its browser. The oldest entry is dropped.
MAX_PEOPLE = 20


def _digest(email: str) -> str:
    return salted_hmac(_SALT, email.lower(), algorithm="sha256").hexdigest()[:32]


def _entries(request: HttpRequest) -> dict[str, str]:
    """Device ids by the digest of an address."""
    try:
        entries = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=_MAX_AGE)
    except signing.BadSignature:
        return {}
    return dict(entries)


def device_of(request: HttpRequest, email: str) -> str:
    """The id of this browser if the person has signed in with it before; else an empty string."""
    return _entries(request).get(_digest(email), "")


def remember_device(request: HttpRequest, response: HttpResponseBase, email: str) -> None:
    """Set the cookie after a complete sign-in."""
    entries, digest = _entries(request), _digest(email)
    device = entries.pop(digest, "") or secrets.token_urlsafe(9)
    entries = dict([*entries.items(), (digest, device)][-MAX_PEOPLE:])
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(entries, salt=_SALT),
        max_age=_MAX_AGE,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
