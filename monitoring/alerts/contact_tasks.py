"""The next contact with a patient as a task: planned by a call, finished by the next one."""

from datetime import date, datetime

from django.db import transaction

from monitoring.models import Outreach
from rpm_portal.accounts.models import Membership

REPLACED = "Replaced by a new date."
CONTACTED = "A contact was documented."


@transaction.atomic
def contact_made(
    *, enrollment_id: int, practice_id: int, next_on: date | None, reached: bool, by: Membership, now: datetime
) -> Outreach | None:
    """What a documented contact changes: it finishes the open task, and plans the next one on `next_on`.

    A contact that did not reach the patient leaves an open task, unless it sets a new date. Returns the new task.
    Two statements at most.
    """
    if not reached and next_on is None:
        return None
    open_tasks = Outreach.objects.filter(enrollment=enrollment_id, done_at__isnull=True)
    outcome = CONTACTED if reached else REPLACED
    open_tasks.update(done_at=now, done_by=by.user, outcome=outcome)
    if next_on is None:
        return None
    return Outreach.objects.create(
        practice_id=practice_id,
        enrollment_id=enrollment_id,
        owner=by,
        due_on=next_on,
        made_at=now,
        made_by=by.user,
    )


def open_task(enrollment_id: int) -> Outreach | None:
    """The open task to contact a patient; None if there is none. One statement."""
    rows = Outreach.objects.filter(enrollment=enrollment_id, done_at__isnull=True)
    return rows.select_related("owner__user").first()
