"""Texts through a practice's own Kannel gateway (https://www.kannel.org/userguide.shtml, chapters 6 and 10).

Kannel signs nothing: its reports come with a secret in the address, from networks that the installation names.
"""

from datetime import datetime

from django.conf import settings

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.channels.addresses import inbound_address, receipt_address
from rpm_portal.core.outbox.channels.http import NotKnown, NotSent, call
from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.channels.segments import is_gsm, segments
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome

# The bits of a delivery report (dlr-mask 31): 1 delivered, 2 failed, 4 buffered, 8 at the carrier, 16 refused there.
STATUSES = {"1": "delivered", "2": "undelivered", "4": "queued", "8": "sent", "16": "undelivered"}
_MASK = "31"


def send(account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Hand a text to the gateway. 202 is its yes; 403 and other 4xx are refusals."""
    report = f"{receipt_address(account, row)}?key={account.hook_secret}&status=%d&id={row.public_id}"
    fields = {
        **{"username": account.account_name, "password": account.secret, "from": account.sender, "to": message.to},
        **{"text": message.body, "charset": "UTF-8", "coding": "0" if is_gsm(message.body) else "2"},
        **{"dlr-mask": _MASK, "dlr-url": report},
    }
    try:
        answer = call("GET", f"{settings.KANNEL_URL}/cgi-bin/sendsms", fields=fields)
    except NotSent as error:
        return registry.try_later(f"The gateway was not reached ({error}).")
    except NotKnown as error:
        return registry.unsure(f"The gateway did not answer ({error}).", digest=message.digest)
    if answer.status in (200, 202):
        parts = segments(message.body)
        cents = parts * account.cents_per_part
        return registry.accepted(row.public_id, digest=message.digest, parts=parts, cents=cents)
    if answer.status == 503:
        return registry.try_later("The gateway has no connection to the carrier (503).")
    if 400 <= answer.status < 500:
        why = f"The gateway refused it ({answer.status})."
        return registry.refused(why, digest=message.digest, code=str(answer.status))
    return registry.unsure(f"The gateway answered {answer.status}.", digest=message.digest)


def settle(account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
    """The gateway has no list: only a report settles it."""
    return registry.unsure(row.why)


def inbound_template(account: ChannelAccount) -> str:
    """The address for `get-url` in the gateway's configuration."""
    return f"{inbound_address(account)}?key={account.hook_secret}&from=%p&text=%a&id=%I&charset=%C"
