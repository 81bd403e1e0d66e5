"""Which enrollments stand on the worklist, in which band and order. One statement of bounded cost, whatever the panel.

Four sections, each read along an index in its own order: A open clinical alerts, B1 silence, B2 no live call this
month, B3 a device period that closes; C is the rest. Money never lifts a patient: no amount is read here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core import signing

from rpm_portal.accounts.models import Practice
from rpm_portal.days import Month, local_day
from rpm_portal.hot import hot_cursor
from rpm_portal.worklist.filters import SILENT, UNCALLED, Filters

SILENT_FOR = timedelta(days=3)
CLOSING = 3  # days that may still be missed before a device period is lost
PAGE = 50
MOST = 1000  # a count is exact up to here
FEWEST = 10  # rows of the week that are shown however many are in need now
_SALT = "worklist"
_PARAMETER = re.compile(r"%\((practice|today|in_a_week|month|silent|me|most|page|payer|owner|condition)\)s")
_KINDS = {
    "practice": "bigint", "today": "date", "in_a_week": "date", "month": "date", "silent": "timestamptz",
    "me": "bigint", "most": "bigint", "page": "bigint",
}  # fmt: skip

_AWAKE = """(k.snoozed_until IS NULL OR k.snoozed_until <= %(today)s OR EXISTS (
  SELECT 1 FROM monitoring_alert w JOIN monitoring_alertstep ws ON ws.alert_id = w.id
  WHERE w.enrollment_id = k.enrollment_id AND w.kind = 'clinical' AND w.state <> 'closed'
    AND ws.kind IN ('opened', 'worsened') AND ws.at > k.snoozed_at))"""
_ALERTED = "(s.open_critical > 0 OR s.open_high > 0)"
_CLOSING = f"(k.slack BETWEEN 0 AND {CLOSING})"
_HEARD = f"NOT {_ALERTED} AND NOT {SILENT}"
_READ = "coalesce(s.last_reading_at, '-infinity'::timestamptz)"
_CALLED = "coalesce(k.live_on, '-infinity'::date)"


@dataclass(frozen=True, slots=True)
class _Section:
    """Rows of one kind: which, and in which order; `keys` are what the order compares, with the type of each."""

    name: str
    band: int
    where: str
    order: str
    keys: tuple[tuple[str, str], ...]


SECTIONS = (
    _Section("A", 1, _ALERTED, "s.open_critical DESC, s.open_high DESC, s.last_reading_at NULLS FIRST, k.enrollment_id",
             (("-s.open_critical", "bigint"), ("-s.open_high", "bigint"), (_READ, "timestamptz"))),
    _Section("B1", 2, f"{SILENT} AND NOT {_ALERTED}", "s.last_reading_at NULLS FIRST, k.enrollment_id",
             ((_READ, "timestamptz"),)),
    _Section("B2", 2, f"{UNCALLED} AND {_HEARD}", "k.live_on NULLS FIRST, k.enrollment_id", ((_CALLED, "date"),)),
    _Section("B3", 2, f"{_CLOSING} AND NOT {UNCALLED} AND {_HEARD}", "k.slack, k.enrollment_id",
             (("k.slack", "smallint"),)),
    _Section("C", 3, f"{_HEARD} AND NOT {UNCALLED} AND (k.slack IS NULL OR NOT {_CLOSING})",
             "k.enrollment_id", ()),
)  # fmt: skip
# Where a header was chosen: the order inside a band, and the key it is compared by.
SORTS = {
    "name": (("lower(p.family_name)", "text"), ("lower(p.given_name)", "text")),
    "reading": ((_READ, "timestamptz"),),
    "days": (("coalesce(k.slack, 100)", "smallint"),),
    "minutes": (("coalesce(k.short_seconds, 100000)", "integer"),),
    "call": ((_CALLED, "date"),),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One enrollment's place on the list."""

    enrollment_id: int
    section: str
    band: int


@dataclass(slots=True)
class Placed:
    """A page of places by band, what follows each band's last, and how many each band has (at most `MOST` + 1)."""

    places: dict[int, list[Place]] = field(default_factory=dict)
    after: dict[int, str] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    urgent: int = 0


def placed(practice: Practice, filters: Filters, *, member: int, now: datetime) -> Placed:
    """The page that the filters ask for. One statement.

    A band that was not asked for and is collapsed (the steady ones) is counted and not listed.
    """
    given = parameters(practice, filters, member=member, now=now)
    wanted = [filters.band] if filters.band else [1, 2]
    if not filters.band and filters.steady:
        wanted.append(3)
    after = _after(filters)
    parts = [_listed(band, filters, after, given) for band in wanted]
    parts.append(_counted(filters))
    statement = "\nUNION ALL\n".join(f"({part})" for part in parts)
    with hot_cursor() as cursor:
        cursor.execute(_PARAMETER.sub(lambda m: f"%({m[1]})s::{_KINDS.get(m[1], 'text')}", statement), given)
        rows = cursor.fetchall()
    found = Placed(counts={1: 0, 2: 0, 3: 0})
    everybody = 0
    # A chosen order runs through a band; the clinical one runs section after section.
    rows.sort(key=lambda row: (row[0], "" if filters.sort else row[1], row[2]))
    for band, section, _, pk, keys in rows:
        if band == 0:
            if section == "urgent":
                found.urgent = pk
            elif section == "all":
                everybody = pk
            else:
                found.counts[1 if section == "A" else 2] += pk
            continue
        listed = found.places.setdefault(band, [])
        room = PAGE - sum(map(len, found.places.values())) if band < 3 else PAGE - len(listed)
        if room > 0 or (band == 2 and len(listed) < FEWEST):
            listed.append(Place(pk, section, band))
            last = (section, keys)
        elif band not in found.after:
            found.after[band] = signing.dumps([band, filters.sort, *last], salt=_SALT)
    found.counts = {band: min(number, MOST + 1) for band, number in found.counts.items()}
    found.counts[3] = MOST + 1 if everybody > MOST else max(0, everybody - found.counts[1] - found.counts[2])
    return found


def parameters(practice: Practice, filters: Filters, *, member: int, now: datetime) -> dict[str, Any]:
    """What the conditions of sections and chips ask for."""
    today = local_day(now, practice.zone)
    return {
        "practice": practice.pk,
        "today": today,
        "month": Month.of(today).first_day,
        "silent": now - SILENT_FOR,
        "me": member,
        "most": MOST + 1,
        "page": PAGE + 1,
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


_FROM = """
FROM worklist_kept k
JOIN monitoring_standing s ON s.enrollment_id = k.enrollment_id
"""


def _from(filters: Filters, *, names: bool = False) -> str:
    joins = "JOIN enrollment_enrollment e ON e.id = k.enrollment_id\n" if filters.needs_enrollment or names else ""
    joins += "JOIN enrollment_patient p ON p.id = e.patient_id\n" if filters.needs_patient or names else ""
    return _FROM + joins


def _where(filters: Filters) -> str:
    asleep = f"NOT {_AWAKE}" if filters.snoozed else _AWAKE
    said = ["k.practice_id = %(practice)s AND s.practice_id = %(practice)s AND k.active", asleep, *filters.where()]
    return " AND ".join(said)


def _listed(band: int, filters: Filters, after: list[Any] | None, given: dict[str, Any]) -> str:
    """One band's page, section after section, or in the order of a chosen header."""
    sections = [section for section in SECTIONS if section.band == band]
    if sort := SORTS.get(filters.sort):
        whole = " OR ".join(f"({section.where})" for section in sections)
        keys = [*sort, ("k.enrollment_id", "bigint")]
        name = f"CASE {' '.join(f'WHEN {s.where} THEN {_quoted(s.name)}' for s in sections)} END"
        behind = _behind(keys, after, given, past=f"{band}") if after else ""
        order = ", ".join(key for key, _ in keys)
        listed = ", ".join(f"({key})::text" for key, _ in keys)
        return f"""
            SELECT {band}, {name}, row_number() OVER (ORDER BY {order}), k.enrollment_id, ARRAY[{listed}]
            {_from(filters, names=True)} WHERE {_where(filters)} AND ({whole}) {behind}
            ORDER BY {order} LIMIT %(page)s"""
    parts = []
    for section in sections:
        if after and section.name < after[0]:
            continue
        keys = [*section.keys, ("k.enrollment_id", "bigint")]
        behind = _behind(keys, after, given, past=section.name) if after and section.name == after[0] else ""
        listed = ", ".join(f"({key})::text" for key, _ in keys)
        parts.append(f"""
            (SELECT {band}, '{section.name}', row_number() OVER (ORDER BY {section.order}), k.enrollment_id,
                    ARRAY[{listed}]
             {_from(filters)} WHERE {_where(filters)} AND {section.where} {behind}
             ORDER BY {section.order} LIMIT %(page)s)""")
    return " UNION ALL ".join(parts)


def _quoted(name: str) -> str:
    return f"'{name}'"


def _behind(keys: Sequence[tuple[str, str]], after: list[Any], given: dict[str, Any], *, past: str) -> str:
    """Only rows behind the last one shown; a row that moved meanwhile neither hides nor repeats the others."""
    ours = ", ".join(key for key, _ in keys)
    theirs = []
    for number, ((_, kind), value) in enumerate(zip(keys, after[1], strict=True)):
        given[f"after_{past}_{number}"] = value
        theirs.append(f"%(after_{past}_{number})s::{kind}")
    return f"AND ({ours}) > ({', '.join(theirs)})"


def _counted(filters: Filters) -> str:
    """How many stand in each section, each count ended at `MOST` + 1."""
    parts = [
        *((section.name, section.where) for section in SECTIONS if section.band < 3),
        ("urgent", "s.open_critical > 0"),
        ("all", "true"),
    ]
    return " UNION ALL ".join(
        # Names and conditions of our own; every value is a parameter.
        f"SELECT 0, '{name}', 0::bigint, count(*), NULL::text[] FROM (SELECT 1 {_from(filters)} "  # noqa: S608
        f"WHERE {_where(filters)} AND {where} LIMIT %(most)s) q{number}"
        for number, (name, where) in enumerate(parts)
    )
