"""Events that this app announces (`rpm_portal.core.events`)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class DeviceAssigned:
    """A device was assigned to an enrollment at `starts_at`, which may be in the past."""

    practice_id: int
    serial: str
    starts_at: datetime
