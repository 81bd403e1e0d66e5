"""Answer a caught text as its receiver: the same way as a carrier's callback."""

from datetime import datetime

from django.db import transaction

from enrollment.services.contacts.inbound import receive_text
from rpm_portal.core.db.tenancy import new_public_id
from rpm_portal.core.outbox.channels import hooks
from rpm_portal.core.outbox.channels.models import CaughtMessage, ChannelAccount

MAX_TEXT = 1600


@transaction.atomic
def answer_caught(message: CaughtMessage, *, text: str, now: datetime) -> str:
    """Receive a text from the number to which the message went; returns its meaning, empty for an e-mail."""
    if message.account.kind != ChannelAccount.Kind.SMS:
        return ""
    fields = [("From", message.address), ("Body", text[:MAX_TEXT])]
    key = f"local:{new_public_id()}"
    hook = hooks.store(message.account, about="inbound", key=key, fields=fields, row=None, now=now)
    if hook is None:
        return ""
    meaning = receive_text(message.account, hook, number=message.address, text=text[:MAX_TEXT], now=now)
    hook.handled_at = now
    hook.save(update_fields=["handled_at"])
    return meaning
