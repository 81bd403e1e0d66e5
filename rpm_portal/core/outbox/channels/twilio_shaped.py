"""Texts through Twilio or a carrier with the same interface.

https://www.twilio.com/docs/messaging/api/message-resource (create, list), /docs/usage/security (signatures),
/docs/api/errors (codes). The interface has no key for repetition: after a time-out or a 5xx a text may have been sent.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.channels.addresses import receipt_address
from rpm_portal.core.outbox.channels.http import CarrierAnswer, NotKnown, NotSent, call
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.channels.segments import segments
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome

# The carrier's words for the statuses of a receipt.
STATUSES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "undelivered",
    "failed": "undelivered",
}


def _address(account: ChannelAccount) -> str:
    return f"{settings.CARRIER_URL}/2010-04-01/Accounts/{account.account_name}/Messages.json"


def _auth(account: ChannelAccount) -> tuple[str, str]:
    return account.account_name, account.secret


def send(account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Post a text; its receipts come to an address with the row's id, so one proves that the text was taken."""
    fields = {"To": message.to, "From": account.sender, "Body": message.body}
    fields["StatusCallback"] = receipt_address(account, row)
    try:
        answer = call("POST", _address(account), fields=fields, auth=_auth(account))
    except NotSent as error:
        return registry.try_later(f"The carrier was not reached ({error}).")
    except NotKnown as error:
        return registry.unsure(f"The carrier did not answer ({error}).", digest=message.digest)
    return _outcome(account, message, answer)


def _outcome(account: ChannelAccount, message: OutgoingMessage, answer: CarrierAnswer) -> SendOutcome:
    """What the carrier's answer means."""
    data = _json(answer)
    if answer.status in (200, 201) and isinstance(data.get("sid"), str):
        parts = segments(message.body)
        cents = parts * account.cents_per_part
        return registry.accepted(str(data["sid"]), digest=message.digest, parts=parts, cents=cents)
    if answer.status == 429:
        return registry.try_later("The carrier asks to wait (429).", after=timedelta(seconds=answer.retry_after))
    if 400 <= answer.status < 500:
        code = str(data.get("code", answer.status))[:20]
        return registry.refused(f"The carrier refused it with the code {code}.", digest=message.digest, code=code)
    return registry.unsure(f"The carrier answered {answer.status}.", digest=message.digest)


def _json(answer: CarrierAnswer) -> dict[str, object]:
    """The answer's object; empty if it is none."""
    try:
        data = json.loads(answer.body)
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def settle(account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
    """Look for the text in the carrier's list of the day: found, surely not there, or still not known."""
    begun = row.begun_at or row.changed_at
    fields = {"To": to, "From": account.sender, "DateSent>": f"{begun - timedelta(days=1):%Y-%m-%d}"}
    try:
        answer = call("GET", _address(account), fields=fields, auth=_auth(account))
    except (NotSent, NotKnown) as error:
        return registry.unsure(f"The carrier's list was not read ({error}).")
    listed = _json(answer).get("messages")
    if answer.status != 200 or not isinstance(listed, list):
        return registry.unsure(f"The carrier's list was not read ({answer.status}).")
    for item in listed:
        if hashlib.sha256(str(item.get("body", "")).encode()).hexdigest() == row.digest:
            return registry.accepted(str(item.get("sid", "")))
    return registry.try_later("The carrier's list does not have it.")


def signature(secret: str, address: str, fields: Iterable[tuple[str, str]]) -> str:
    """The signature of a callback: HMAC-SHA1 over the address and the sorted names and values, in base64."""
    # Repeated names count once for each different value.
    text = address + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def is_genuine(
    account: ChannelAccount, address: str, fields: list[tuple[str, str]], given: str, *, now: datetime
) -> bool:
    """Whether a callback is signed with the account's secret, or with the earlier one within its 24 hours."""
    secrets = [account.secret]
    if account.earlier_secret and account.earlier_until and now < account.earlier_until:
        secrets.append(account.earlier_secret)
    # As bytes: comparing text outside of ASCII would raise.
    return any(
        secret and hmac.compare_digest(signature(secret, address, fields).encode(), given.encode())
        for secret in secrets
    )
