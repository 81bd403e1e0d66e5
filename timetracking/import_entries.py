"""Import of time entries from a CSV file of another system.

Each row is added by the same service as a manual entry, with the same limits: no time in the future, no closed month,
only active enrollments. Existing entries keep their time; among the rows the earliest start keeps its time. A row that
overlaps is shortened to its free parts; a row without a free part is refused.
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
from timetracking.intervals.refusals import TimeRefused
from timetracking.intervals.spans import Span, seconds
from timetracking.models import NON_BILLABLE, Activity, TimeEntry
from timetracking.timers import add_entry

COLUMNS = ["record_number", "program", "staff_email", "started_at", "stopped_at", "activity", "reason"]
MAX_IMPORT_BYTES = 1024 * 1024
MAX_IMPORT_ROWS = 1000


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of a line: `kind` is kept, shortened or refused; `message` is the explanation."""

    line: int
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    enrollment: Enrollment
    staff: Membership
    start: datetime
    end: datetime
    activity: str
    reason: str


class _CheckOnly(Exception):
    """Rolls back the transaction of a check."""


def import_entries(
    *, practice: Practice, body: bytes, by: Membership, now: datetime, keep: bool, name: str = ""
) -> list[LineResult]:
    """The result of each line of a file, in its order; without `keep` nothing is saved. Raises Refused."""
    text = open_csv(body, columns=COLUMNS, largest=MAX_IMPORT_BYTES)
    outcomes: list[LineResult] = []
    rows = list(_rows(practice, text, outcomes))
    try:
        with transaction.atomic():
            for row in sorted(rows, key=lambda row: (row.start, row.line)):
                outcomes.append(_add_row(row, by=by, now=now, name=name))
            if not keep:
                raise _CheckOnly
            counts = {
                kind: sum(outcome.kind == kind for outcome in outcomes) for kind in ("kept", "shortened", "refused")
            }
            record(practice=practice, by=by.user, role=by.role, action="import_time", now=now, detail=counts)
    except _CheckOnly:
        pass
    return sorted(outcomes, key=lambda outcome: outcome.line)


def _rows(practice: Practice, text: str, outcomes: list[LineResult]) -> Iterable[_Row]:
    """The lines that can be read; refusals of the others are added to `outcomes`. Three statements."""
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
            values = {name: cell.strip() for name, cell in zip(COLUMNS, cells, strict=True)}
            lines.append((reader.line_num, values))
            if len(lines) > MAX_IMPORT_ROWS:
                raise Refused(f"This file has more than {MAX_IMPORT_ROWS} lines. Split it.")
    except csv.Error as error:
        raise Refused(f"Line {reader.line_num} cannot be read as CSV ({error}).") from None
    rows = Enrollment.objects.for_practice(practice).filter(
        patient__mrn__in={values["record_number"] for _, values in lines}
    )
    enrollments: dict[tuple[str, str], Enrollment] = {}
    for row in rows.select_related("patient", "practice").order_by("pk"):
        enrollments[row.patient.mrn, row.program] = row
    people: dict[str, list[Membership]] = {}
    for member in Membership.objects.for_practice(practice).select_related("user", "practice"):
        people.setdefault(member.user.email.lower(), []).append(member)
    for line, values in lines:
        try:
            yield _row(practice, line, values, enrollments, people)
        except ValueError as error:
            outcomes.append(LineResult(line, "refused", str(error)))


def _row(
    practice: Practice, line: int, values: dict[str, str], enrollments: dict[Any, Enrollment], people: dict[str, Any]
) -> _Row:
    start, end = (_parse_moment(values[name], practice.zone, name) for name in ("started_at", "stopped_at"))
    enrollment = enrollments.get((values["record_number"], values["program"].upper()))
    if enrollment is None:
        raise ValueError("no enrollment has this record_number and program")
    on = local_day(start, practice.zone)
    staff = next((member for member in people.get(values["staff_email"].lower(), []) if member.holds_on(on)), None)
    if staff is None:
        raise ValueError("nobody with this staff_email had a role on that day")
    if values["activity"] not in Activity.values:
        raise ValueError(f"activity is one of {', '.join(Activity.values)}")
    if not values["reason"] or FORMULA.match(values["reason"]) or len(values["reason"]) > 200:
        raise ValueError("reason says in up to 200 characters where the time is known from")
    if end <= start:
        raise ValueError("stopped_at must come after started_at")
    return _Row(line, enrollment, staff, start, end, values["activity"], values["reason"])


def _parse_moment(text: str, zone: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is written 2026-10-05T09:00:00") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return moment.replace(microsecond=0)


def _add_row(row: _Row, *, by: Membership, now: datetime, name: str) -> LineResult:
    """Add the parts of a row that do not overlap other time of the same person."""
    spans = free_spans((row.start, row.end), _taken_spans(row))
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
    requested = seconds(row.start, row.end)
    words = clock(total) + (", not billable" if row.activity in NON_BILLABLE else "")
    if total == requested:
        return LineResult(row.line, "kept", words)
    parts = f" in {len(spans)} parts" if len(spans) > 1 else ""
    return LineResult(row.line, "shortened", f"{words} of {clock(requested)}{parts}: the rest belongs to earlier time")


def _taken_spans(row: _Row) -> list[Span]:
    """The person's entries that overlap a row, in any practice, without voided ones. One statement."""
    rows = TimeEntry.objects.standing().filter(
        Q(stopped_at__isnull=True) | Q(stopped_at__gt=row.start), staff=row.staff.user_id, started_at__lt=row.end
    )
    return [
        (start, end or row.end) for start, end in rows.order_by("started_at").values_list("started_at", "stopped_at")
    ]


def free_spans(span: Span, taken: Iterable[Span]) -> list[Span]:
    """The parts of a span that no taken span covers, in order. `taken` must be sorted by start."""
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
