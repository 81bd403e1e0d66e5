"""What a person arranges on the worklist: who looks after whom, who is put off, and views under a name."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.db import transaction

from enrollment.models import Enrollment
from monitoring.services import look_after
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from rpm_portal.days import local_day
from rpm_portal.worklist.filters import Filters
from rpm_portal.worklist.models import Kept, SavedView, Snooze

LONGEST = timedelta(days=30)
MOST_ROWS, MOST_VIEWS = 200, 20


class NotArranged(ValueError):
    """What was asked for cannot be; the message says what to do."""


@transaction.atomic
def assign(*, rows: Sequence[Enrollment], member: Membership | None, by: Membership, now: datetime) -> int:
    """Say who looks after each; returns how many are looked after by another now."""
    changed = [row for row in rows if row.looked_after_by_id != (member.pk if member else None)]
    for row in changed:
        look_after(enrollment=row, member=member, by=by.user)
    if changed:
        _told(by.practice, "assign_patients", by, now, len(changed))
    return len(changed)


@transaction.atomic
def snooze(*, rows: Sequence[Enrollment], until: date, reason: str, by: Membership, now: datetime) -> int:
    """Put patients off the worklist until a day. A new clinical alert brings a patient back before it.

    Raises NotArranged without a reason, for a day that is not to come, or one more than thirty days away.
    """
    today = local_day(now, by.practice.zone)
    if len(reason.strip()) < 5:
        raise NotArranged("Say why, in a few words: whoever looks next must know.")
    if not today < until <= today + LONGEST:
        raise NotArranged("Choose a day after today, at most thirty days away.")
    for row in rows:
        Snooze.objects.create(
            practice_id=row.practice_id, enrollment=row, until_on=until, reason=reason.strip()[:200], by=by.user, at=now
        )
    Kept.objects.filter(enrollment__in=[row.pk for row in rows]).update(snoozed_until=until, snoozed_at=now)
    _told(by.practice, "snooze_patients", by, now, len(rows))
    return len(rows)


@transaction.atomic
def wake(*, rows: Sequence[Enrollment], by: Membership, now: datetime) -> int:
    """Bring patients back before their day; returns how many were away."""
    away = Kept.objects.filter(enrollment__in=[row.pk for row in rows], snoozed_until__isnull=False)
    count = away.update(snoozed_until=None, snoozed_at=None)
    if count:
        _told(by.practice, "wake_patients", by, now, count)
    return count


def _told(practice: Practice, action: str, by: Membership, now: datetime, count: int) -> None:
    record(practice=practice, by=by.user, role=by.role, action=action, detail={"count": count}, now=now)


def save_view(*, practice: Practice, user: User, name: str, filters: Filters) -> SavedView:
    """Keep filters under a name; the same name again replaces it. Raises NotArranged without one, or beyond twenty."""
    name = " ".join(name.replace("\x00", " ").split())[:40]
    if not name:
        raise NotArranged("Give the view a name.")
    own = SavedView.objects.for_practice(practice).filter(user=user)
    if own.exclude(name=name).count() >= MOST_VIEWS:
        raise NotArranged(f"{MOST_VIEWS} views are kept. Remove one first.")
    view, _ = own.update_or_create(practice=practice, user=user, name=name, defaults={"query": filters.query[:300]})
    return view
