"""What an adapter gets and does."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from rpm_portal.core.outbox.channels.models import ChannelAccount
from rpm_portal.core.outbox.models import OutboxRow
from rpm_portal.core.outbox.registry import SendOutcome


@dataclass(frozen=True)
class OutgoingMessage:
    """A message with its address. It exists only while it is sent."""

    to: str
    body: str
    subject: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the text, which the row keeps instead of it."""
        return sha256(self.body.encode()).hexdigest()


class Adapter(Protocol):
    """A way to send. Both functions run outside of a transaction."""

    def send(self, account: ChannelAccount, row: OutboxRow, message: OutgoingMessage, *, now: datetime) -> SendOutcome:
        """Send, and answer what is known of it."""

    def settle(self, account: ChannelAccount, row: OutboxRow, to: str, *, now: datetime) -> SendOutcome:
        """What became of a message of which this is not known."""
