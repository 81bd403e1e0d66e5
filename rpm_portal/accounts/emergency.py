"""Emergency access ("break glass"): an hour of reading charts that the role does not allow, with a reason, reported."""

from datetime import datetime, timedelta

from django.db import transaction

from rpm_portal.accounts.models import EmergencyAccess, Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, Role
from rpm_portal.core.days import local_day
from rpm_portal.core.refusals import Refused

ACCESS_VALID_FOR = timedelta(hours=1)
MIN_REASON_LENGTH = 15
GRANTED_PERMISSIONS = frozenset({Permission.SEE_PATIENTS, Permission.READ_TEXT})
# They are mailed at once.
NOTIFIED_ROLES = (Role.PHYSICIAN, Role.MANAGER)


@transaction.atomic
def break_glass(*, by: Membership, reason: str, now: datetime) -> EmergencyAccess:
    """Open an hour of charts. Raises Refused if the reason is too short."""
    if len(reason.strip()) < MIN_REASON_LENGTH:
        raise Refused(
            f"Say in at least {MIN_REASON_LENGTH} characters what the emergency is; it is read by others today."
        )
    row = EmergencyAccess.objects.create(
        practice=by.practice, membership=by, reason=reason.strip()[:300], opened_at=now, ends_at=now + ACCESS_VALID_FOR
    )
    record_change(row, "break_glass", by=by, now=now, reason=row.reason)
    return row


@transaction.atomic
def end_emergency_access(*, row: EmergencyAccess, by: Membership, now: datetime) -> None:
    """End the hour early; does nothing if it has ended."""
    row = EmergencyAccess.objects.select_for_update(of=("self",)).select_related("practice").get(pk=row.pk)
    if row.closed_at is None and row.ends_at > now:
        row.closed_at = now
        row.save(update_fields=["closed_at"])
        record_change(row, "close_glass", by=by, now=now)


def open_emergency_access(membership: Membership, *, now: datetime) -> EmergencyAccess | None:
    """The open emergency access of this membership, or None. One statement."""
    rows = EmergencyAccess.objects.filter(membership=membership, ends_at__gt=now, closed_at__isnull=True)
    return rows.order_by("-opened_at").first()


def notified_addresses(by: Membership, *, now: datetime) -> list[str]:
    """The addresses of those who are notified, without the person themselves."""
    rows = Membership.objects.for_practice(by.practice).in_force(local_day(now, by.practice.zone))
    return sorted(rows.filter(role__in=NOTIFIED_ROLES).exclude(user=by.user_id).values_list("user__email", flat=True))
