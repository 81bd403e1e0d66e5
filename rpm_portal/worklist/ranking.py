"""The rows of a worklist page: why each stands where it stands, and what to do next."""

import json
from collections import namedtuple
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.safestring import mark_safe

from billing.outlook import Status
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.days import Month, clock, local_day
from rpm_portal.hot import hot_cursor
from rpm_portal.templatetags.portal import ago
from rpm_portal.worklist.filters import Filters
from rpm_portal.worklist.keeping import facts_hold, made_fresh, values_hold
from rpm_portal.worklist.models import Kept
from rpm_portal.worklist.panel import MOST, Place, Placed, placed
from rpm_portal.worklist.reasons import last_words, reason_of
from rpm_portal.worklist.strips import DAYS

BANDS = {1: "Now", 2: "This week", 3: "Steady"}
FULL = 2400  # seconds of the minutes bar
# A letter a day becomes a cell; fifty strips of thirty are too many for a template's loop.
_CELLS = str.maketrans({letter: f'<i class="{kind}"></i>' for letter, (kind, _) in DAYS.items()})


@cache
def _address(name: str) -> str:
    """An address with a place for the id: one look in the table of addresses instead of one a row."""
    blank = "0" * 12
    return reverse(name, args=[blank]).replace(blank, "%s")


@dataclass(slots=True)
class Row:
    """One enrollment as the worklist shows it: texts, ready to be drawn."""

    enrollment_id: int
    enrollment: str
    patient: str
    name: str
    age: int
    sex: str
    spanish: bool
    no_calls: bool
    program: str
    band: int
    reason: str
    rule: str
    action: str
    last_value: str
    last_at: datetime | None
    last_ago: str
    spark: dict[str, Any]
    live_on: str
    device_days: int | None
    seconds: int
    owner: str
    device: Status | None
    management: Status | None
    strip: str
    here: str = ""

    @property
    def chart(self) -> str:
        """The address of the chart."""
        return f"{_address('chart') % self.patient}?enrollment={self.enrollment}"

    @property
    def call(self) -> str:
        """The address of a call to log."""
        return _address("timetracking:log_call") % self.enrollment

    @property
    def start(self) -> str:
        """The address that starts the timer."""
        return _address("timetracking:start_timer") % self.enrollment

    def last_moment(self, zone: ZoneInfo) -> str:
        """When the last reading was measured, in the practice's zone: 21 Nov 2026 07:14."""
        local = self.last_at.astimezone(zone) if self.last_at else None
        return f"{local.day} {local:%b %Y %H:%M} {zone.key}" if local else ""

    @property
    def minutes(self) -> str:
        """14:22, never rounded."""
        return clock(self.seconds)

    @property
    def share(self) -> int:
        """Width of the minutes bar out of 96, full at forty minutes."""
        return min(96, self.seconds * 96 // FULL)


@dataclass(frozen=True, slots=True)
class Band:
    """One band with its rows, how many it has in words, and where its next page begins."""

    number: int
    name: str
    rows: list[Row]
    count: int
    after: str

    @property
    def words(self) -> str:
        """17, or 1,000+ where counting ended."""
        return f"{MOST:,}+" if self.count > MOST else str(self.count)


@dataclass(frozen=True, slots=True)
class Panel:
    """A page of the worklist."""

    bands: list[Band]
    urgent: int

    @property
    def shown(self) -> int:
        """How many rows are on the page."""
        return sum(len(band.rows) for band in self.bands)


def panel(practice: Practice, filters: Filters, *, member: Membership, now: datetime) -> Panel:
    """One page of active enrollments in clinical order. Two statements, and four more where rows are decided anew."""
    found = placed(practice, filters, member=member.pk, now=now)
    places = [place for band in found.places.values() for place in band]
    rows = rows_of(practice, places, now=now)
    return Panel([_band(number, found, rows) for number in BANDS], found.urgent)


def _band(number: int, found: Placed, rows: dict[int, Row]) -> Band:
    own = [rows[place.enrollment_id] for place in found.places.get(number, []) if place.enrollment_id in rows]
    return Band(number, BANDS[number], own, found.counts[number], found.after.get(number, ""))


_ROWS = """
SELECT k.id, k.enrollment_id, k.facts_moved, k.facts_kept, k.values_moved, k.values_kept, k.kept_on, k.release,
       k.live_on, k.period_to, k.device_days, k.device_need, k.slack, k.blocked, k.cells, k.statuses, k.spark,
       e.public_id AS enrollment, e.program, e.condition,
       p.public_id AS patient, p.family_name, p.given_name, p.born_on, p.sex, p.language, p.no_calls,
       s.last_reading_at, s.last_metric, s.last_value, s.last_value_2, s.open_critical, s.open_high,
       u.given_name AS owner_given, u.family_name AS owner_family, u.email AS owner_email,
       coalesce(t.provider_seconds + t.staff_seconds, 0) AS seconds,
       CASE WHEN s.open_critical > 0 OR s.open_high > 0 THEN (
         SELECT jsonb_build_object('metric', r.metric, 'value', r.value::text, 'value_2', r.value_2::text,
                                   'said', a.said, 'count', a.count, 'limit', a.limit::text, 'opened_at', a.opened_at)
         FROM monitoring_alert a LEFT JOIN monitoring_reading r ON r.id = a.reading_id
         WHERE a.enrollment_id = k.enrollment_id AND a.kind = 'clinical' AND a.state <> 'closed'
         ORDER BY CASE a.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END, a.last_at DESC
         LIMIT 1) END AS alert
FROM worklist_kept k
JOIN enrollment_enrollment e ON e.id = k.enrollment_id
JOIN enrollment_patient p ON p.id = e.patient_id
JOIN monitoring_standing s ON s.enrollment_id = k.enrollment_id
LEFT JOIN accounts_membership m ON m.id = e.looked_after_by_id
LEFT JOIN accounts_user u ON u.id = m.user_id
LEFT JOIN timetracking_monthtotal t ON t.enrollment_id = k.enrollment_id AND t.month = %s::date
WHERE k.practice_id = %s::bigint AND k.enrollment_id = ANY(%s::bigint[])
"""


def rows_of(practice: Practice, places: list[Place], *, now: datetime) -> dict[int, Row]:
    """What is shown of each place, by enrollment. One statement; what facts have left behind is decided first."""
    if not places:
        return {}
    month, today = Month.current(now, practice.zone), local_day(now, practice.zone)
    with hot_cursor() as cursor:
        cursor.execute(_ROWS, [month.first_day, practice.pk, [place.enrollment_id for place in places]])
        told = {row.enrollment_id: _read(row) for row in map(_Told._make, cursor.fetchall())}
    old = [row.id for row in told.values() if not (facts_hold(row, today=today) and values_hold(row, today=today))]
    if old:
        fresh = list(Kept.objects.for_practice(practice).filter(pk__in=old))
        made_fresh(practice, fresh, now=now)
        for row in fresh:
            kept = {name: getattr(row, name) for name in _KEPT}
            told[row.enrollment_id] = told[row.enrollment_id]._replace(**kept)
    return {
        place.enrollment_id: _row(told[place.enrollment_id], place, now=now, month=month, zone=practice.zone)
        for place in places
        if place.enrollment_id in told
    }


def _read(told: Any) -> Any:
    """With its JSON as values: Django has the driver hand it over as text."""
    alert = json.loads(told.alert) if told.alert else None
    return told._replace(statuses=json.loads(told.statuses), spark=json.loads(told.spark), alert=alert)


_KEPT = ("live_on", "period_to", "device_days", "device_need", "slack", "blocked", "cells", "statuses", "spark")
_Told = namedtuple(
    "_Told",
    "id enrollment_id facts_moved facts_kept values_moved values_kept kept_on release "
    "live_on period_to device_days device_need slack blocked cells statuses spark "
    "enrollment program condition patient family_name given_name born_on sex language no_calls "
    "last_reading_at last_metric last_value last_value_2 open_critical open_high "
    "owner_given owner_family owner_email seconds alert",
)


def _row(told: Any, place: Place, *, now: datetime, month: Month, zone: str) -> Row:
    """One row: the reason with its rule, the kept figures, and the status words of the month's decision."""
    reason, rule, action = reason_of(told, place, now=now, month=month, zone=zone)
    if told.blocked and rule != "A1":
        action = "Mend papers"
    elif told.no_calls and action == "Call" and rule != "A1":
        # What is critical is for the clinician to weigh; the mark beside the name says what was asked.
        action = "Write"
    statuses = [Status(*status) for status in told.statuses]
    today, born = local_day(now, zone), told.born_on
    return Row(
        enrollment_id=told.enrollment_id,
        enrollment=told.enrollment,
        patient=told.patient,
        name=f"{told.family_name.upper()}, {told.given_name}",
        age=today.year - born.year - ((today.month, today.day) < (born.month, born.day)),
        sex=told.sex,
        spanish=told.language == "es",
        no_calls=told.no_calls,
        program=f"{told.program} {told.condition}".strip(),
        band=place.band,
        reason=reason,
        rule=rule,
        action=action,
        last_value=last_words(told),
        last_at=told.last_reading_at,
        last_ago=ago(told.last_reading_at, now),
        spark=told.spark,
        live_on=f"{told.live_on.day} {told.live_on:%b}" if told.live_on else "",
        device_days=told.device_days,
        seconds=told.seconds,
        owner=_owner(told),
        device=next((status for status in reversed(statuses) if status.component != "management"), None),
        management=next((status for status in statuses if status.component == "management"), None),
        strip=mark_safe(told.cells.translate(_CELLS)),  # noqa: S308 - letters of our own
    )


def _owner(told: Any) -> str:
    return f"{told.owner_given[:1]}. {told.owner_family}" if told.owner_family else (told.owner_email or "")
