"""What a stored callback means: a receipt for a row, or a text of a person."""

import logging
from datetime import datetime

from django.db import transaction

from enrollment.services.contacts.inbound import receive_text
from rpm_portal.core.outbox.channels import kannel, twilio_shaped
from rpm_portal.core.outbox.channels.hooks import Fields, fields_of
from rpm_portal.core.outbox.channels.models import ChannelAccount, HookBody
from rpm_portal.core.outbox.receipts import record_receipt

log = logging.getLogger(__name__)


def receipt_key(account: ChannelAccount, fields: Fields) -> str:
    """The carrier's id and status of a receipt; empty if it is none."""
    found = dict(fields)
    if account.provider == ChannelAccount.Provider.KANNEL:
        status, own = kannel.STATUSES.get(found.get("status", ""), ""), found.get("id", "")
    else:
        status, own = twilio_shaped.STATUSES.get(found.get("MessageStatus", ""), ""), found.get("MessageSid", "")
    return f"{own[:100]}:{status}" if status and own else ""


def inbound_key(account: ChannelAccount, fields: Fields) -> str:
    """The carrier's id of an incoming text; empty if it has none."""
    found = dict(fields)
    return found.get("id" if account.provider == ChannelAccount.Provider.KANNEL else "MessageSid", "")[:100]


def handle_safely(hook: HookBody, *, now: datetime) -> bool:
    """Handle a stored callback; False if that failed: it stays for the next sweep."""
    try:
        handle(hook, now=now)
    except Exception as error:  # the callback is stored, and the carrier must not send it again
        log.error("callback %s was not handled: %s", hook.pk, type(error).__name__)
        return False
    return True


@transaction.atomic
def handle(hook: HookBody, *, now: datetime) -> None:
    """Act on a callback once."""
    rows = HookBody.objects.for_practice(hook.practice_id).select_related("account", "row")
    found = rows.select_for_update(of=("self",)).get(pk=hook.pk)
    if found.handled_at is not None:
        return
    fields = fields_of(found)
    if found.about == "receipt" and found.row is not None:
        own, _, status = found.key.rpartition(":")
        record_receipt(found.row, provider_id=own, status=status, error=fields.get("ErrorCode", ""), now=now)
    elif found.about == "inbound":
        is_kannel = found.account.provider == ChannelAccount.Provider.KANNEL
        number, text = (fields.get(name, "") for name in (("from", "text") if is_kannel else ("From", "Body")))
        receive_text(found.account, found, number=number, text=text, now=now)
    found.handled_at = now
    found.save(update_fields=["handled_at"])
