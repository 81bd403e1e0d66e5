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
from rpm_portal.core.days import Month, local_day
from rpm_portal.core.db.prepared_statements import hot_cursor
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.models import Kept
from rpm_portal.pages.worklist.page_sql import GATHERED, MOST, PAGE, number_of, rows_of, statement
from rpm_portal.pages.worklist.sections import SECTIONS

SILENT_FOR = timedelta(days=3)
_SALT = "worklist"
_PARAMETER = re.compile(r"%\((practice|today|in_a_week|month|silent|me|payer|owner|clinic|condition)\)s")
_KINDS = {
    "practice": "bigint", "today": "date", "in_a_week": "date", "month": "date", "silent": "timestamptz",
    "me": "bigint",
}  # fmt: skip
_COUNTS = 9
_LARGE = 2_000  # to go along the whole of an order is nothing in a panel below
_LOOKED_AT_FOR = 600  # seconds
# Whose band in a chosen order is gathered: filters, practice, member, band, and the ten minutes.
_Way = tuple[Filters, int, int, int, int]
_WAYS: dict[_Way, bool] = {}
_REMEMBERED = 4096
Told = namedtuple(
    "Told",
    "band section keys many "
    "id enrollment_id facts_moved facts_kept values_moved values_kept kept_on release "
    "live_on period_to device_days device_need slack blocked drawn drawn_values "
    "last_reading_at last_metric last_value last_value_2 last_bounds open_critical open_high "
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
    ways: dict[int, _Way] = {}
    if filters.marks and are_few(filters.people, practice.pk, member, given["today"]):
        filters = replace(filters, few=True)
    elif filters.sort:
        tick = int(now.timestamp()) // _LOOKED_AT_FOR
        asked = replace(filters, sort="", after="", band=0, steady=False)
        ways = {band: (asked, practice.pk, member, band, tick) for band in wanted}
        gathered = tuple(band for band, way in ways.items() if _to_gather(way, given))
        filters = replace(filters, gathered=gathered)
    near, after = not (filters.snoozed or filters.sort or filters.few), _after(filters)
    rows = _asked(statement(filters, wanted, after, given, near=near), given)
    *_, more_b2, more_b3, more_than_gathered = rows[0][:_COUNTS]
    # The sections before may have taken the candidates, or the filters left them out: then all are looked through.
    if more_b2 or more_b3 or more_than_gathered:
        for band in filters.gathered if more_than_gathered else ():
            _remember(ways[band], gather=False)
        filters = replace(filters, rare=True, gathered=())
        rows = _asked(statement(filters, wanted, after, given, near=False), given)
    found = Placed()
    a, b1, b2, b3, found.urgent, everybody, *_ = rows[0][:_COUNTS]
    others = min(a, MOST + 1), min(b1 + b2 + b3, MOST + 1)
    if after is None:
        found.counts = {1: others[0], 2: others[1], 3: _steady(everybody, *others)}
    for band, way in ways.items():
        # The whole of an order was gone along for less than a page: the next look does better.
        count = found.counts[band]
        if band not in filters.gathered and count is not None and count < PAGE:
            _remember(way, gather=True)
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


def _to_gather(way: _Way, given: dict[str, Any]) -> bool:
    """Whether a band is put in a chosen order faster from its sections than found along the order's index, as it was
    some minutes ago: the three with an alert among 100,000 names. It chooses a way of reading, and never what is read.

    One statement; none where it was asked a moment ago, or the panel is small.
    """
    if way in _WAYS:
        return _WAYS[way]
    filters, practice_id, _, band, _ = way
    size = _size(practice_id, given["today"])
    if size < _LARGE:
        return False
    # What is read of the sections, and what of it the filters leave.
    sections = [section for section in SECTIONS if section.band == band]
    counts = [
        " + ".join(f"(SELECT count(*) FROM ({rows_of(section, asked, '1')}) q)" for section in sections)  # noqa: S608
        for asked in (Filters(), filters)
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", given)
        read, left = cursor.fetchall()[0]
    # To find a hundred of `left` among all takes size * 100 / left steps along the order.
    return _remember(way, gather=bool(read < GATHERED and read * max(left, 100) <= size * 100))


def _remember(way: _Way, *, gather: bool) -> bool:
    if len(_WAYS) >= _REMEMBERED:
        _WAYS.clear()
    _WAYS[way] = gather
    return gather


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
