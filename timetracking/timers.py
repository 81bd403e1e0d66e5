"""Services of the time record: timers, manual entries, voids, month locks. Rows are added or voided, never edited."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from django.db import transaction
from django.db.models import QuerySet

from enrollment.models import Enrollment, EnrollmentState
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, local_day
from timetracking.intervals.person_lock import lock_person, on_file
from timetracking.intervals.refusals import AwayRefused, TimeRefused, insert_row, translate_refusals
from timetracking.models import NON_BILLABLE, Call, MonthLock, Proof, TimeEntry
from timetracking.months.totals import refresh_totals, stop_and_recount

MAX_ENTRY_LENGTH = timedelta(hours=4)
LATE_LIMIT = timedelta(days=7)  # after it only a manager enters time
FUTURE_SLACK = timedelta(seconds=60)
MIN_PAUSE_REASON = 10  # characters
SILENCE = timedelta(seconds=200)  # two minutes without input, one for the answer, and one heartbeat
CLOCK_WENT_BACK = (
    "Timer not stopped: the portal's clock is behind the moment this timer was started. Tell the operator. Then stop "
    "it, or discard it and enter the time by hand."
)
VoidableRow = TypeVar("VoidableRow", TimeEntry, Call)


def not_billable_reason(enrollment: Enrollment, *, on: date, reason: str = "") -> str:
    """The sentence why time of this enrollment is not billable on a day; empty if it is.

    While monitoring is paused, time needs a `reason`; the claim lines of paused days are flagged for review.
    """
    if enrollment.state == EnrollmentState.PAUSED:
        if len(reason.strip()) < MIN_PAUSE_REASON:
            return "Monitoring is paused. Resume it first, or enter the time by hand and say why it was worked."
    elif enrollment.state != EnrollmentState.ACTIVE:
        return f"This enrollment is {enrollment.get_state_display()}; only an active one earns time."
    if enrollment.started_on is None or on < enrollment.started_on:
        return "The service had not begun on that day."
    return ""


def _running(staff: User) -> QuerySet[TimeEntry]:
    rows = TimeEntry.objects.standing().filter(staff=staff, stopped_at__isnull=True)
    return rows.select_related("enrollment__patient", "enrollment__practice", "practice")


def running_timer(staff: User, *, lock: bool = False) -> TimeEntry | None:
    """The person's running timer in any practice. One statement.

    `lock` locks the timer and its enrollment, so that stopping and recounting need no further lock.
    """
    rows = _running(staff)
    return (rows.select_for_update(no_key=True, of=("self", "enrollment")) if lock else rows).first()


def running_timer_of_month(staff: User, *, now: datetime) -> tuple[TimeEntry, int] | None:
    """The person's running timer and the recorded seconds of its enrollment's month. One statement."""
    entry = _running(staff).annotate(on_file=on_file("enrollment", "practice__zone", now=now)).first()
    return None if entry is None else (entry, entry.on_file or 0)


def running_token(staff: User) -> str | None:
    """The public id of the person's running timer, for windows that poll every two seconds. One statement, no join."""
    rows = TimeEntry.objects.standing().filter(staff=staff, stopped_at__isnull=True)
    return rows.values_list("public_id", flat=True).first()


def start_timer(
    *, enrollment: Enrollment, activity: str, by: Membership, now: datetime, seen: bool = False
) -> TimeEntry:
    """Start the person's timer; one that already runs on the same enrollment and activity is returned.

    `seen`: the browser sends heartbeats, and this is the first; a timer whose page is closed before the next one is
    then stopped as silent. Concurrent calls run one after the other, and the second finds the timer of the first.
    Raises TimeRefused if the person's timer runs on something else, or if time of the enrollment is not billable.
    """
    with transaction.atomic():
        lock_person(by.user)
        current = running_timer(by.user)
        if current is None:
            return start_locked(enrollment=enrollment, activity=activity, by=by, now=now, seen=seen)
    if (current.enrollment_id, current.activity) == (enrollment.pk, activity):
        return current
    raise TimeRefused("A timer of yours is running already. Stop it first.")


def start_locked(
    *, enrollment: Enrollment, activity: str, by: Membership, now: datetime, seen: bool = False
) -> TimeEntry:
    """Start a timer; the caller has locked the person, and no timer of theirs runs. Raises TimeRefused.

    `seen` as in `start_timer`.
    """
    on = local_day(now, enrollment.practice.zone)
    if activity not in NON_BILLABLE and (refusal := not_billable_reason(enrollment, on=on)):
        raise TimeRefused(refusal, not_billable=True)
    entry = TimeEntry(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        staff=by.user,
        role=by.role,
        program=enrollment.program,
        activity=activity,
        proof=Proof.TIMER,
        started_at=now.replace(microsecond=0),
        seen_at=now if seen else None,
        entered_by=by.user,
        entered_at=now,
    )
    entry.practice = enrollment.practice
    with translate_refusals(savepoint=False):
        entry.save(force_insert=True)
    return entry


@transaction.atomic
def stop_timer(*, entry: TimeEntry, by: User, now: datetime) -> TimeEntry:
    """Stop a running timer; one that is already stopped does not change. A timer of less than one second is voided.

    Raises AwayRefused if its last heartbeat was more than SILENCE ago: its owner says what happened since then.

    A timer that ran for more than four hours is stopped at four hours: nobody works with one patient that long. Time
    beyond it must be entered by hand with a reason.
    """
    rows = TimeEntry.objects.select_for_update(no_key=True, of=("self", "enrollment"))
    entry = rows.select_related("practice", "enrollment").get(pk=entry.pk)
    if entry.stopped_at is None and entry.voided_at is None:
        stop_locked(entry, by=by, now=now)
    return entry


@transaction.atomic
def stop_running(*, staff: User, now: datetime) -> TimeEntry | None:
    """Stop the person's running timer; returns None if none runs. Raises TimeRefused, and AwayRefused."""
    entry = running_timer(staff, lock=True)
    if entry is not None:
        stop_locked(entry, by=staff, now=now)
    return entry


def stop_locked(entry: TimeEntry, *, by: User, now: datetime) -> int | None:
    """Stop a timer whose row and enrollment the caller has locked.

    Returns the recorded seconds of the current month; None if the timer was voided, because nothing was recounted.
    Raises AwayRefused if its last heartbeat was more than SILENCE ago, and TimeRefused if the database's clock was set
    back: the worked time is not lost as if it had been stopped at once.
    """
    if entry.seen_at is not None and now - entry.seen_at > SILENCE:
        raise AwayRefused(entry)
    if now < entry.started_at:
        raise TimeRefused(CLOCK_WENT_BACK)
    end = min(now.replace(microsecond=0), entry.started_at + MAX_ENTRY_LENGTH)
    if end <= entry.started_at:
        entry.voided_at, entry.voided_by, entry.void_reason = now, by, "Stopped within the second it started"
        entry.save(update_fields=["voided_at", "voided_by", "void_reason"])
        return None
    closed = "The month this timer ran in is closed. Void the timer and tell the manager."
    with translate_refusals(closed, savepoint=False):
        sums = stop_and_recount(entry, at=end)
    return sums.get(Month.current(now, entry.practice.zone).first_day, 0)


@transaction.atomic
def add_entry(
    *,
    enrollment: Enrollment,
    activity: str,
    started_at: datetime,
    stopped_at: datetime,
    reason: str,
    staff: Membership,
    by: Membership,
    now: datetime,
    replaces: TimeEntry | None = None,
    joint_reason: str = "",
) -> TimeEntry:
    """Add a time entry by hand, with the reason why no timer ran. Its `proof` shows how and when it was entered.

    `joint_reason`: why another person worked on the patient for another program in these minutes. Raises TimeRefused
    for the future, for more than four hours, an overlap, a closed month, or no reason.
    """
    if stopped_at > now + FUTURE_SLACK:
        raise TimeRefused("Time cannot be entered before it is worked.")
    if stopped_at - started_at > MAX_ENTRY_LENGTH:
        raise TimeRefused("One entry has at most four hours with one patient. Enter the parts that were worked.")
    if not reason.strip():
        raise TimeRefused("Say why no timer ran, for example: home visit.")
    zone = enrollment.practice.zone
    if local_day(stopped_at, zone) < local_day(now, zone) - LATE_LIMIT and by.role != Role.MANAGER:
        raise TimeRefused(f"Time is entered within {LATE_LIMIT.days} days. Ask the practice manager to enter it.")
    on = local_day(started_at, zone)
    if activity not in NON_BILLABLE and (refusal := not_billable_reason(enrollment, on=on, reason=reason)):
        raise TimeRefused(refusal)
    if staff.user_id != by.user_id:
        proof = Proof.ON_BEHALF
    else:
        proof = Proof.SAME_DAY if local_day(now, zone) == local_day(stopped_at, zone) else Proof.LATE
    lock_person(staff.user)
    entry = TimeEntry(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        staff=staff.user,
        role=staff.role,
        program=enrollment.program,
        activity=activity,
        proof=proof,
        started_at=started_at.replace(microsecond=0),
        stopped_at=stopped_at.replace(microsecond=0),
        reason=reason.strip()[:300],
        joint_reason=joint_reason.strip()[:300],
        entered_by=by.user,
        entered_at=now,
        replaces=replaces,
    )
    insert_row(entry)
    refresh_totals(entry)
    return entry


def void_row(row: VoidableRow, *, what: str, reason: str, by: User, now: datetime) -> VoidableRow:
    """Void a time entry or call, with a reason of at least ten characters. The caller records the audit event.

    `what` is the noun in the refusals. Raises TimeRefused, also if the month is closed.
    """
    if len(reason.strip()) < 10:
        raise TimeRefused(f"Enter a reason of at least 10 characters to void this {what}.")
    row = type(row).objects.select_for_update(of=("self",)).select_related("practice").get(pk=row.pk)
    if row.voided_at is not None:
        raise TimeRefused(f"This {what} was voided already.")
    row.voided_at, row.voided_by, row.void_reason = now, by, reason.strip()[:300]
    with translate_refusals():
        row.save(update_fields=["voided_at", "voided_by", "void_reason"])
    refresh_totals(row)
    return row


@transaction.atomic
def void_entry(*, entry: TimeEntry, reason: str, by: User, now: datetime) -> TimeEntry:
    """Void a time entry, with a reason of at least ten characters. Raises TimeRefused."""
    entry = void_row(entry, what="entry", reason=reason, by=by, now=now)
    record(
        practice=entry.practice,
        by=by,
        action="void_time",
        subject=f"time:{entry.public_id}",
        now=now,
        detail={"reason": reason[:300]},
    )
    return entry


@transaction.atomic
def unlock_month(*, practice: Practice, month: Month) -> None:
    """Unlock a month. The caller has the reason and records the audit event."""
    Practice.objects.select_for_update().get(pk=practice.pk)
    MonthLock.objects.filter(practice=practice, month=month.first_day).delete()


@transaction.atomic
def lock_month(*, practice: Practice, month: Month, by: User, now: datetime) -> MonthLock:
    """Lock a month for time and calls. Waits for concurrent inserts; later ones are refused by the database."""
    Practice.objects.select_for_update().get(pk=practice.pk)
    lock, _ = MonthLock.objects.get_or_create(
        practice=practice,
        month=month.first_day,
        defaults={"zone": practice.zone, "locked_at": now, "locked_by": by},
    )
    return lock
