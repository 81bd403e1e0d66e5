"""The bands of a worklist page and their rows: the reason for the place, what is shown, and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from django.urls import reverse
from markupsafe import Markup

from billing.review.code_status import Status
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.accounts.user_model import short_name
from rpm_portal.core.access import Permission, may
from rpm_portal.core.days import Month, clock, day_words, local_day, short_day_words, time_words
from rpm_portal.pages.worklist.day_strip import DAYS
from rpm_portal.pages.worklist.filters import Filters
from rpm_portal.pages.worklist.page import BANDS, read_page
from rpm_portal.pages.worklist.presence import Here
from rpm_portal.pages.worklist.reasons import RULES, ShownRow, last_words, reason_of, service_words
from rpm_portal.pages.worklist.refresh import refresh
from rpm_portal.templatetags.portal import ago

FULL = 2400  # seconds of the minutes bar
# One cell of the strip for each letter of a day.
_CELLS = str.maketrans({letter: f'<i class="{kind}"></i>' for letter, (kind, _) in DAYS.items()})


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One enrollment as `_rows.jinja` shows it."""

    enrollment_id: int
    band: int
    patient: str
    enrollment: str
    name: str
    details: str
    program: str
    service: str
    is_spanish: bool
    no_calls: bool
    chart: str
    reason: str
    rule: str
    rule_words: str
    value: str
    last_at: str
    last_ago: str
    spark: dict[str, object]
    strip: Markup
    device_days: int | None
    device: Status | None
    minutes: str
    counted: str
    left_out: str
    bar_width: int
    management: Status | None
    live_on: str
    action: str
    next_url: str
    timer_url: str
    owner: str
    is_unassigned: bool
    has_own_alert: bool
    unread_threads: int
    threads_url: str
    present: str


@dataclass(frozen=True, slots=True)
class Band:
    """One band: its rows on this page, how many it has in all, and the token of its next page."""

    number: int
    name: str
    rows: list[PatientRow]
    count: int
    after: str = ""

    @property
    def words(self) -> str:
        """The count as it is shown: 1,204."""
        return f"{self.count:,}"


@dataclass(frozen=True, slots=True)
class WorklistPage:
    """A page of the worklist. `is_later` for a page after the first of a band."""

    bands: list[Band]
    urgent: int
    is_later: bool

    @property
    def shown(self) -> int:
        """How many rows are on the page."""
        return sum(len(band.rows) for band in self.bands)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who sees the rows: their membership, their units, whether they may enroll, and the practice's day."""

    member: int
    units: str
    may_enroll: bool
    today: date


def panel(
    practice: Practice, filters: Filters, *, member: Membership, now: datetime, here: Mapping[str, Here] | None = None
) -> WorklistPage:
    """One page of active enrollments in clinical order; `here` is who has which patient's chart open.

    Three statements. Rows that are not fresh are decided first, and then the page is read again, because a decision may
    change a place.
    """
    today, month, zone = local_day(now, practice.zone), Month.current(now, practice.zone), ZoneInfo(practice.zone)
    for _ in range(2):
        read = read_page(practice, filters, member=member.pk, now=now)
        stale = [row.enrollment_id for rows in read.rows.values() for row in rows if not row.is_fresh(today)]
        refreshed = {row.enrollment_id: row for row in refresh(practice, stale, now=now)}
        if not stale:
            break
    viewer = Viewer(member.pk, practice.units, may(member.role, Permission.ENROLL), today)
    bands = []
    for number, name in BANDS.items():
        rows = [refreshed.get(row.enrollment_id, row) for row in read.rows.get(number, [])]
        shown = [_patient_row(row, number, here or {}, viewer=viewer, now=now, month=month, zone=zone) for row in rows]
        bands.append(Band(number, name, shown, read.counts[f"band_{number}"], read.after.get(number, "")))
    return WorklistPage(bands, read.counts["urgent"], read.is_later)


@cache
def _address(name: str) -> str:
    """An address with a place for the id, so that it is not resolved for every row."""
    blank = "0" * 12
    return reverse(name, args=[blank]).replace(blank, "%s")


def _patient_row(
    row: ShownRow, band: int, here: Mapping[str, Here], *, viewer: Viewer, now: datetime, month: Month, zone: ZoneInfo
) -> PatientRow:
    data = row.data
    reason, rule, action = _reason_and_action(row, viewer, now=now, month=month, zone=zone)
    chart = f"{_address('chart') % data['patient']}?enrollment={data['enrollment']}"
    statuses = [Status(*status) for status in data["statuses"]]
    last, colleague = row.last_reading_at, here.get(data["patient"])
    counted = data["counted_seconds"]
    return PatientRow(
        enrollment_id=row.enrollment_id,
        band=band,
        patient=data["patient"],
        enrollment=data["enrollment"],
        name=data["name"],
        details=f"{data['age']} {data['sex']}",
        program=data["program"],
        service=service_words(row),
        is_spanish=data["language"] == "es",
        no_calls=data["no_calls"],
        chart=chart,
        reason=reason,
        rule=rule,
        rule_words=RULES[rule],
        value=last_words(row, viewer.units),
        last_at=_moment(last, zone) if last else "",
        last_ago=ago(last, now),
        spark=data["spark"],
        strip=Markup(data["days"].translate(_CELLS)),  # noqa: S704 - letters of our own, each a cell
        device_days=data["device_days"],
        device=next((status for status in reversed(statuses) if status.component != "management"), None),
        minutes=clock(row.seconds),
        counted=clock(counted) if counted is not None and counted < row.seconds else "",
        left_out=" ".join(data["left_out"]),
        bar_width=min(96, row.seconds * 96 // FULL),
        management=next((status for status in statuses if status.component == "management"), None),
        live_on=short_day_words(row.live_on) if row.live_on else "",
        action=action,
        next_url=_next(action, data["enrollment"], chart, viewer),
        timer_url=_address("timetracking:start_timer") % data["enrollment"] if row.state == "active" else "",
        owner=_owner(row),
        is_unassigned=_is_unassigned(row, viewer.today),
        has_own_alert=viewer.member in row.alert_owners and row.looked_after_by_id != viewer.member,
        unread_threads=row.unread_threads,
        threads_url=_address("timetracking:threads_of_patient") % data["enrollment"],
        present=colleague.words(now) if colleague else "",
    )


def _reason_and_action(
    row: ShownRow, viewer: Viewer, *, now: datetime, month: Month, zone: ZoneInfo
) -> tuple[str, str, str]:
    """Why the row has its place, its rule, and the next step."""
    reason, rule, action = reason_of(row, now=now, month=month, zone=zone, units=viewer.units)
    if row.blocked and row.state == "active" and rule != "A1":
        action = "Fix documents"
    elif row.data["no_calls"] and action == "Call" and rule != "A1":
        # A critical alert is for the clinician to weigh; the mark after the name shows what the patient asked for.
        action = "Write"
    return reason, rule, action


def _owner(row: ShownRow) -> str:
    return short_name(row.owner_given_name, row.owner_family_name, row.owner_email) if row.looked_after_by_id else ""


def _is_unassigned(row: ShownRow, today: date) -> bool:
    """The same as `filters.unassigned`, for a row that was read."""
    if row.looked_after_by_id is None or row.owner_ended_at is not None:
        return True
    return row.owner_ends_on is not None and row.owner_ends_on < today


# What the chart opens at once, by the action of the row: the panel next to the readings.
_OPENS = {"Call": "call", "Write": "message"}


def _next(action: str, enrollment: str, chart: str, viewer: Viewer) -> str:
    """Where the next step is done."""
    if opens := _OPENS.get(action):
        return f"{chart}{'&' if '?' in chart else '?'}do={opens}"
    if action in {"Fix documents", "Return device"} and viewer.may_enroll:
        return _address("enroll:page") % enrollment
    return chart


def _moment(last: datetime, zone: ZoneInfo) -> str:
    """When the last reading was measured, in the practice's zone: Nov 21, 2026, 7:14 AM CST."""
    local = last.astimezone(zone)
    return f"{day_words(local)}, {time_words(local)} {local:%Z}"
