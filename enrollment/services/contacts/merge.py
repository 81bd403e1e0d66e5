"""Contact points, caregivers and consents when two records of one person are merged."""

from datetime import datetime

from enrollment.models import Caregiver, ConsentAct, ConsentEvent, ContactChannel, ContactPoint, Patient
from rpm_portal.accounts.models import User


def move_contacts(keep: Patient, other: Patient, *, by: User, now: datetime) -> None:
    """Move the duplicate's caregivers and points; a request to stop on either record holds for the kept one.

    The ledger is never rewritten, so an agreement stays with the duplicate: a moved point needs a new one.
    """
    Caregiver.objects.filter(patient=other).update(patient=keep)
    known = set(keep.contact_points.filter(ended_at__isnull=True, caregiver=None).values_list("kind", "value_index"))
    for point in ContactPoint.objects.select_for_update().filter(patient=other):
        if point.caregiver_id is None and (point.kind, point.value_index) in known:
            continue
        point.patient = keep
        point.save(update_fields=["patient"])
    for channel in ContactChannel.values:
        _carry_stop(keep, other, channel, by=by, now=now)


def _carry_stop(keep: Patient, other: Patient, channel: str, *, by: User, now: datetime) -> None:
    """Write the duplicate's last request to stop a channel for all points of the kept record."""
    last = ConsentEvent.objects.filter(patient=other, caregiver=None, channel=channel).order_by("-pk").first()
    if last is None or last.act in (ConsentAct.GIVEN, ConsentAct.RESUMED):
        return
    ConsentEvent.objects.create(
        practice_id=keep.practice_id,
        patient=keep,
        channel=channel,
        act=ConsentAct.BLOCKED if last.act == ConsentAct.BLOCKED else ConsentAct.WITHDRAWN,
        how=last.how,
        text=last.text,
        received_at=last.received_at,
        recorded_at=now,
        by=by,
        honor_by=last.honor_by,
        honored_at=now if last.honor_by else None,
    )
