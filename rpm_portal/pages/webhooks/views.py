"""Views: callbacks of carriers. No session, no cookie, no patient data in an answer.

A callback is checked, stored and only then understood; the same one again answers 204 and changes nothing.
"""

import hmac
import logging
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from rpm_portal.audit.services import record_change
from rpm_portal.core.client_address import is_trusted
from rpm_portal.core.outbox.channels import hooks, twilio_shaped
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.throttle import is_within_limit
from rpm_portal.pages.webhooks.handle import handle_safely, inbound_key, receipt_key

log = logging.getLogger(__name__)
MAX_BODY = 64 * 1024
PER_MINUTE = 120
HOUR = 3600
ALARM_AFTER = 20  # callbacks with a wrong signature in an hour
HookView = Callable[[ChannelAccount, str, hooks.Fields, datetime], HttpResponse]


class _NotTaken(Exception):
    """The callback is not taken; its argument is the status of the answer."""


def _fields(request: HttpRequest, account: ChannelAccount) -> list[tuple[str, str]]:
    """The fields of the form, or for Kannel of the query. Raises _NotTaken for a wrong method, size or encoding."""
    is_kannel = account.provider == ChannelAccount.Provider.KANNEL
    if request.method != ("GET" if is_kannel else "POST"):
        raise _NotTaken(405)
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        raise _NotTaken(413)
    raw = request.META.get("QUERY_STRING", "").encode() if is_kannel else request.read(MAX_BODY + 1)
    if len(raw) > MAX_BODY:
        raise _NotTaken(413)
    try:
        fields = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise _NotTaken(400) from None
    if any("\x00" in name + value for name, value in fields):
        raise _NotTaken(400)
    return fields


def _is_genuine(request: HttpRequest, account: ChannelAccount, fields: list[tuple[str, str]], now: datetime) -> bool:
    """Whether the carrier of the account sent this. The account decides how it proves that, never the request."""
    if account.provider == ChannelAccount.Provider.KANNEL:
        given = dict(fields).get("key", "")
        is_near = is_trusted(request.META.get("REMOTE_ADDR", ""), settings.KANNEL_NETWORKS)
        return is_near and hmac.compare_digest(given.encode(), account.hook_secret.encode())
    if account.provider != ChannelAccount.Provider.TWILIO_SHAPED:
        return False
    address = f"{settings.PUBLIC_URL}{request.get_full_path()}"
    return twilio_shaped.is_genuine(account, address, fields, request.headers.get("X-Twilio-Signature", ""), now=now)


def _note_forgery(account: ChannelAccount, now: datetime) -> None:
    """Count it; one audit event an hour, and an alarm if there are many."""
    key = f"forged-callbacks:{account.pk}"
    if cache.add(key, 1, HOUR):
        record_change(account, "callback_refused", by=None, now=now)
    elif cache.incr(key) == ALARM_AFTER:
        log.error("account %s: %s callbacks with a wrong signature within an hour", account.pk, ALARM_AFTER)


def hook_view(view: HookView) -> Callable[..., HttpResponse]:
    """Decorator: find the account, check size, rate and signature, and call the view with the fields."""

    @csrf_exempt
    def guarded(request: HttpRequest, account_id: str, row_id: str = "") -> HttpResponse:
        account, now = hooks.account_of(account_id), timezone.now()
        if account is None:
            return HttpResponse(status=404)
        if not is_within_limit(f"hook:{account.pk}", limit=PER_MINUTE, moment=now.timestamp()):
            return HttpResponse(status=429, headers={"Retry-After": "60"})
        try:
            fields = _fields(request, account)
        except _NotTaken as error:
            return HttpResponse(status=error.args[0])
        if not _is_genuine(request, account, fields, now):
            _note_forgery(account, now)
            return HttpResponse(status=403)
        return view(account, row_id, fields, now)

    guarded.__doc__ = view.__doc__
    return guarded


def _take(
    account: ChannelAccount, about: str, key: str, fields: hooks.Fields, row: OutboxRow | None, now: datetime
) -> HttpResponse:
    """Store the callback and act on it. 204 also if acting failed: it is stored, and the sweep repeats it."""
    secret = {"key"} if account.provider == ChannelAccount.Provider.KANNEL else set()
    kept = [(name, value) for name, value in fields if name not in secret]
    hook = hooks.store(account, about=about, key=key, fields=kept, row=row, now=now)
    if hook is not None:
        handle_safely(hook, now=now)
    return HttpResponse(status=204)


@hook_view
def receipt(account: ChannelAccount, row_id: str, fields: hooks.Fields, now: datetime) -> HttpResponse:
    """A receipt for a row of the outbox. 404 for a row that was not sent through this account."""
    row, key = hooks.row_of(account, row_id), receipt_key(account, fields)
    if row is None:
        return HttpResponse(status=404)
    return _take(account, "receipt", key, fields, row, now) if key else HttpResponse(status=204)


@hook_view
def inbound(account: ChannelAccount, row_id: str, fields: hooks.Fields, now: datetime) -> HttpResponse:
    """A text of a person."""
    key = inbound_key(account, fields)
    return _take(account, "inbound", key, fields, None, now) if key else HttpResponse(status=400)
