"""Approval of time entries by a second person, where the practice's policy asks for it."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from timetracking.intervals.refusals import TimeRefused
from timetracking.models import NON_BILLABLE, TimeApproval, TimeEntry
from timetracking.staff_days.workdays import stopped_entries


def entries_to_approve(practice: Practice, *, first_day: date, last_day: date) -> QuerySet[TimeEntry]:
    """Stopped billable entries of the days that nobody has approved, by person and start. One statement."""
    rows = stopped_entries(practice, first_day=first_day, last_day=last_day).filter(approval__isnull=True)
    rows = rows.exclude(activity__in=NON_BILLABLE).select_related("staff", "enrollment__patient")
    return rows.order_by("staff__family_name", "staff_id", "started_at")


@transaction.atomic
def approve_day(*, practice: Practice, staff: User, on: date, by: Membership, now: datetime) -> int:
    """Approve a person's entries of a day that the approver did not work and did not enter; returns how many.

    Raises TimeRefused if there is nothing to approve, or only entries of the approver.
    """
    waiting = entries_to_approve(practice, first_day=on, last_day=on).filter(staff=staff)
    rows = list(waiting.exclude(Q(staff=by.user) | Q(entered_by=by.user)).select_for_update(of=("self",)))
    if not rows:
        if waiting.exists():
            raise TimeRefused("Not approved. You cannot approve time that you worked or entered; ask a second person.")
        raise TimeRefused("No time entries to approve on that day.")
    TimeApproval.objects.bulk_create(
        TimeApproval(practice_id=practice.pk, entry=row, approved_by=by.user, approved_at=now) for row in rows
    )
    detail = {"day": on.isoformat(), "intervals": len(rows), "of": staff.pk}
    record(practice=practice, by=by.user, role=by.role, action="approve_time", now=now, detail=detail)
    return len(rows)
