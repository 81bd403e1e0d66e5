"""Logging calls: an attempt to reach the patient, and the time it took."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership
from rpm_portal.audit.services import record
from rpm_portal.days import local_day
from timetracking.models import Activity, Call, Outcome, Proof, TimeEntry
from timetracking.services import FUTURE_SLACK, TimeRefused, insert_row, why_not_billable
from timetracking.totals import refresh_totals


@transaction.atomic
def log_call(
    *,
    enrollment: Enrollment,
    channel: str,
    outcome: str,
    started_at: datetime,
    ended_at: datetime,
    by: Membership,
    now: datetime,
    showed: str = "",
    decided: str = "",
) -> Call:
    """Keep an attempt to reach the patient. Raises TimeRefused for the future or a closed month."""
    if ended_at > now + FUTURE_SLACK:
        raise TimeRefused("By what was entered the call ends in the future. Check when it began and how long it was.")
    if ended_at < started_at:
        raise TimeRefused("The call cannot end before it began.")
    call = Call(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        channel=channel,
        outcome=outcome,
        started_at=started_at,
        ended_at=ended_at,
        showed=showed,
        decided=decided,
        called_by=by.user,
        role=by.role,
        logged_at=now,
    )
    try:
        call.full_clean(exclude=["is_live"])
    except ValidationError as error:
        raise TimeRefused(" ".join(error.messages)) from None
    insert_row(call)
    refresh_totals(call)
    record(
        practice=enrollment.practice,
        by=by.user,
        role=by.role,
        action="log_call",
        subject=f"call:{call.public_id}",
        now=now,
        detail={"outcome": outcome, "channel": channel},
    )
    return call


@transaction.atomic
def log_call_with_time(*, count_time: bool, by: Membership, now: datetime, **call: Any) -> Call:
    """Log a call and, where asked and no timer covered it, its time: one act, both kept or neither.

    Time that a timer of this person on this patient already covers is not entered again. Raises TimeRefused.
    """
    kept = log_call(by=by, now=now, **call)
    if not count_time or kept.ended_at <= kept.started_at:
        return kept
    covered = TimeEntry.objects.standing().filter(
        Q(stopped_at__isnull=True) | Q(stopped_at__gte=kept.ended_at),
        staff=by.user,
        enrollment=kept.enrollment_id,
        started_at__lte=kept.started_at,
    )
    if covered.exists():
        return kept
    if said := why_not_billable(kept.enrollment, on=local_day(kept.started_at, kept.practice.zone)):
        raise TimeRefused(said)
    entry = TimeEntry(
        practice_id=kept.practice_id,
        enrollment=kept.enrollment,
        staff=by.user,
        role=by.role,
        program=kept.enrollment.program,
        activity=Activity.CAREGIVER if kept.outcome == Outcome.CAREGIVER else Activity.CALL,
        proof=Proof.CALL,
        started_at=kept.started_at.replace(microsecond=0),
        stopped_at=kept.ended_at.replace(microsecond=0),
        entered_by=by.user,
        entered_at=now,
    )
    insert_row(entry)
    refresh_totals(entry)
    return kept
