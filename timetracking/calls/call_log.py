"""The call log: record calls and messages with their time, add addenda, and void calls."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from enrollment.models import Enrollment
from monitoring.alerts.contact_tasks import contact_made
from rpm_portal.accounts.models import Membership, User
from rpm_portal.audit.services import record_change
from rpm_portal.core.days import local_day
from timetracking.intervals.person_lock import lock_person
from timetracking.intervals.refusals import TimeRefused, insert_row
from timetracking.models import (
    MESSAGES,
    SPOKEN,
    Activity,
    Call,
    CallAddendum,
    CallOutcome,
    Channel,
    Direction,
    Proof,
    TimeEntry,
)
from timetracking.months.totals import refresh_totals
from timetracking.timers import FUTURE_SLACK, not_billable_reason, void_row


def outcome_error(channel: str, outcome: str) -> str:
    """The sentence why this outcome is impossible for this channel; empty if it is possible."""
    message = outcome in {CallOutcome.SENT, CallOutcome.RECEIVED}
    if channel in MESSAGES and not message:
        return "A message was sent or received; a conversation takes place by phone or video."
    if channel not in MESSAGES and message:
        return "Messages go by text or portal. Choose what came of the call."
    if channel == Channel.AUTOMATED and outcome in SPOKEN:
        return "An automated voice talks with nobody. Choose phone where a person of yours spoke."
    return ""


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
    direction: str = Direction.OUT,
    number: str = "",
    spoke_with: str = "",
    interpreter: bool = False,
    plan_changed: bool = False,
    next_contact_on: date | None = None,
    count_time: bool = False,
) -> Call:
    """Record an attempt to reach the patient and, if `count_time`, its time, in one transaction.

    If a timer of this person on this patient already covers the call, the call refers to that entry and no time is
    added. Raises TimeRefused for a time in the future, an end before the start, an outcome that does not fit the
    channel, or a closed month.
    """
    if ended_at > now + FUTURE_SLACK:
        raise TimeRefused("By what was entered the call ends in the future. Check when it began and how long it was.")
    if ended_at < started_at:
        raise TimeRefused("The call cannot end before it began.")
    if refusal := outcome_error(channel, outcome):
        raise TimeRefused(refusal)
    if next_contact_on is not None and next_contact_on < local_day(started_at, enrollment.practice.zone):
        raise TimeRefused("The next contact lies before this one. Choose a later day.")
    call = Call(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        direction=direction,
        number=number.strip(),
        channel=channel,
        outcome=outcome,
        started_at=started_at,
        ended_at=ended_at,
        spoke_with=spoke_with.strip(),
        interpreter=interpreter,
        plan_changed=plan_changed,
        next_contact_on=next_contact_on,
        showed=showed.strip(),
        decided=decided.strip(),
        called_by=by.user,
        role=by.role,
        logged_at=now,
    )
    with transaction.atomic():
        if ended_at > started_at:
            call.time_entry = _covering_entry(call)
            if call.time_entry is None and count_time:
                call.time_entry = _add_call_time(call, by=by, now=now)
        try:
            call.full_clean(exclude=["is_live"])
        except ValidationError as error:
            raise TimeRefused(" ".join(error.messages)) from None
        insert_row(call)
        refresh_totals(call)
        contact_made(
            enrollment_id=call.enrollment_id,
            practice_id=call.practice_id,
            next_on=next_contact_on,
            reached=outcome in SPOKEN,
            by=by,
            now=now,
        )
        record_change(call, "log_call", by=by, now=now, outcome=outcome, channel=channel)
    return call


def _covering_entry(call: Call) -> TimeEntry | None:
    """The entry of the same person and enrollment that covers the whole call."""
    rows = TimeEntry.objects.standing().filter(
        Q(stopped_at__isnull=True) | Q(stopped_at__gte=call.ended_at.replace(microsecond=0)),
        staff=call.called_by_id,
        enrollment=call.enrollment_id,
        started_at__lte=call.started_at,
    )
    return rows.order_by("-started_at").first()


def _add_call_time(call: Call, *, by: Membership, now: datetime) -> TimeEntry:
    """Add the call's time as a time entry."""
    if refusal := not_billable_reason(call.enrollment, on=local_day(call.started_at, call.enrollment.practice.zone)):
        raise TimeRefused(refusal)
    lock_person(by.user)
    activities = {
        CallOutcome.CAREGIVER: Activity.CAREGIVER,
        CallOutcome.SENT: Activity.MESSAGE,
        CallOutcome.RECEIVED: Activity.MESSAGE,
    }
    entry = TimeEntry(
        practice_id=call.practice_id,
        enrollment=call.enrollment,
        staff=by.user,
        role=by.role,
        program=call.enrollment.program,
        activity=activities.get(CallOutcome(call.outcome), Activity.CALL),
        proof=Proof.CALL,
        started_at=call.started_at.replace(microsecond=0),
        stopped_at=call.ended_at.replace(microsecond=0),
        entered_by=by.user,
        entered_at=now,
    )
    insert_row(entry)
    refresh_totals(entry)
    return entry


@transaction.atomic
def add_to_call(*, call: Call, text: str, by: Membership, now: datetime) -> CallAddendum:
    """Add an addendum to a recorded call; the call itself does not change. Raises TimeRefused for a blank text."""
    if not text.strip():
        raise TimeRefused("Write what is to be added.")
    if len(text) > 4000:
        raise TimeRefused("An addendum has at most 4,000 characters.")
    row = CallAddendum.objects.create(
        practice_id=call.practice_id, call=call, text=text.strip(), written_by=by.user, written_at=now
    )
    record_change(call, "add_to_call", by=by, now=now)
    return row


@transaction.atomic
def void_call(*, call: Call, reason: str, by: User, now: datetime) -> Call:
    """Void a call, with a reason of at least ten characters. Its time entry is voided separately.

    Raises TimeRefused, also if the month is closed.
    """
    call = void_row(call, what="call", reason=reason, by=by, now=now)
    record_change(call, "void_call", by=by, now=now, reason=reason.strip()[:300])
    return call
