"""Events of threads (`rpm_portal.core.events`), announced in the transaction of the message."""

from dataclasses import dataclass
from datetime import datetime

from timetracking.models import PatientMessage


@dataclass(frozen=True)
class MessageWritten:
    """The care team wrote a message; the patient is notified by a later package."""

    message: PatientMessage
    at: datetime


@dataclass(frozen=True)
class MessageReceived:
    """The patient or a caregiver wrote a message; `needs_look` if one of its words needs a look at once."""

    message: PatientMessage
    at: datetime
    needs_look: bool
