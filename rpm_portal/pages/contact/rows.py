"""The rows of the page: each point with what may be sent to it."""

from dataclasses import dataclass
from datetime import datetime

from enrollment.models import ContactChannel, ContactPoint, Patient
from enrollment.services.contacts import ledger, points
from enrollment.services.contacts.addresses import shown_number


@dataclass(frozen=True)
class PointRow:
    """A point, its value as people read it, and for each channel why it may not be used."""

    point: ContactPoint
    shown: str
    channels: list[tuple[str, str]]
    caregiver_refusal: str


def _channels(point: ContactPoint) -> list[ContactChannel]:
    """The channels that reach this kind of point."""
    if point.kind == ContactPoint.Kind.EMAIL:
        return [ContactChannel.EMAIL]
    calls = [ContactChannel.CALL_HUMAN, ContactChannel.CALL_AUTO]
    return [ContactChannel.SMS, *calls] if point.kind == ContactPoint.Kind.MOBILE else calls


def point_rows(patient: Patient, *, now: datetime) -> list[PointRow]:
    """The patient's points in force with their channels. A patient has few: one statement a channel."""
    return [
        PointRow(
            point,
            point.value if point.kind == ContactPoint.Kind.EMAIL else shown_number(point.value),
            [(str(name.label), ledger.refusal(point, name)) for name in _channels(point)],
            points.caregiver_refusal(point.caregiver, now=now) if point.caregiver else "",
        )
        for point in points.points_of(patient)
    ]
