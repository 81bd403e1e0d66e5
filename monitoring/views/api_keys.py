"""Authentication of senders by the key of a source, and the limits of their requests."""

import base64
import binascii

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import APIKeyHeader, HttpBasicAuth

from monitoring import queries
from monitoring.ingest.registry import shapes_by_people
from monitoring.intake.transport import client_address
from monitoring.models import Source
from monitoring.services import digest_of
from rpm_portal.core.throttle import is_within_limit

WRONG_KEYS = 30  # a minute from one address
# A source above its rate is stored for the worker, up to this multiple of its rate in a minute; above that it waits.
MAX_QUEUED_RATES = 10


class SenderRequest(HttpRequest):
    """A request with a known key: `auth` is the sender, set by the key check."""

    auth: Source


class TooManyRequests(Exception):
    """More requests than allowed in a minute."""


def source_of_key(request: HttpRequest, key: str | None) -> Source | None:
    """The source with this key. Wrong keys are counted for each address."""
    source = queries.source_by_digest(digest_of(key)) if key and len(key) <= 200 else None
    if source is None or source.shape in shapes_by_people():
        count_wrong_key(request)
        return None
    return source


def count_wrong_key(request: HttpRequest) -> None:
    """Count a wrong key or signature. Raises TooManyRequests."""
    now = timezone.now().timestamp()
    if not is_within_limit(f"wrong:{client_address(request)}", limit=WRONG_KEYS, moment=now):
        raise TooManyRequests


def is_above_rate(source: Source) -> bool:
    """Count a body of the source; True if it is above its rate in this minute. Raises TooManyRequests far above it."""
    now = timezone.now().timestamp()
    if is_within_limit(f"source:{source.pk}", limit=source.per_minute, moment=now):
        return False
    if is_within_limit(f"queued:{source.pk}", limit=source.per_minute * MAX_QUEUED_RATES, moment=now):
        return True
    raise TooManyRequests


class HeaderKey(APIKeyHeader):
    """The key in `x-api-key`."""

    param_name = "x-api-key"

    def authenticate(self, request: HttpRequest, key: str | None) -> Source | None:
        """The source with this key; None lets the other method be tried."""
        return source_of_key(request, key) if key else None


class BasicKey(HttpBasicAuth):
    """The key as the password of basic authentication; the user name is not read."""

    def decode_authorization(self, value: str) -> tuple[str, str]:
        """User name and password; empty strings if the header is malformed."""
        try:
            name, _, password = base64.b64decode(value.split(" ")[-1], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return "", ""
        return name, password

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Source | None:
        """The source with this key."""
        return source_of_key(request, password)
