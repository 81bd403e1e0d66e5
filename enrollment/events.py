"""Events that this app announces (`rpm_portal.core.events`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DeviceAssigned:
    """A device was assigned to an enrollment at `starts_at`, which may be in the past."""

    practice_id: int
    serial: str
    starts_at: datetime


@dataclass(frozen=True)
class TextReceived:
    """A text arrived from `number` that is no stop, start or help word; stored once, in the same transaction.

    `point_ids` are the contact points of the practice that have the number, none if nobody has it. `may_stop` says that
    it may ask to stop: automated messages are held until a person decides.
    """

    practice_id: int
    account_id: int
    hook_id: int
    number: str
    text: str
    point_ids: tuple[int, ...]
    may_stop: bool
    received_at: datetime


@dataclass(frozen=True)
class MessageFailed:
    """A message to a contact point did not arrive; `row_id` is that of the outbox."""

    practice_id: int
    row_id: int
    point_id: int
    at: datetime
