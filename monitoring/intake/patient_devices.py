"""The devices of a patient: those that were given to them, and those of another patient of the home that they share."""

from dataclasses import dataclass
from datetime import datetime

from enrollment.models import Device, DeviceAssignment, DeviceShare, Enrollment


@dataclass(frozen=True, slots=True)
class PatientDevice:
    """A device that a patient has, had, shares, or shared, from one moment to another. `pk` is its value in forms."""

    pk: str
    device: Device
    enrollment: Enrollment
    starts_at: datetime
    ends_at: datetime | None

    @property
    def practice_id(self) -> int:
        """The practice of both."""
        return int(self.enrollment.practice_id)

    def had_at(self, moment: datetime) -> bool:
        """Whether the patient had it at a moment."""
        return self.starts_at <= moment and (self.ends_at is None or moment < self.ends_at)


def assignments_of(enrollment: Enrollment) -> list[PatientDevice]:
    """The devices a patient has or had, the latest first; then those of others that they share. Two statements."""
    own = DeviceAssignment.objects.filter(enrollment=enrollment).select_related("device__model").order_by("-starts_at")
    shared = DeviceShare.objects.filter(enrollment=enrollment).select_related("assignment__device__model")
    rows = [PatientDevice(str(row.pk), row.device, enrollment, row.starts_at, row.ends_at) for row in own]
    for share in shared:
        ends = [moment for moment in (share.ends_at, share.assignment.ends_at) if moment is not None]
        device = share.assignment.device
        rows.append(PatientDevice(f"share-{share.pk}", device, enrollment, share.starts_at, min(ends, default=None)))
    return rows
