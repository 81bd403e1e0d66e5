"""Repairs of unmatched readings in one step; all readings that wait for the same cause are matched too."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from enrollment import services as enrollment_services
from enrollment.models import Device, DeviceModel, Enrollment
from enrollment.queries import custody_by_serial
from monitoring.intake.corrections import CLOCK_REASONS
from monitoring.intake.unmatched_rows import measured_at_of
from monitoring.models import ClockCorrection, Delivery, DeliveryState, Source, UnmatchedReading
from monitoring.services import set_source
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.refusals import Refused

Reason = UnmatchedReading.Reason
# A reading is sent soon after it was measured: a corrected moment is at most this long before the body was received.
MAX_CLOCK_AGE = timedelta(days=7)
MIN_REASON = 10
SHORT_REASON = f"Write the reason, at least {MIN_REASON} characters."


def open_rows(practice_id: int) -> QuerySet[UnmatchedReading]:
    """The unmatched readings of a practice that nobody resolved."""
    return UnmatchedReading.objects.filter(practice=practice_id, resolved_at__isnull=True)


def play_rows(rows: QuerySet[UnmatchedReading], *, now: datetime) -> int:
    """Queue the deliveries of unmatched readings to be processed again; returns how many. One statement.

    A delivery whose body is no longer stored, and one that waits already, is not changed.
    """
    deliveries = Delivery.objects.filter(pk__in=rows.values("delivery"), kept_body__isnull=False)
    return deliveries.exclude(state=DeliveryState.WAITING).update(
        state=DeliveryState.WAITING, tries=0, due_at=now, message=""
    )


@transaction.atomic
def assign(
    *,
    reading: UnmatchedReading,
    enrollment: Enrollment,
    starts_at: datetime,
    by: Membership,
    now: datetime,
    model: DeviceModel | None = None,
) -> None:
    """Assign the device of an unmatched reading, and register it first if `model` is given.

    The assignment queues all that waited for the device (`replay.queue_for_device`). Raises Refused or ValidationError.
    """
    if starts_at > now:
        raise Refused("The assignment cannot begin in the future.", field="starts_at")
    device = Device.objects.filter(practice=reading.practice_id, serial=reading.serial).first()
    if device is None:
        if model is None:
            raise Refused("Choose the model of the device.", field="model")
        device = enrollment_services.add_device(model=model, serial=reading.serial, by=by.user)
        if device.serial != reading.serial:
            raise Refused(f"The sender writes this number as {reading.serial}; devices are stored as {device.serial}.")
    enrollment_services.assign_device(device=device, enrollment=enrollment, starts_at=starts_at, by=by.user)
    record_change(reading, "match_unmatched", by=by, now=now, enrollment=enrollment.public_id)


@transaction.atomic
def correct_clock(
    *, reading: UnmatchedReading, measured_at: datetime, every: bool, reason: str, by: Membership, now: datetime
) -> int:
    """Set the right moment of a reading whose device had a wrong clock; returns how many readings were corrected.

    With `every` all waiting readings of the device are moved by the same time, if that gives a possible moment. A
    possible moment is at most `MAX_CLOCK_AGE` before the body was received and not after it, and the device was with a
    patient. Raises Refused.
    """
    if len(reason.strip()) < MIN_REASON:
        raise Refused(SHORT_REASON, field="reason")
    sent = measured_at_of(reading)
    if reading.resolved_at is not None or reading.reason not in CLOCK_REASONS or sent is None:
        raise Refused("This reading does not wait because of its clock.")
    shift = measured_at - sent
    rows = open_rows(reading.practice_id).filter(serial=reading.serial, reason__in=CLOCK_REASONS)
    rows = rows if every else rows.filter(pk=reading.pk)
    custody = custody_by_serial(reading.practice_id, {reading.serial}).get(reading.serial, [])
    corrections = []
    for row in rows.select_for_update():
        own = measured_at_of(row)
        moment = own + shift if own is not None else None
        if moment is not None and row.received_at - MAX_CLOCK_AGE <= moment <= row.received_at:
            if any(h.starts_at <= moment and (h.ends_at is None or moment < h.ends_at) for h in custody):
                corrections.append(_correction(row, moment, reason=reason, by=by, now=now))
            elif row.pk == reading.pk:
                raise Refused("Nobody had the device at that moment. Assign it first.", field="measured_at")
        elif row.pk == reading.pk:
            days = MAX_CLOCK_AGE.days
            raise Refused(f"Enter a moment within {days} days before the reading was received.", field="measured_at")
    ClockCorrection.objects.bulk_create(corrections)
    record_change(reading, "correct_clock", by=by, now=now, readings=len(corrections), reason=reason.strip()[:200])
    play_rows(UnmatchedReading.objects.filter(pk__in=[row.unmatched_id for row in corrections]), now=now)
    return len(corrections)


def _correction(
    row: UnmatchedReading, moment: datetime, *, reason: str, by: Membership, now: datetime
) -> ClockCorrection:
    return ClockCorrection(
        practice_id=row.practice_id,
        unmatched=row,
        digest=row.digest.partition(":")[0],
        measured_at=moment,
        reason=reason.strip()[:300],
        corrected_by=by.user,
        corrected_at=now,
    )


@transaction.atomic
def set_units(*, reading: UnmatchedReading, units: dict[str, str], by: Membership, now: datetime) -> int:
    """Set units of the source, by field, like weight_unit; returns how many deliveries are processed again.

    Raises Refused.
    """
    source = reading.delivery.source
    if not any(units.values()):
        raise Refused("Choose the unit.")
    set_source(source=source, **units)
    record_change(source, "change_source", by=by, now=now, changed=sorted(units))
    return play_rows(alike(reading), now=now)


def alike(reading: UnmatchedReading) -> QuerySet[UnmatchedReading]:
    """The open rows of the same kind: the same reason and sender, and the same device if it waits for one."""
    sources = Source.objects.filter(pk=reading.delivery.source.sender_id) | Source.objects.filter(
        renews=reading.delivery.source.sender_id
    )
    rows = open_rows(reading.practice_id).filter(reason=reading.reason, delivery__source__in=sources)
    return (
        rows.filter(serial=reading.serial)
        if reading.reason in (Reason.UNKNOWN_DEVICE, Reason.WHOSE, *CLOCK_REASONS)
        else rows
    )


@transaction.atomic
def dismiss_alike(*, reading: UnmatchedReading, note: str, by: Membership, now: datetime) -> int:
    """Dismiss all open rows of the same kind with one note; returns how many. They stay stored. Raises Refused."""
    if len(note.strip()) < MIN_REASON:
        raise Refused(SHORT_REASON)
    rows = alike(reading)
    dismissed = UnmatchedReading.objects.filter(pk__in=rows.values("pk")).update(
        resolved_at=now,
        resolved_by=by.user,
        resolution_note=note.strip()[:300],
        resolution=UnmatchedReading.Resolution.SET_ASIDE,
    )
    record_change(reading, "dismiss_alike", by=by, now=now, readings=dismissed, why=reading.reason)
    return dismissed
