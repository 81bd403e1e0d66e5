"""Linking of a Withings account in the browser: the consent page of Withings, and the return with a code.

Source: Withings API reference, "OAuth Web Flow" (https://developer.withings.com/developer-guide/v3/integration-guide/).
"""

import hmac
import secrets
import urllib.parse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings

from monitoring.ingest.vendors.withings import VENDOR
from monitoring.intake.withings_pull import Post, PullError, link, post
from monitoring.models import Source, VendorAccount
from monitoring.services import digest_of
from rpm_portal.accounts.models import Membership
from rpm_portal.core.db.encrypted_fields import decrypt_text, encrypt_text
from rpm_portal.core.refusals import Refused

CONSENT_PAGE = "https://account.withings.com/oauth2_user/authorize2"
# The patient signs in and agrees within this time.
MAX_AGE = timedelta(minutes=10)
NO_APP = "This installation has no app registered with Withings. Ask the operator to set PORTAL_WITHINGS_CLIENT_ID."
NOT_STARTED = "This link was not started here, or it took more than ten minutes. Link the account again."


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A link that was started in this session: its state, source, encrypted key, and when it ends."""

    state: str
    source: str
    key: str
    ends_at: str

    def as_dict(self) -> dict[str, str]:
        """The link as it is stored in the session."""
        return asdict(self)


def start_link(source: Source, *, key: str, redirect_uri: str, now: datetime) -> tuple[PendingLink, str]:
    """The pending link, and the address of Withings' consent page. `key` of the source subscribes the account.

    Raises Refused if there is no app, or the key is another one.
    """
    if not settings.WITHINGS_CLIENT_ID:
        raise Refused(NO_APP)
    if key and not hmac.compare_digest(digest_of(key), source.key_digest):
        raise Refused("This is not the key of this source. Enter the key that was shown once, or leave it empty.")
    state = secrets.token_urlsafe(32)
    query = {
        "response_type": "code",
        "client_id": settings.WITHINGS_CLIENT_ID,
        "scope": "user.metrics",
        "redirect_uri": redirect_uri,
        "state": state,
    }
    encrypted = encrypt_text(key) if key else ""
    pending = PendingLink(state, source.public_id, encrypted, (now + MAX_AGE).isoformat())
    return pending, f"{CONSENT_PAGE}?{urllib.parse.urlencode(query)}"


def pending_link(stored: object, *, state: str, now: datetime) -> PendingLink:
    """The link of this session that has the state which Withings returned. Raises Refused for any other."""
    fields = {str(name): str(value) for name, value in stored.items()} if isinstance(stored, dict) else {}
    try:
        pending = PendingLink(**fields)
        is_open = now <= datetime.fromisoformat(pending.ends_at)
    except (TypeError, ValueError):
        raise Refused(NOT_STARTED) from None
    if not is_open or not hmac.compare_digest(pending.state.encode(), state.encode()):
        raise Refused(NOT_STARTED)
    return pending


def finish_link(
    source: Source,
    pending: PendingLink,
    *,
    code: str,
    redirect_uri: str,
    callback_of: Callable[[str], str],
    by: Membership,
    now: datetime,
    send: Post = post,
) -> VendorAccount:
    """Exchange the code for tokens, store them encrypted, and subscribe if the key was entered. Raises Refused.

    `callback_of` gives the address for notifications with a key.
    """
    if source.revoked_at is not None:
        raise Refused("This source is revoked. Add a source first.")
    callback = callback_of(VENDOR.address(decrypt_text(pending.key))) if pending.key else ""
    try:
        return link(source, code=code, redirect_uri=redirect_uri, callback=callback, by=by, now=now, send=send)
    except PullError as error:
        raise Refused(str(error)) from None
