"""A person's work day: time entries, calls, gaps, totals, entries to confirm, and the signature."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from rpm_portal.accounts.models import Membership, Practice, User
from rpm_portal.audit.services import record
from rpm_portal.core.days import clock, local_day, midnight
from timetracking.intervals.refusals import TimeRefused
from timetracking.intervals.spans import Span, seconds, union_seconds
from timetracking.models import Call, DaySignature, TimeEntry
from timetracking.staff_days.call_time import call_time_without_call
from timetracking.staff_days.day_drawing import DayDrawing, DrawnPart
from timetracking.staff_days.signatures import is_covered, signed_days

STATEMENT = (
    "I attest that the time and the calls of this day are mine, that they took place as they are written, and that no "
    "time was added that was not worked."
)
MIN_GAP = timedelta(minutes=10)
OPEN_ITEMS_PERIOD = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the day: a time entry, or the gap before it. Hours are counted from local midnight."""

    entry: TimeEntry | None
    starts_at: datetime
    ends_at: datetime
    from_hour: float
    hours: float

    @property
    def beyond(self) -> str:
        """A note if the entry began before this day or ends after it, else empty."""
        if self.entry is None:
            return ""
        before, after = self.entry.started_at < self.starts_at, (self.entry.stopped_at or self.ends_at) > self.ends_at
        return "began before midnight" if before else "goes on after midnight" if after else ""

    @property
    def length(self) -> str:
        """The length as minutes and seconds."""
        return clock(seconds(self.starts_at, self.ends_at))


@dataclass(frozen=True, slots=True)
class WorkDay:
    """A person's time entries and calls of a local day."""

    day: date
    pieces: list[Piece]
    calls: list[Call]
    signatures: list[DaySignature]
    billable: str
    other: str
    late_after_signature: int
    staff: User
    worked_seconds: int
    ticks: list[tuple[float, Call]]

    @property
    def intervals(self) -> list[Piece]:
        """The pieces that are time entries."""
        return [piece for piece in self.pieces if piece.entry is not None]

    @property
    def signature(self) -> DaySignature | None:
        """The last signature."""
        return self.signatures[-1] if self.signatures else None

    @property
    def is_signed(self) -> bool:
        """Whether the last signature covers all the work of the day."""
        return self.signature is not None and not self.late_after_signature

    @property
    def drawing(self) -> DayDrawing:
        """The day as it is drawn."""
        parts = [DrawnPart(_kind(piece.entry), piece.from_hour, piece.hours, _words(piece)) for piece in self.pieces]
        return DayDrawing.of(parts, self.ticks)


def _kind(entry: TimeEntry | None) -> str:
    """The classes of a piece: free, or whether it is billable and how it was recorded."""
    return "free" if entry is None else f"{'on' if entry.billable else 'off'} {entry.proof}"


def _words(piece: Piece) -> str:
    return f"{piece.entry.enrollment.patient} {piece.length}" if piece.entry else f"free {piece.length}"


def day_of(practice: Practice, staff: User, on: date, *, now: datetime) -> WorkDay:
    """A person's day in a practice. Three statements."""
    return days_of(practice, on, now=now, staff=staff)[0]


def days_of(practice: Practice, on: date, *, now: datetime, staff: User | None = None) -> list[WorkDay]:
    """The day of everybody who worked or called, or only of `staff`, by name. Three statements for any number."""
    zone = practice.zone
    start, end = midnight(on, zone), midnight(on + timedelta(days=1), zone)
    rows = TimeEntry.objects.standing().filter(practice=practice, started_at__lt=end).exclude(stopped_at__lte=start)
    calls = Call.objects.standing().filter(practice=practice, started_at__gte=start, started_at__lt=end)
    signatures = DaySignature.objects.filter(practice=practice, day=on)
    if staff is not None:
        rows, calls, signatures = (
            rows.filter(staff=staff),
            calls.filter(called_by=staff),
            signatures.filter(staff=staff),
        )
    worked: dict[User, list[TimeEntry]] = {} if staff is None else {staff: []}
    called: dict[User, list[Call]] = {}
    for row in rows.select_related("enrollment__patient", "staff").order_by("started_at"):
        worked.setdefault(row.staff, []).append(row)
    for call in calls.select_related("enrollment__patient", "called_by").order_by("started_at"):
        called.setdefault(call.called_by, []).append(call)
        worked.setdefault(call.called_by, [])
    signed: dict[int, list[DaySignature]] = {}
    for signature in signatures.order_by("number"):
        signed.setdefault(signature.staff_id, []).append(signature)
    people = sorted(worked, key=lambda person: (person.family_name, person.given_name, person.pk))
    span = (start, end)
    return [
        _day(person, on, span, worked[person], called.get(person, []), signed.get(person.pk, []), now=now)
        for person in people
    ]


def _day(
    staff: User,
    on: date,
    span: Span,
    rows: list[TimeEntry],
    calls: list[Call],
    signatures: list[DaySignature],
    *,
    now: datetime,
) -> WorkDay:
    start, end = span
    pieces: list[Piece] = []
    billable: list[Span] = []
    other: list[Span] = []

    def piece(entry: TimeEntry | None, began: datetime, ended: datetime) -> Piece:
        """A piece with its hours from midnight."""
        return Piece(entry, began, ended, seconds(start, began) / 3600, seconds(began, ended) / 3600)

    for entry in rows:
        began, ended = max(entry.started_at, start), min(entry.stopped_at or now, end)
        if ended <= began:
            continue
        if pieces and began - pieces[-1].ends_at >= MIN_GAP:
            pieces.append(piece(None, pieces[-1].ends_at, began))
        pieces.append(piece(entry, began, ended))
        (billable if entry.billable else other).append((began, ended))
    signed_at = signatures[-1].signed_at if signatures else None
    work: list[TimeEntry | Call] = [*(p.entry for p in pieces if p.entry is not None), *calls]
    return WorkDay(
        day=on,
        pieces=pieces,
        calls=calls,
        signatures=signatures,
        billable=clock(union_seconds(billable)),
        other=clock(union_seconds(other)),
        late_after_signature=sum(1 for row in work if signed_at and not is_covered(row, signed_at)),
        staff=staff,
        worked_seconds=union_seconds(billable + other),
        ticks=[(seconds(start, call.started_at) / 3600, call) for call in calls],
    )


def calls_without_note(practice: Practice, staff: User, *, since: datetime) -> list[Call]:
    """A person's live calls without a note or addendum. One statement."""
    rows = Call.objects.standing().filter(
        practice=practice, called_by=staff, is_live=True, decided="", addenda__isnull=True, started_at__gte=since
    )
    return list(rows.select_related("enrollment__patient").order_by("started_at"))


def unconfirmed_entries(practice: Practice, staff: User) -> list[TimeEntry]:
    """Entries that the portal stopped and their owner has not confirmed. One statement."""
    rows = TimeEntry.objects.standing().filter(
        practice=practice, staff=staff, auto_closed_at__isnull=False, confirmed_at__isnull=True
    )
    return list(rows.select_related("enrollment__patient").order_by("started_at"))


def stopped_entries(practice: Practice, *, first_day: date, last_day: date) -> QuerySet[TimeEntry]:
    """Stopped entries that began on the days, of all people, without voided ones."""
    zone = practice.zone
    return TimeEntry.objects.standing().filter(
        practice=practice,
        started_at__gte=midnight(first_day, zone),
        started_at__lt=midnight(last_day + timedelta(days=1), zone),
        stopped_at__isnull=False,
    )


def unsigned_days(
    practice: Practice, *, first_day: date, last_day: date, staff: User | None = None
) -> list[dict[str, object]]:
    """Days with work that no signature covers, by person, with the number of its entries. Two statements."""
    rows, zone = stopped_entries(practice, first_day=first_day, last_day=last_day), practice.zone
    if staff is not None:
        rows = rows.filter(staff=staff)
    signed = signed_days(practice, first_day=first_day, last_day=last_day, staff=staff)
    by_day: dict[tuple[int, date], dict[str, Any]] = {}
    for entry in rows.select_related("staff").order_by("staff__family_name", "started_at"):
        key = (entry.staff_id, local_day(entry.started_at, zone))
        if not is_covered(entry, signed.get(key)):
            by_day.setdefault(key, {"staff": entry.staff, "day": key[1], "intervals": 0})["intervals"] += 1
    return list(by_day.values())


@transaction.atomic
def sign_day(*, practice: Practice, by: Membership, on: date, now: datetime) -> DaySignature:
    """Sign a person's day, or what was put on file after its signature. The view has checked the password again.

    Raises TimeRefused for a future day, a day without work, with a running timer, entries to confirm or time as a call
    without a call on file, or one whose work is signed already.
    """
    day = day_of(practice, by.user, on, now=now)
    if message := _sign_error(practice, by.user, day, now=now):
        raise TimeRefused(message)
    signature = DaySignature(
        practice=practice,
        staff=by.user,
        day=on,
        number=len(day.signatures) + 1,
        signed_as=by.signature,
        statement=STATEMENT,
        signed_at=now,
    )
    try:
        with transaction.atomic():
            signature.save(force_insert=True)
    except IntegrityError:
        raise TimeRefused("This day is signed already.") from None
    detail = {"day": on.isoformat(), "intervals": len(day.intervals), "calls": len(day.calls)}
    record(practice=practice, by=by.user, role=by.role, action="sign_day", now=now, detail=detail)
    return signature


def _sign_error(practice: Practice, staff: User, day: WorkDay, *, now: datetime) -> str:
    """The sentence why the day cannot be signed; empty if it can."""
    on, zone = day.day, practice.zone
    if on > local_day(now, zone):
        return "A day is signed once it has come."
    if not day.intervals and not day.calls:
        return "Nothing was worked on that day; there is nothing to sign."
    if any(piece.entry is not None and piece.entry.stopped_at is None for piece in day.pieces):
        return "A timer of that day still runs. Stop it before you sign."
    if any(local_day(entry.started_at, zone) == on for entry in unconfirmed_entries(practice, staff)):
        return "A timer of that day was stopped automatically. Confirm or void its entry, then sign."
    missing = call_time_without_call(practice, staff, since=midnight(on, zone))
    if any(local_day(entry.started_at, zone) == on for entry in missing):
        return "Time of that day was worked as a call, without a call on file. Document it, or say what the time was."
    return "This day is signed already." if day.is_signed else ""
