"""Services of devices: add, assign, take back, swap, and change of state."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.events import DeviceAssigned
from enrollment.models import Device, DeviceAssignment, DeviceModel, DeviceState, Enrollment
from enrollment.services.device_shares import move_shares
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change
from rpm_portal.core.db.history import save_with_reason
from rpm_portal.core.events import announce
from rpm_portal.core.identifiers import plain_serial


@transaction.atomic
def add_device(*, model: DeviceModel, serial: str, by: User) -> Device:
    """Add a device to the stock. Raises ValidationError if the number exists already or is not valid."""
    device = Device(practice_id=model.practice_id, model=model, serial=plain_serial(serial))
    device.full_clean()
    save_with_reason(device, reason="Taken into stock", by=by)
    return device


@transaction.atomic
def assign_device(
    *,
    device: Device,
    enrollment: Enrollment,
    starts_at: datetime,
    by: User,
    means: str = "here",
    tracking: str = "",
    configured: bool = False,
) -> DeviceAssignment:
    """Assign a device to a patient, and announce it: readings that waited for it are then matched.

    `configured`: it is configured for daily use and transmission, and the practice supplies and monitors it.

    Raises ValidationError if it is assigned at that time or not in stock.
    """
    device = Device.objects.select_for_update(of=("self",)).select_related("model", "practice").get(pk=device.pk)
    if device.state != DeviceState.STOCK:
        raise ValidationError({"device": f"This device is {device.get_state_display()}. Choose another."})
    assignment = DeviceAssignment(
        practice_id=enrollment.practice_id,
        device=device,
        enrollment=enrollment,
        starts_at=starts_at,
        assigned_by=by,
        means=means,
        tracking=tracking,
        configured=configured,
    )
    assignment.full_clean()
    assignment.save(force_insert=True)
    record_change(device, "assign_device", by=by, now=starts_at, enrollment=enrollment.public_id)
    announce(DeviceAssigned(enrollment.practice_id, device.serial, starts_at))
    return assignment


@transaction.atomic
def take_back_device(
    *, assignment: DeviceAssignment, ends_at: datetime, reason: str = "returned", by: User | None = None
) -> DeviceAssignment:
    """End an assignment. Raises ValidationError if it has ended or would end before it began."""
    assignment = DeviceAssignment.objects.select_for_update().get(pk=assignment.pk)
    if assignment.ends_at is not None:
        raise ValidationError("This device was taken back already.")
    assignment.ends_at, assignment.end_reason = ends_at, reason[:120]
    assignment.full_clean()
    assignment.save(update_fields=["ends_at", "end_reason"])
    record_change(assignment.device, "take_back_device", by=by, now=ends_at, reason=reason[:120])
    return assignment


@transaction.atomic
def swap_device(
    *, assignment: DeviceAssignment, device: Device, at: datetime, reason: str, by: User
) -> DeviceAssignment:
    """Replace a device: the old assignment ends at the moment the new one begins.

    The episode continues, so no second set-up is billed (rule R-SETUP). Raises ValidationError and changes nothing.
    """
    old = take_back_device(assignment=assignment, ends_at=at, reason=reason or "swapped", by=by)
    new = assign_device(device=device, enrollment=old.enrollment, starts_at=at, by=by)
    move_shares(old=old, new=new, at=at)
    return new


@transaction.atomic
def confirm_configured(*, assignment: DeviceAssignment, by: User, now: datetime) -> DeviceAssignment:
    """Record that an assigned device is configured for daily use and transmission, supplied and monitored by us.

    Raises ValidationError if that is recorded already.
    """
    assignment = DeviceAssignment.objects.select_for_update().get(pk=assignment.pk)
    if assignment.configured:
        raise ValidationError("This is recorded already.")
    assignment.configured = True
    assignment.save(update_fields=["configured"])
    record_change(assignment.device, "confirm_configured", by=by, now=now)
    return assignment


@transaction.atomic
def mark_delivered(*, assignment: DeviceAssignment, on: date, by: User, now: datetime) -> DeviceAssignment:
    """Record the day on which a shipped device arrived. Raises ValidationError if it was not shipped."""
    assignment = DeviceAssignment.objects.select_for_update().get(pk=assignment.pk)
    if assignment.means != "shipped":
        raise ValidationError("This device was handed over, not shipped.")
    assignment.delivered_on = on
    assignment.save(update_fields=["delivered_on"])
    record_change(assignment.device, "device_delivered", by=by, now=now)
    return assignment


@transaction.atomic
def set_device_state(*, device: Device, state: str, reason: str, by: User, now: datetime) -> Device:
    """Change a device's state; outside the stock its assignment ends. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why, for example: screen broken."})
    device = Device.objects.select_for_update().get(pk=device.pk)
    device.state = DeviceState(state)
    save_with_reason(device, reason=reason, by=by, fields=["state"])
    if state != DeviceState.STOCK:
        for assignment in device.assignments.filter(ends_at__isnull=True):
            take_back_device(assignment=assignment, ends_at=now, reason=reason, by=by)
    record_change(device, "device_state", by=by, now=now, state=state)
    return device
