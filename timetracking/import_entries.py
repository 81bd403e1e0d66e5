"""Old entries from another system: checked row by row, the ledger keeps, and among rows the earliest keeps its minute.

Every row goes through the same service as an entry by hand, so the same limits hold: no future, no closed month, no
enrollment that was not active. A row that overlaps keeps what is free of it; one that has nothing left is refused.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from enrollment.models import Enrollment
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.audit.services import record
from rpm_portal.core.days import clock, local_day
from rpm_portal.core.refusals import Refused
from rpm_portal.core.tables import FORMULA, open_csv
from timetracking.intervals.spans import Span, seconds
from timetracking.models import NON_BILLABLE, Activity, TimeEntry
from timetracking.timers import TimeRefused, add_entry

COLUMNS = ["record_number", "program", "staff_email", "started_at", "stopped_at", "activity", "reason"]
LARGEST = 1024 * 1024
MOST_ROWS = 1000


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line: `kind` is kept, shortened or refused, `said` why, in words."""

    line: int
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    enrollment: Enrollment
    staff: Membership
    start: datetime
    end: datetime
    activity: str
    reason: str


class _NotKept(Exception):
    """Rolls a check back."""


def import_entries(
    *, practice: Practice, body: bytes, by: Membership, now: datetime, keep: bool, name: str = ""
) -> list[LineResult]:
    """What became, or without `keep` would become, of each line of a file, in its order. Raises Refused."""
    text = open_csv(body, columns=COLUMNS, largest=LARGEST)
    outcomes: list[LineResult] = []
    rows = list(_rows(practice, text, outcomes))
    try:
        with transaction.atomic():
            for row in sorted(rows, key=lambda row: (row.start, row.line)):
                outcomes.append(_keep(row, by=by, now=now, name=name))
            if not keep:
                raise _NotKept
            counts = {kind: sum(one.kind == kind for one in outcomes) for kind in ("kept", "shortened", "refused")}
            record(practice=practice, by=by.user, role=by.role, action="import_time", now=now, detail=counts)
    except _NotKept:
        pass
    return sorted(outcomes, key=lambda outcome: outcome.line)


def _rows(practice: Practice, text: str, outcomes: list[LineResult]) -> Iterable[_Row]:
    """The lines that can be read; what is wrong with the others goes to `outcomes`. Three statements."""
    reader = csv.reader(io.StringIO(text))
    next(reader)
    lines: list[tuple[int, dict[str, str]]] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(COLUMNS):
                outcomes.append(
                    LineResult(reader.line_num, "refused", f"{len(cells)} cells where {len(COLUMNS)} belong")
                )
                continue
            said = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}
            lines.append((reader.line_num, said))
            if len(lines) > MOST_ROWS:
                raise Refused(f"This file has more than {MOST_ROWS} lines. Split it.")
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} cannot be read as CSV ({error}).") from None
    found = Enrollment.objects.for_practice(practice).filter(
        patient__mrn__in={said["record_number"] for _, said in lines}
    )
    enrollments: dict[tuple[str, str], Enrollment] = {}
    for row in found.select_related("patient", "practice").order_by("pk"):
        enrollments[row.patient.mrn, row.program] = row
    people: dict[str, list[Membership]] = {}
    for member in Membership.objects.for_practice(practice).select_related("user", "practice"):
        people.setdefault(member.user.email.lower(), []).append(member)
    for line, said in lines:
        try:
            yield _row(practice, line, said, enrollments, people)
        except ValueError as wrong:
            outcomes.append(LineResult(line, "refused", str(wrong)))


def _row(
    practice: Practice, line: int, said: dict[str, str], enrollments: dict[Any, Enrollment], people: dict[str, Any]
) -> _Row:
    start, end = (_moment(said[name], practice.zone, name) for name in ("started_at", "stopped_at"))
    enrollment = enrollments.get((said["record_number"], said["program"].upper()))
    if enrollment is None:
        raise ValueError("no enrollment has this record_number and program")
    on = local_day(start, practice.zone)
    staff = next((one for one in people.get(said["staff_email"].lower(), []) if one.holds_on(on)), None)
    if staff is None:
        raise ValueError("nobody with this staff_email had a role on that day")
    if said["activity"] not in Activity.values:
        raise ValueError(f"activity is one of {', '.join(Activity.values)}")
    if not said["reason"] or FORMULA.match(said["reason"]) or len(said["reason"]) > 200:
        raise ValueError("reason says in up to 200 characters where the time is known from")
    if end <= start:
        raise ValueError("stopped_at must come after started_at")
    return _Row(line, enrollment, staff, start, end, said["activity"], said["reason"])


def _moment(text: str, zone: str, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is written 2026-10-05T09:00:00") from None
    found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    return found.replace(microsecond=0)


def _keep(row: _Row, *, by: Membership, now: datetime, name: str) -> LineResult:
    """Keep what of a row is free of earlier time of the same person."""
    spans = free_of((row.start, row.end), _taken(row))
    if not spans:
        return LineResult(row.line, "refused", "the person was with a patient in all of that time already")
    why = f"Imported{f' from {name}' if name else ''}: {row.reason}"[:300]
    total = 0
    try:
        with transaction.atomic():
            for start, end in spans:
                add_entry(
                    enrollment=row.enrollment,
                    activity=row.activity,
                    started_at=start,
                    stopped_at=end,
                    reason=why,
                    staff=row.staff,
                    by=by,
                    now=now,
                )
                total += seconds(start, end)
    except TimeRefused as refusal:
        return LineResult(row.line, "refused", str(refusal))
    asked = seconds(row.start, row.end)
    words = clock(total) + (", not billable" if row.activity in NON_BILLABLE else "")
    if total == asked:
        return LineResult(row.line, "kept", words)
    parts = f" in {len(spans)} parts" if len(spans) > 1 else ""
    return LineResult(row.line, "shortened", f"{words} of {clock(asked)}{parts}: the rest belongs to earlier time")


def _taken(row: _Row) -> list[Span]:
    """The person's standing intervals that touch a row, in whatever practice. One statement."""
    rows = TimeEntry.objects.standing().filter(
        Q(stopped_at__isnull=True) | Q(stopped_at__gt=row.start), staff=row.staff.user_id, started_at__lt=row.end
    )
    return [
        (start, end or row.end) for start, end in rows.order_by("started_at").values_list("started_at", "stopped_at")
    ]


def free_of(span: Span, taken: Iterable[Span]) -> list[Span]:
    """What of a span no taken one covers, in order. `taken` is sorted by start."""
    free, start = [], span[0]
    for began, ended in taken:
        if began > start:
            free.append((start, min(began, span[1])))
        start = max(start, ended)
        if start >= span[1]:
            break
    if start < span[1]:
        free.append((start, span[1]))
    return [piece for piece in free if piece[1] > piece[0]]
