"""Move a time entry to another program of the patient: the old row is voided, and a new one replaces it."""

from datetime import datetime

from django.db import transaction

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record_change
from rpm_portal.core.access import Permission, Role, may
from rpm_portal.core.days import local_day
from timetracking.intervals.refusals import TimeRefused, insert_row
from timetracking.models import TimeEntry
from timetracking.months.totals import refresh_totals
from timetracking.timers import LATE_LIMIT, not_billable_reason, void_row


@transaction.atomic
def move_entry(*, entry: TimeEntry, enrollment: Enrollment, reason: str, by: Membership, now: datetime) -> TimeEntry:
    """Move an entry to another enrollment of the same patient; returns the new entry, which replaces the old one.

    `reason` has at least ten characters. Times, person, role, activity and proof are copied. Both ledgers show it: the
    old row struck through with the reason, the new one with the program it came from. Raises TimeRefused for anybody
    but the person who worked and the manager, a running or struck entry, another patient, a call that counts this time,
    a program that was not active then, a minute that counts for another program, and a locked month.
    """
    rows = TimeEntry.objects.select_for_update(of=("self",)).select_related("enrollment", "practice", "staff")
    entry = rows.get(pk=entry.pk)
    if message := _error(entry, enrollment, reason=reason.strip(), by=by, now=now):
        raise TimeRefused(message)
    before, after, why = entry.program, enrollment.program, reason.strip()
    entry = void_row(entry, what="entry", reason=f"Moved to {after}: {why}", by=by.user, now=now)
    moved = _copy(entry, enrollment, reason=f"Moved from {before}: {why}", by=by, now=now)
    for row, other in ((entry, moved), (moved, entry)):
        detail = {"from": before, "to": after, "other": other.public_id, "reason": why[:300]}
        record_change(row, "move_time", by=by, now=now, **detail)
    return moved


def _error(entry: TimeEntry, enrollment: Enrollment, *, reason: str, by: Membership, now: datetime) -> str:
    """The sentence why the entry is not moved; empty if it may be moved."""
    if len(reason) < 10:
        return "Not moved. Enter a reason of at least 10 characters."
    if entry.staff_id != by.user_id and not may(by.role, Permission.ENTER_FOR_OTHERS):
        return "Not moved. Only the person who worked, or the practice manager, can move this entry."
    if entry.stopped_at is None:
        return "Not moved. The timer is running: stop it first."
    if enrollment.patient_id != entry.enrollment.patient_id or enrollment.pk == entry.enrollment_id:
        return "Not moved. Choose another program of the same patient."
    if entry.calls.filter(voided_at__isnull=True).exists():
        return "Not moved. A call counts this time: void the call first, and record it in the other program."
    zone = entry.practice.zone
    if local_day(entry.stopped_at, zone) < local_day(now, zone) - LATE_LIMIT and by.role != Role.MANAGER:
        return f"Not moved. Time can be moved within {LATE_LIMIT.days} days; ask the practice manager."
    return not_billable_reason(enrollment, on=local_day(entry.started_at, zone)) if entry.billable else ""


def _copy(entry: TimeEntry, enrollment: Enrollment, *, reason: str, by: Membership, now: datetime) -> TimeEntry:
    """Add the entry's time to the other enrollment. Raises TimeRefused."""
    copied = {name: getattr(entry, name) for name in ("staff", "role", "activity", "proof", "started_at", "stopped_at")}
    moved = TimeEntry(
        practice_id=entry.practice_id,
        enrollment=enrollment,
        program=enrollment.program,
        reason=reason[:300],
        entered_by=by.user,
        entered_at=now,
        replaces=entry,
        **copied,
    )
    insert_row(moved)
    refresh_totals(moved)
    return moved
