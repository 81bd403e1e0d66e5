"""The rows of a worklist page: why each stands where it stands, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.urls import reverse

from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.days import Month, clock, local_day
from rpm_portal.pages.worklist.cache.refresh import facts_hold, made_fresh, values_hold
from rpm_portal.pages.worklist.cache.rendered_cells import facts_of, values_of
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.models import Kept
from rpm_portal.pages.worklist.page_query import placed
from rpm_portal.pages.worklist.page_sql import MOST
from rpm_portal.pages.worklist.presence import Here
from rpm_portal.pages.worklist.reasons import RULES, last_words, reason_of
from rpm_portal.templatetags.portal import ago

BANDS = {1: "Now", 2: "This week", 3: "Steady"}
FULL = 2400  # seconds of the minutes bar


@cache
def _address(name: str) -> str:
    """An address with a place for the id: one look in the table of addresses instead of one a row."""
    blank = "0" * 12
    return reverse(name, args=[blank]).replace(blank, "%s")


class Row(NamedTuple):
    """One enrollment as the worklist shows it: texts, in the order in which `_rows.jinja` takes them."""

    enrollment_id: int
    band: int
    patient: str
    enrollment: str
    name: str
    person: str
    reason: str
    rule: str
    said: str
    value: str
    arrow: str
    last_at: str
    last_ago: str
    trend: str
    days: str
    minutes: str
    share: int
    management: str
    live_on: str
    action: str
    chart: str
    next: str
    start: str
    owner: str
    here: str


def _ended(count: int) -> str:
    """A count that ends behind `MOST`."""
    return f"{MOST}+" if count > MOST else str(count)


@dataclass(frozen=True, slots=True)
class Band:
    """One band with its rows, how many it has in words, and where its next page begins."""

    number: int
    name: str
    rows: list[Row]
    count: int | None
    after: str = ""
    exact: bool = False

    @property
    def words(self) -> str:
        """17, or 99+ where counting ended; empty where this page did not count."""
        if self.count is None:
            return ""
        return f"{self.count:,}" if self.exact else _ended(self.count)


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """A page of the worklist."""

    bands: list[Band]
    urgent: int

    @property
    def urgent_words(self) -> str:
        """2, or 99+ where counting ended."""
        return _ended(self.urgent)

    @property
    def shown(self) -> int:
        """How many rows are on the page."""
        return sum(len(band.rows) for band in self.bands)


def panel(
    practice: Practice, filters: Filters, *, member: Membership, now: datetime, here: Mapping[str, Here] | None = None
) -> WorklistPage:
    """One page of active enrollments in clinical order; `here` says who has which patient's chart open.

    One statement, and some more where rows are decided anew.
    """
    found = placed(practice, filters, member=member.pk, now=now)
    told = _fresh(practice, [row for rows in found.places.values() for row in rows], now=now)
    shown = _Shown(now, Month.current(now, practice.zone), ZoneInfo(practice.zone), here or {})
    bands = []
    for number, name in BANDS.items():
        rows = [_row(told.get(row.enrollment_id, row), shown) for row in found.places.get(number, [])]
        bands.append(Band(number, name, rows, found.counts[number], found.after.get(number, "")))
    return WorklistPage(bands, found.urgent)


_KEPT = (
    "live_on", "period_to", "device_days", "device_need", "slack", "blocked", "drawn", "drawn_values",
)  # fmt: skip


def _fresh(practice: Practice, rows: list[Any], *, now: datetime) -> dict[int, Any]:
    """The rows that their facts have left behind, decided anew, by enrollment. No statement where there are none."""
    today = local_day(now, practice.zone)
    old = {row.id: row for row in rows if not (facts_hold(row, today=today) and values_hold(row, today=today))}
    if not old:
        return {}
    fresh = list(Kept.objects.for_practice(practice).filter(pk__in=list(old)))
    made_fresh(practice, fresh, now=now)
    return {row.enrollment_id: old[row.pk]._replace(**{name: getattr(row, name) for name in _KEPT}) for row in fresh}


class _Shown(NamedTuple):
    """When and where a page is shown, and who is at which patient."""

    now: datetime
    month: Month
    zone: ZoneInfo
    here: Mapping[str, Here]


def _row(told: Any, shown: _Shown) -> Row:
    """One row: the reason with its rule, what is kept drawn, and what is live."""
    now = shown.now
    reason, rule, action = reason_of(told, now=now, month=shown.month, zone=shown.zone)
    kept, (trend, arrow) = facts_of(told.drawn), values_of(told.drawn_values)
    if told.blocked and rule != "A1":
        action = "Mend papers"
    elif kept.no_calls and action == "Call" and rule != "A1":
        # What is critical is for the clinician to weigh; the mark beside the name says what was asked.
        action = "Write"
    chart = f"{_address('chart') % kept.patient}?enrollment={kept.enrollment}"
    last = told.last_reading_at
    colleague = shown.here.get(kept.patient)
    return Row(
        enrollment_id=told.enrollment_id,
        band=told.band,
        patient=kept.patient,
        enrollment=kept.enrollment,
        name=kept.name,
        person=kept.person,
        reason=reason,
        rule=rule,
        said=RULES[rule],
        value=last_words(told),
        arrow=arrow,
        last_at=_moment(last, shown.zone) if last else "",
        last_ago=ago(last, now),
        trend=trend,
        days=kept.days,
        minutes=clock(told.seconds),
        share=min(96, told.seconds * 96 // FULL),
        management=kept.management,
        live_on=f"{told.live_on.day} {told.live_on:%b}" if told.live_on else "",
        action=action,
        chart=chart,
        next=_next(action, kept.enrollment, chart),
        start=_address("timetracking:start_timer") % kept.enrollment,
        owner=told.owner or "",
        here=colleague.words(now) if colleague else "",
    )


def _next(action: str, enrollment: str, chart: str) -> str:
    """Where the row's next step is done."""
    if action not in {"Call", "Write"}:
        return chart
    return _address("timetracking:log_call") % enrollment + ("?as=message" if action == "Write" else "")


def _moment(last: datetime, zone: ZoneInfo) -> str:
    """When the last reading was measured, in the practice's zone: 21 Nov 2026 07:14."""
    local = last.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M} {zone.key}"
