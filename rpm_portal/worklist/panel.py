"""Which enrollments stand on the worklist, in which band and order. One statement of bounded cost, whatever the panel.

The sections (`sections.py`) are each read along an index in their own order, and a first page ends where it is full;
the statement is put together in `statement.py`.
"""

import re
from collections import namedtuple
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from math import isqrt
from typing import Any

from django.core import signing
from django.db import connection

from rpm_portal.accounts.models import Practice
from rpm_portal.days import Month, local_day
from rpm_portal.hot import hot_cursor
from rpm_portal.worklist.filters import Filters
from rpm_portal.worklist.models import Kept
from rpm_portal.worklist.statement import MOST, number_of, statement

SILENT_FOR = timedelta(days=3)
_SALT = "worklist"
_PARAMETER = re.compile(r"%\((practice|today|in_a_week|month|silent|me|payer|owner|clinic|condition)\)s")
_KINDS = {
    "practice": "bigint", "today": "date", "in_a_week": "date", "month": "date", "silent": "timestamptz",
    "me": "bigint",
}  # fmt: skip
_COUNTS = 8
Told = namedtuple(
    "Told",
    "band section keys many "
    "id enrollment_id facts_moved facts_kept values_moved values_kept kept_on release "
    "live_on period_to device_days device_need slack blocked drawn drawn_values "
    "last_reading_at last_metric last_value last_value_2 open_critical open_high "
    "owner seconds alert",
)


@dataclass(slots=True)
class Placed:
    """A page's rows by band as they are kept, what follows each band's last, and how many each band has.

    A count is exact up to `MOST` and `MOST` + 1 beyond; None where this page cannot tell, and on pages after the first.
    """

    places: dict[int, list[Any]] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    counts: dict[int, int | None] = field(default_factory=lambda: {1: None, 2: None, 3: None})
    urgent: int = 0


def placed(practice: Practice, filters: Filters, *, member: int, now: datetime) -> Placed:
    """The page that the filters ask for. One statement, and once more where its first candidates were not enough.

    A band that was not asked for and is collapsed (the steady ones) is counted and not listed.
    """
    given = parameters(practice, filters, member=member, now=now)
    wanted = [filters.band] if filters.band else [1, 2]
    if not filters.band and filters.steady:
        wanted.append(3)
    if filters.marks and are_few(filters.people, practice.pk, member, given["today"]):
        filters = replace(filters, few=True)
    near, after = not (filters.snoozed or filters.sort or filters.few), _after(filters)
    rows = _asked(statement(filters, wanted, after, given, near=near), given)
    *_, more_b2, more_b3 = rows[0][:_COUNTS]
    # The sections before may have taken the candidates, or the filters left them out: then all are looked through.
    if more_b2 or more_b3:
        rows = _asked(statement(replace(filters, rare=True), wanted, after, given, near=False), given)
    found = Placed()
    a, b1, b2, b3, found.urgent, everybody, *_ = rows[0][:_COUNTS]
    others = min(a, MOST + 1), min(b1 + b2 + b3, MOST + 1)
    if after is None:
        found.counts = {1: others[0], 2: others[1], 3: _steady(everybody, *others)}
    for row in rows:
        if row[_COUNTS] is not None:
            found.places.setdefault(row[_COUNTS], []).append(Told._make(row[_COUNTS:]))
    for band, listed in found.places.items():
        last = listed[-1]
        if last.many > len(listed):
            found.after[band] = signing.dumps([band, filters.sort, last.section, last.keys], salt=_SALT)
    return found


@lru_cache(maxsize=4096)
def are_few(named: Filters, practice_id: int, member: int, today: date) -> bool:
    """Whether those whom the filters name are few of a panel, as somebody saw it today: it chooses a way of reading,
    and never what is read. Two statements at most; none where they were asked for today.

    To read m by their marks takes m steps; to look for a page of them along the order of a panel of n, some hundred
    times n / m. The square root of a hundred times n is where the one overtakes the other.
    """
    most = isqrt(100 * _size(practice_id, today))
    with connection.cursor() as cursor:
        cursor.execute(number_of(named, most), {"practice": practice_id, "me": member, **named.given(today)})
        return bool(cursor.fetchall()[0][0] <= most)


@lru_cache(maxsize=1024)
def _size(practice_id: int, _today: date) -> int:
    """How large a panel is, as somebody saw it today."""
    return Kept.objects.filter(practice=practice_id, active=True).count()


def _asked(statement: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with hot_cursor() as cursor:
        cursor.execute(_PARAMETER.sub(lambda m: f"%({m[1]})s::{_KINDS.get(m[1], 'text')}", statement), given)
        return cursor.fetchall()


def _steady(everybody: int, now: int, week: int) -> int | None:
    """How many are in neither of the other bands; None where one of those was not counted to its end."""
    if now > MOST or week > MOST:
        return None
    return min(everybody - now - week, MOST + 1)


def parameters(practice: Practice, filters: Filters, *, member: int, now: datetime) -> dict[str, Any]:
    """What the conditions of sections and chips ask for."""
    today = local_day(now, practice.zone)
    return {
        "practice": practice.pk,
        "today": today,
        "month": Month.of(today).first_day,
        "silent": now - SILENT_FOR,
        "me": member,
        **filters.given(today),
    }


def _after(filters: Filters) -> list[Any] | None:
    """Where the page before ended; none where the address was made up or names another band or order."""
    if not filters.after:
        return None
    try:
        said = signing.loads(filters.after, salt=_SALT)
    except signing.BadSignature:
        return None
    return said[2:] if said[:2] == [filters.band, filters.sort] else None
