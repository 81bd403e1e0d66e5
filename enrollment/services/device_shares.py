"""Services of shared devices: two patients of a home who use one device."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction

from enrollment.models import DeviceAssignment, DeviceShare, Enrollment
from rpm_portal.accounts.models import User
from rpm_portal.audit.services import record_change


@transaction.atomic
def share_device(
    *,
    assignment: DeviceAssignment,
    enrollment: Enrollment,
    at: datetime,
    by: User,
    user: str = "",
    holder_user: str = "",
) -> DeviceShare:
    """Let another patient use a device from a moment on; readings measured before stay with the first patient.

    `user` and `holder_user` are the two patients as the sender writes them. Raises ValidationError with what to do.
    """
    assignment = DeviceAssignment.objects.select_for_update(of=("self",)).get(pk=assignment.pk)
    if assignment.ends_at is not None:
        raise ValidationError("This device was taken back. Assign it first.")
    if enrollment.patient_id == assignment.enrollment.patient_id:
        raise ValidationError("This is the patient who has the device. Choose the other person.")
    share = DeviceShare(
        practice_id=assignment.practice_id,
        assignment=assignment,
        enrollment=enrollment,
        user=user.strip(),
        holder_user=holder_user.strip(),
        starts_at=at,
        added_by=by,
    )
    _check_users(share)
    share.full_clean()
    share.save(force_insert=True)
    record_change(assignment.device, "share_device", by=by, now=at, enrollment=enrollment.public_id)
    return share


def _check_users(share: DeviceShare) -> None:
    """Two people of one device never have the same user number, and the first one has one number."""
    if share.user and share.user == share.holder_user:
        raise ValidationError("Both people have the same user number. Enter the two numbers of the device.")
    others = DeviceShare.objects.filter(assignment=share.assignment, ends_at__isnull=True)
    for other in others:
        if other.enrollment_id == share.enrollment_id:
            raise ValidationError("This patient shares the device already.")
        if share.user and share.user in (other.user, other.holder_user):
            raise ValidationError("Another person has this user number. Enter the number of this patient.")
        if other.holder_user != share.holder_user:
            raise ValidationError(f"The first patient has the user number {other.holder_user or 'none'} already.")


@transaction.atomic
def end_share(*, share: DeviceShare, at: datetime, by: User) -> DeviceShare:
    """End the use by the second patient. Raises ValidationError if it has ended."""
    share = DeviceShare.objects.select_for_update(of=("self",)).select_related("assignment__device").get(pk=share.pk)
    if share.ends_at is not None:
        raise ValidationError("This has ended already.")
    share.ends_at = at
    share.full_clean()
    share.save(update_fields=["ends_at"])
    record_change(share.assignment.device, "end_device_share", by=by, now=at)
    return share


def move_shares(*, old: DeviceAssignment, new: DeviceAssignment, at: datetime) -> None:
    """After a swap, the same people share the new device. Two statements for each."""
    for share in DeviceShare.objects.select_for_update().filter(assignment=old, ends_at__isnull=True):
        DeviceShare.objects.filter(pk=share.pk).update(ends_at=at)
        share.pk, share.assignment, share.starts_at = None, new, at
        share.save(force_insert=True)
