"""Time and calls of many enrollments as named tuples instead of model instances, for the decisions of a month.

A month of a large practice has hundreds of thousands of rows. Times are read as seconds and converted to UTC here.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rpm_portal.core.db.prepared_statements import prepared_rows
from timetracking.models import NON_BILLABLE

_TIME = """
SELECT enrollment_id, public_id, staff_id, role, activity, proof, id,
       extract(epoch FROM started_at)::float8, extract(epoch FROM stopped_at)::float8
FROM timetracking_timeentry
WHERE enrollment_id = ANY(%s::bigint[]) AND voided_at IS NULL
  AND stopped_at > %s::timestamptz AND started_at < %s::timestamptz
ORDER BY started_at, id
"""
_CALLS = """
SELECT enrollment_id, public_id, channel, outcome, is_live, role, called_by_id, time_entry_id,
       extract(epoch FROM started_at)::float8
FROM timetracking_call
WHERE enrollment_id = ANY(%s::bigint[]) AND voided_at IS NULL
  AND started_at >= %s::timestamptz AND started_at < %s::timestamptz
ORDER BY started_at, id
"""


class IntervalRow(NamedTuple):
    """A stopped, not voided time entry with the columns the rules need; the names are those of `TimeEntry`."""

    public_id: str
    staff_id: int
    role: str
    activity: str
    proof: str
    pk: int
    started_at: datetime
    stopped_at: datetime

    @property
    def billable(self) -> bool:
        """Whether its activity may count toward a billing code."""
        return self.activity not in NON_BILLABLE


class CallRow(NamedTuple):
    """A call that is not voided; the names are those of `Call`."""

    public_id: str
    channel: str
    outcome: str
    is_live: bool
    role: str
    called_by_id: int
    time_entry_id: int | None
    started_at: datetime


def time_slices(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[IntervalRow]]:
    """Stopped, not voided entries that overlap [start, end), by enrollment, oldest first. One statement."""
    by_enrollment: dict[int, list[IntervalRow]] = defaultdict(list)
    to_datetime = datetime.fromtimestamp
    for key, *columns, began, ended in _rows(_TIME, enrollment_ids, start, end):
        by_enrollment[key].append(IntervalRow._make((*columns, to_datetime(began, UTC), to_datetime(ended, UTC))))
    return by_enrollment


def contacts_between(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[CallRow]]:
    """Calls, not voided, that began in [start, end), by enrollment, oldest first. One statement."""
    by_enrollment: dict[int, list[CallRow]] = defaultdict(list)
    for key, *columns, began in _rows(_CALLS, enrollment_ids, start, end):
        by_enrollment[key].append(CallRow._make((*columns, datetime.fromtimestamp(began, UTC))))
    return by_enrollment


def _rows(statement: str, enrollment_ids: Iterable[int], start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    return prepared_rows(statement, [list(enrollment_ids), start, end])
