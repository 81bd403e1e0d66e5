"""Observers of a patient's alerts: they see them in a list of their own and are notified when one is escalated."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.models import AlertObserver
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change


@transaction.atomic
def follow(*, enrollment: Enrollment, by: Membership, now: datetime) -> AlertObserver:
    """Follow a patient's alerts; following twice changes nothing."""
    observer, created = AlertObserver.objects.get_or_create(
        enrollment=enrollment, member=by, defaults={"practice_id": enrollment.practice_id, "since": now}
    )
    if created:
        record_change(enrollment, "follow_alerts", by=by, now=now)
    return observer


@transaction.atomic
def unfollow(*, enrollment: Enrollment, by: Membership, now: datetime) -> None:
    """Stop following a patient's alerts."""
    count, _ = AlertObserver.objects.filter(enrollment=enrollment, member=by).delete()
    if count:
        record_change(enrollment, "unfollow_alerts", by=by, now=now)


def observers_of(enrollment_id: int) -> list[AlertObserver]:
    """Who follows a patient's alerts, by name. One statement."""
    rows = AlertObserver.objects.filter(enrollment=enrollment_id).select_related("member__user")
    return list(rows.order_by("member__user__family_name", "pk"))


def observer_emails(enrollment_id: int, *, without: Iterable[int], now: datetime) -> list[str]:
    """The addresses of the observers who are in the practice, without these memberships. One statement."""
    rows = [row for row in observers_of(enrollment_id) if row.member_id not in set(without)]
    return [row.member.user.email for row in rows if row.member.holds_on(now.date())]
