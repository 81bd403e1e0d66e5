"""Timers, entries and calls: what adds to the record of time. Nothing here edits or deletes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import DatabaseError, IntegrityError, transaction
from psycopg import errors

from enrollment.models import Enrollment, EnrollmentState
from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from rpm_portal.core.access import Role
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.refusals import Refused
from timetracking.intervals.person_lock import hold_person, on_file
from timetracking.models import NON_BILLABLE, Call, MonthLock, Proof, TimeEntry, Visit
from timetracking.months.totals import refresh_totals, stop_and_recount

LONGEST = timedelta(hours=4)
LATE_LIMIT = timedelta(days=7)  # after it only a manager enters time
FUTURE_SLACK = timedelta(seconds=60)
Struck = TypeVar("Struck", TimeEntry, Call)
NOT_ASKED = object()  # the caller has not looked whether a timer runs


class TimeRefused(Refused):
    """An entry that is not taken; the message is for the user and says what to do.

    `not_billable` says that the enrollment is the reason: time that is not billed could be kept.
    """

    def __init__(self, said: str, *, not_billable: bool = False) -> None:
        super().__init__(said)
        self.not_billable = not_billable


def _why(error: IntegrityError) -> TimeRefused:
    """The database's refusal in words."""
    cause = error.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", "") or ""
    if name == "timeentry_one_running_for_each_person":
        return TimeRefused("A timer of yours is running already. Stop it first.")
    if name == "timeentry_no_overlap_for_a_person":
        return TimeRefused("This person was with a patient in that time already. Choose a free time.")
    if name == "timeentry_stops_after_it_starts":
        return TimeRefused("The end must come after the start.")
    return TimeRefused("This entry could not be kept. Reload the page and look at the day before you try again.")


CLOSED = "That month is closed. Time and calls in it can no longer be added or changed."


@contextmanager
def refusals_in_words(closed: str = CLOSED, *, savepoint: bool = True) -> Iterator[None]:
    """Turn what the database refuses inside into TimeRefused with a sentence; the rest of the transaction goes on.

    Without `savepoint` the caller's own atomic block is rolled back with it: two questions fewer on the hot path.
    """
    try:
        with transaction.atomic(savepoint=savepoint):
            yield
    except IntegrityError as error:
        raise _why(error) from None
    except DatabaseError as error:
        if isinstance(error.__cause__, errors.RaiseException) and "locked" in str(error.__cause__):
            raise TimeRefused(closed) from None
        raise


def insert_row(row: TimeEntry | Call | Visit) -> None:
    """Insert, or raise TimeRefused with the database's reason in words."""
    with refusals_in_words():
        row.save(force_insert=True)


def why_not_billable(enrollment: Enrollment, *, on: Any) -> str:
    """An empty string where time on this day may count, else the reason in a sentence."""
    if enrollment.state != EnrollmentState.ACTIVE:
        return f"This enrollment is {enrollment.get_state_display()}; only an active one earns time."
    if enrollment.started_on is None or on < enrollment.started_on:
        return "The service had not begun on that day."
    return ""


def running_timer(staff: User, *, now: datetime | None = None, hold: bool = False) -> TimeEntry | None:
    """The person's running timer, in whatever practice, with `on_file` where `now` is given. One statement.

    `hold` locks it and its enrollment, so that stopping and recounting waits for nobody half-way.
    """
    found = TimeEntry.objects.standing().filter(staff=staff, stopped_at__isnull=True)
    found = found.select_related("enrollment__patient", "enrollment__practice", "practice")
    if now is not None:
        found = found.annotate(on_file=on_file("enrollment", "practice__zone", now=now))
    return (found.select_for_update(no_key=True, of=("self", "enrollment")) if hold else found).first()


def running_token(staff: User) -> str | None:
    """The public id of the person's running timer, for windows that ask every two seconds. One statement, no join."""
    rows = TimeEntry.objects.standing().filter(staff=staff, stopped_at__isnull=True)
    return rows.values_list("public_id", flat=True).first()


def start_timer(*, enrollment: Enrollment, activity: str, by: Membership, now: datetime) -> TimeEntry:
    """Start the person's clock on a patient. Started again on the same patient and activity, it goes on running.

    Two presses at once come one after another: the second finds what the first one made. Raises TimeRefused where
    another timer of theirs runs or the enrollment may not count.
    """
    with transaction.atomic():
        hold_person(by.user)
        current = running_timer(by.user)
        if current is None:
            return _start(enrollment=enrollment, activity=activity, by=by, now=now)
    if (current.enrollment_id, current.activity) == (enrollment.pk, activity):
        return current
    raise TimeRefused("A timer of yours is running already. Stop it first.")


def _start(*, enrollment: Enrollment, activity: str, by: Membership, now: datetime) -> TimeEntry:
    on = local_day(now, enrollment.practice.zone)
    if activity not in NON_BILLABLE and (said := why_not_billable(enrollment, on=on)):
        raise TimeRefused(said, not_billable=True)
    entry = TimeEntry(
        practice_id=enrollment.practice_id,
        enrollment=enrollment,
        staff=by.user,
        role=by.role,
        program=enrollment.program,
        activity=activity,
        proof=Proof.TIMER,
        started_at=now.replace(microsecond=0),
        entered_by=by.user,
        entered_at=now,
    )
    entry.practice = enrollment.practice
    with refusals_in_words(savepoint=False):
        entry.save(force_insert=True)
    return entry


@transaction.atomic
def switch_timer(
    *, enrollment: Enrollment, activity: str, by: Membership, now: datetime, held: Any = NOT_ASKED
) -> TimeEntry:
    """Stop whatever of theirs runs and start here at the same second: both, or where it is refused neither.

    The half-open intervals touch and do not overlap. `held` is what runs, None for nothing, where the caller holds the
    person and it. The answer has `on_file` where the month's seconds are known from it. Raises TimeRefused.
    """
    if held is NOT_ASKED:
        hold_person(by.user)
        held = running_timer(by.user, hold=True)
    current: TimeEntry | None = held
    if current is not None:
        if (current.enrollment_id, current.activity) == (enrollment.pk, activity):
            return current
        stop_held(current, by=by.user, now=now)
    entry = _start(enrollment=enrollment, activity=activity, by=by, now=now)
    if current is not None and current.enrollment_id == enrollment.pk:
        entry.on_file = getattr(current, "on_file", None)  # type: ignore[attr-defined]
    return entry


@transaction.atomic
def stop_timer(*, entry: TimeEntry, by: User, now: datetime) -> TimeEntry:
    """Stop a running timer; stopped already, it stays as it was. A timer of under one second is voided.

    A timer that ran longer than four hours ends there: nobody is with one patient that long, and the rest is not
    guessed but entered by hand with a reason.
    """
    rows = TimeEntry.objects.select_for_update(no_key=True, of=("self", "enrollment"))
    entry = rows.select_related("practice", "enrollment").get(pk=entry.pk)
    return entry if entry.stopped_at is not None or entry.voided_at is not None else stop_held(entry, by=by, now=now)


@transaction.atomic
def stop_running(*, staff: User, now: datetime) -> TimeEntry | None:
    """Stop whatever timer of a person runs; None where none does. Raises TimeRefused."""
    entry = running_timer(staff, hold=True)
    return None if entry is None else stop_held(entry, by=staff, now=now)


def stop_held(entry: TimeEntry, *, by: User, now: datetime) -> TimeEntry:
    """Stop a timer whose row and enrollment the caller has locked."""
    end = min(now.replace(microsecond=0), entry.started_at + LONGEST)
    if end <= entry.started_at:
        entry.voided_at, entry.voided_by, entry.void_reason = now, by, "Stopped within the second it started"
        entry.save(update_fields=["voided_at", "voided_by", "void_reason"])
        return entry
    closed = "The month this timer ran in is closed. Void the timer and tell the manager."
    with refusals_in_words(closed, savepoint=False):
        sums = stop_and_recount(entry, at=end)
    entry.on_file = sums.get(Month.current(now, entry.practice.zone).first_day, 0)  # type: ignore[attr-defined]
    return entry


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
) -> TimeEntry:
    """Enter an interval by hand, with the reason no timer ran. Its kind of proof says how late it was entered.

    Raises TimeRefused for the future, for more than four hours, an overlap, a closed month, or no reason.
    """
    if stopped_at > now + FUTURE_SLACK:
        raise TimeRefused("Time cannot be entered before it is worked.")
    if stopped_at - started_at > LONGEST:
        raise TimeRefused("One entry holds at most four hours with one patient. Enter the parts that were worked.")
    if not reason.strip():
        raise TimeRefused("Say why no timer ran, for example: home visit.")
    zone = enrollment.practice.zone
    if local_day(stopped_at, zone) < local_day(now, zone) - LATE_LIMIT and by.role != Role.MANAGER:
        raise TimeRefused(f"Time is entered within {LATE_LIMIT.days} days. Ask the practice manager to enter it.")
    if activity not in NON_BILLABLE and (said := why_not_billable(enrollment, on=local_day(started_at, zone))):
        raise TimeRefused(said)
    if staff.user_id != by.user_id:
        proof = Proof.ON_BEHALF
    else:
        proof = Proof.SAME_DAY if local_day(now, zone) == local_day(stopped_at, zone) else Proof.LATE
    hold_person(staff.user)
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
        entered_by=by.user,
        entered_at=now,
        replaces=replaces,
    )
    insert_row(entry)
    refresh_totals(entry)
    return entry


def strike_through(row: Struck, *, what: str, reason: str, by: User, now: datetime) -> Struck:
    """Void a row of the ledger, with a reason of at least ten characters, and recount; the caller tells the audit.

    `what` names it in a refusal. Raises TimeRefused, also where the month is closed.
    """
    if len(reason.strip()) < 10:
        raise TimeRefused(f"Say in at least ten characters why this {what} is struck through.")
    row = type(row).objects.select_for_update(of=("self",)).select_related("practice").get(pk=row.pk)
    if row.voided_at is not None:
        raise TimeRefused(f"This {what} is struck through already.")
    row.voided_at, row.voided_by, row.void_reason = now, by, reason.strip()[:300]
    with refusals_in_words():
        row.save(update_fields=["voided_at", "voided_by", "void_reason"])
    refresh_totals(row)
    return row


@transaction.atomic
def void_entry(*, entry: TimeEntry, reason: str, by: User, now: datetime) -> TimeEntry:
    """Strike an interval through, with a reason of at least ten characters. Raises TimeRefused."""
    entry = strike_through(entry, what="entry", reason=reason, by=by, now=now)
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
    """Open a month again that was shut; the caller has the reason and tells the audit."""
    Practice.objects.select_for_update().get(pk=practice.pk)
    MonthLock.objects.filter(practice=practice, month=month.first_day).delete()


@transaction.atomic
def lock_month(*, practice: Practice, month: Month, by: User, now: datetime) -> MonthLock:
    """Shut a month for time and calls. Waits for entries that are being written; after it the database refuses them."""
    Practice.objects.select_for_update().get(pk=practice.pk)
    lock, _ = MonthLock.objects.get_or_create(
        practice=practice,
        month=month.first_day,
        defaults={"zone": practice.zone, "locked_at": now, "locked_by": by},
    )
    return lock
