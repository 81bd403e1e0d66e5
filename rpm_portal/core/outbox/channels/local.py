"""The local provider: a message is stored for a page of the portal and goes nowhere. Only on a trial."""

from datetime import datetime

from django.conf import settings

from rpm_portal.core.outbox import registry
from rpm_portal.core.outbox.channels.models import CaughtMessage, ChannelAccount
from rpm_portal.core.outbox.channels.port import OutgoingMessage
from rpm_portal.core.outbox.channels.segments import segments
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome


def send(account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
    """Store the message. Refused where the installation does not allow the local provider."""
    if not settings.LOCAL_CHANNELS:
        return registry.refused("The local provider is switched off on this installation.")
    CaughtMessage.objects.create(
        practice_id=account.practice_id,
        account=account,
        address=message.to,
        subject=message.subject[:120],
        body=message.body,
        at=now,
    )
    parts = segments(message.body) if account.kind == ChannelAccount.Kind.SMS else 0
    return SendOutcome(
        OutboxRow.State.DELIVERED,
        provider_id=row.public_id,
        digest=message.digest,
        parts=parts,
        cents=parts * account.cents_per_part,
    )


def settle(account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
    """The message was not stored: once more."""
    return registry.try_later("It was not stored.")
