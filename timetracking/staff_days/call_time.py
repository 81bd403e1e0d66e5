"""Time worked as a call without a call on file: the person documents the call, or changes what the time was."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record_change
from timetracking.intervals.refusals import TimeRefused, insert_row
from timetracking.models import CALLING, Activity, Call, TimeEntry
from timetracking.months.totals import refresh_totals
from timetracking.timers import void_row

WHY = "No call is on file for this time"
OTHER_ACTIVITIES = [(value, label) for value, label in Activity.choices if value not in CALLING]


def call_time_without_call(practice: Practice, staff: User, *, since: datetime) -> list[TimeEntry]:
    """A person's stopped entries as a call, without a call of theirs with the patient in that time. One statement."""
    calls = Call.objects.standing().filter(enrollment=OuterRef("enrollment"), called_by=OuterRef("staff"))
    in_time = Q(started_at__lt=OuterRef("stopped_at"), ended_at__gt=OuterRef("started_at"))
    at_once = Q(started_at=F("ended_at"), started_at__range=(OuterRef("started_at"), OuterRef("stopped_at")))
    documented = Exists(calls.filter(Q(time_entry=OuterRef("pk")) | in_time | at_once))
    rows = TimeEntry.objects.standing().filter(practice=practice, staff=staff, activity__in=CALLING)
    rows = rows.filter(stopped_at__isnull=False, started_at__gte=since).exclude(documented)
    return list(rows.select_related("enrollment__patient").order_by("started_at"))


def call_times(practice: Practice, staff: User, public_id: str) -> dict[str, object]:
    """The start and length of a person's time entry as initial values of a call form; empty if there is none."""
    rows = TimeEntry.objects.standing().filter(practice=practice, staff=staff, stopped_at__isnull=False)
    entry = rows.filter(public_id=public_id[:12]).first()
    if entry is None:
        return {}
    started = entry.started_at.astimezone(ZoneInfo(practice.zone)).replace(tzinfo=None, microsecond=0)
    minutes, seconds = divmod(entry.length, 60)
    return {"started_at": started, "minutes": minutes, "seconds": seconds}


@transaction.atomic
def change_activity(*, entry: TimeEntry, activity: str, by: Membership, now: datetime) -> TimeEntry:
    """Replace an entry by one with another activity and the same times; returns the new one.

    Raises TimeRefused for another person's entry, a running or voided one, an activity that is a call, an entry with a
    call on file, or a locked month.
    """
    rows = TimeEntry.objects.select_for_update(of=("self",)).select_related("enrollment", "practice", "staff")
    entry = rows.get(pk=entry.pk)
    if entry.staff_id != by.user_id:
        raise TimeRefused("Not changed. Only the person who worked says what the time was.")
    if entry.stopped_at is None:
        raise TimeRefused("Not changed. The timer is running: stop it first.")
    if activity not in dict(OTHER_ACTIVITIES):
        raise TimeRefused("Not changed. Choose what the time was, if it was not a call.")
    since = entry.started_at - timedelta(seconds=1)
    if entry not in call_time_without_call(entry.practice, entry.staff, since=since):
        raise TimeRefused("Not changed. A call is on file for this time, or it was not worked as a call.")
    before = entry.get_activity_display()
    entry = void_row(entry, what="entry", reason=f"{WHY}; it was: {Activity(activity).label}", by=by.user, now=now)
    copied = {name: getattr(entry, name) for name in ("staff", "role", "program", "proof", "started_at", "stopped_at")}
    changed = TimeEntry(
        practice_id=entry.practice_id,
        enrollment=entry.enrollment,
        activity=activity,
        reason=f"{WHY}; it was recorded as: {before}",
        joint_reason=entry.joint_reason,
        entered_by=by.user,
        entered_at=now,
        replaces=entry,
        **copied,
    )
    insert_row(changed)
    refresh_totals(changed)
    record_change(changed, "change_activity", by=by, now=now, other=entry.public_id, activity=activity)
    return changed
