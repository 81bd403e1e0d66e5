"""Time, calls and visits of many enrollments as plain rows, for the month's decision: no model is built.

Their moments come as seconds and are made aware in UTC here: a month of a large practice has hundreds of thousands.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from rpm_portal.core.db.prepared_statements import hot_cursor
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
    """A stopped interval that stands, with what the rules ask of it; the names are those of `TimeEntry`."""

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
        """Whether its activity counts towards a code at all."""
        return self.activity not in NON_BILLABLE


class Contacted(NamedTuple):
    """A call that stands; the names are those of `Call`."""

    public_id: str
    channel: str
    outcome: str
    is_live: bool
    role: str
    called_by_id: int
    time_entry_id: int | None
    started_at: datetime


def time_slices(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[IntervalRow]]:
    """Stopped intervals that stand and touch [start, end), oldest first. One statement."""
    found: dict[int, list[IntervalRow]] = defaultdict(list)
    moment = datetime.fromtimestamp
    for key, *told, began, ended in _rows(_TIME, enrollment_ids, start, end):
        found[key].append(IntervalRow._make((*told, moment(began, UTC), moment(ended, UTC))))
    return found


def contacts_between(enrollment_ids: Iterable[int], *, start: datetime, end: datetime) -> dict[int, list[Contacted]]:
    """Calls that stand and began in [start, end), oldest first. One statement."""
    found: dict[int, list[Contacted]] = defaultdict(list)
    for key, *told, began in _rows(_CALLS, enrollment_ids, start, end):
        found[key].append(Contacted._make((*told, datetime.fromtimestamp(began, UTC))))
    return found


def _rows(statement: str, enrollment_ids: Iterable[int], start: datetime, end: datetime) -> list[tuple[Any, ...]]:
    with hot_cursor() as cursor:
        cursor.execute(statement, [list(enrollment_ids), start, end])
        return cursor.fetchall()
