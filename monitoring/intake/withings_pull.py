"""Fetching of the data that Withings announces: tokens and their refresh, and answers in pages.

Sources: Withings API reference, "OAuth2 - Get your access token" and "Measure - Getmeas"
(https://developer.withings.com/api-reference/). An error is answered with HTTP 200 and a status in the body.
"""

import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from monitoring.ingest import BadBody, PullNotice, parse_json
from monitoring.ingest.vendors.withings import TOPICS, period
from monitoring.intake.vendor_accounts import link_account
from monitoring.models import Source, VendorAccount
from rpm_portal.accounts.models import Membership

API = "https://wbsapi.withings.net"
TIMEOUT_SECONDS = 5
MAX_ANSWER_BYTES = 2 * 1024 * 1024
# A page has some hundred measure groups; a notification announces minutes or days.
MAX_PAGES = 50
# A token that expires within this time is refreshed before it is used.
REFRESH_BEFORE = timedelta(minutes=5)
_INVALID_TOKEN = 401
# Path, form fields, and access token ("" for none) -> the answer as received. Raises PullError.
Post = Callable[[str, dict[str, Any], str], bytes]
# Source and announcement -> the answer's pages as received. Raises PullError.
Pull = Callable[[Source, PullNotice], Iterator[bytes]]


class PullError(Exception):
    """Announced data could not be fetched; the message says why and contains no token."""


def post(path: str, fields: dict[str, Any], token: str) -> bytes:
    """Send a form to Withings; returns the answer of at most two megabytes. Raises PullError."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{API}{path}", urllib.parse.urlencode(fields).encode(), headers)  # noqa: S310 - the constant above
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the constant above
            body = bytes(answer.read(MAX_ANSWER_BYTES + 1))
    except OSError as error:
        raise PullError(f"Withings could not be asked ({type(error).__name__}).") from None
    if len(body) > MAX_ANSWER_BYTES:
        raise PullError("Withings sent an answer of more than 2 MB.")
    return body


def puller(*, now: datetime, send: Post = post) -> Pull | None:
    """The function that fetches announced data; None if this installation has no app registered with Withings."""
    if not settings.WITHINGS_CLIENT_ID:
        return None

    def _pull(source: Source, notice: PullNotice) -> Iterator[bytes]:
        return pages(source, notice, now=now, send=send)

    return _pull


def pages(source: Source, notice: PullNotice, *, now: datetime, send: Post = post) -> Iterator[bytes]:
    """The pages of an announced period, as received. A rejected token is refreshed once. Raises PullError."""
    token = _token(source, notice.account, now=now, send=send)
    start, end = period(notice)
    fields: dict[str, object] = {"action": "getmeas", "startdate": start, "enddate": end}
    offset: object = None
    for number in range(MAX_PAGES):
        query = fields | ({"offset": offset} if offset is not None else {})
        answer = send("/measure", query, token)
        status, body = _read(answer)
        if status == _INVALID_TOKEN and number == 0:
            token = _token(source, notice.account, now=now, send=send, is_rejected=True)
            answer = send("/measure", query, token)
            status, body = _read(answer)
        if status != 0:
            raise PullError(f"Withings answered with status {status}.")
        yield answer
        if not body.get("more"):
            return
        if body.get("offset") == offset:
            raise PullError("Withings announced a further page and sent the same one.")
        offset = body.get("offset")
    raise PullError(f"Withings sent more than {MAX_PAGES} pages for one notification.")


@transaction.atomic
def _token(source: Source, account: str, *, now: datetime, send: Post, is_rejected: bool = False) -> str:
    """The account's access token, refreshed if it expired or was rejected. Raises PullError.

    The row is locked, so that two workers do not refresh with the same token: each refresh replaces it.
    """
    rows = VendorAccount.objects.select_for_update(of=("self",))
    row = rows.filter(practice=source.practice_id, source=source.sender_id, account=account).first()
    if row is None or row.unlinked_at is not None:
        raise PullError("This Withings account is not linked. Link it on the page of the source.")
    if is_rejected or row.expires_at <= now + REFRESH_BEFORE:
        fields = {"grant_type": "refresh_token", "refresh_token": row.refresh_token}
        tokens = _request_tokens(fields, now=now, send=send)
        row.access_token, row.refresh_token, row.expires_at = tokens[1:]
        row.save(update_fields=["access_token", "refresh_token", "expires_at"])
    return str(row.access_token)


def link(
    source: Source,
    *,
    code: str,
    redirect_uri: str,
    callback: str = "",
    now: datetime,
    by: Membership | None = None,
    send: Post = post,
) -> VendorAccount:
    """Link the account whose patient gave access with this authorization code; subscribe it if `callback` is set.

    `callback` is the address of the source with its key. Raises PullError.
    """
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
    account, access_token, refresh_token, expires_at = _request_tokens(fields, now=now, send=send)
    row = link_account(
        source=source,
        account=account,
        access_token=access_token,
        refresh_token=refresh_token,
        expires_at=expires_at,
        now=now,
        by=by,
    )
    for topic in TOPICS if callback else ():
        query = {"action": "subscribe", "callbackurl": callback, "appli": topic}
        status, _ = _read(send("/notify", query, access_token))
        if status != 0:
            raise PullError(f"The account is linked, but Withings refused the subscription with status {status}.")
    return row


def _request_tokens(fields: dict[str, Any], *, now: datetime, send: Post) -> tuple[str, str, str, datetime]:
    """Account, access token, refresh token, and when the access token expires. Raises PullError."""
    app = {"client_id": settings.WITHINGS_CLIENT_ID, "client_secret": settings.WITHINGS_CLIENT_SECRET}
    status, body = _read(send("/v2/oauth2", {"action": "requesttoken", **app, **fields}, ""))
    if status != 0:
        raise PullError(f"Withings gave no token (status {status}). Ask the patient to link the account again.")
    account, access_token, refresh_token = (body.get(name) for name in ("userid", "access_token", "refresh_token"))
    seconds = body.get("expires_in")
    if not (access_token and refresh_token and account) or not isinstance(seconds, int) or seconds <= 0:
        raise PullError("Withings sent an answer without tokens.")
    return str(account)[:40], str(access_token), str(refresh_token), now + timedelta(seconds=seconds)


def _read(answer: bytes) -> tuple[object, dict[str, object]]:
    """Status and body of an answer. Raises PullError if it is not one."""
    try:
        decoded = parse_json(answer)
    except BadBody:
        raise PullError("Withings sent an answer that is not JSON.") from None
    if not isinstance(decoded, dict):
        raise PullError("Withings sent an answer that is not an object.")
    body = decoded.get("body")
    return decoded.get("status"), body if isinstance(body, dict) else {}
