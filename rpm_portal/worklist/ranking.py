"""The rows of a worklist page: why each stands where it stands, and what to do next."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import mark_safe

from billing.outlook import Status
from monitoring.ingest import UNITS
from monitoring.models import Alert, AlertKind, AlertState
from monitoring.queries import GRAVITY_ORDER
from monitoring.words import value_words
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.days import Month, clock, local_day
from rpm_portal.worklist.filters import Filters
from rpm_portal.worklist.keeping import made_fresh
from rpm_portal.worklist.models import Kept
from rpm_portal.worklist.panel import MOST, Place, Placed, placed
from rpm_portal.worklist.strips import DAYS
from timetracking.models import MonthTotal

RULES = {
    "A1": "A critical alert is open",
    "A2": "An alert is open",
    "B1": "No reading for three days",
    "B2": "No live call in this calendar month",
    "B3": "A device period is about to be lost",
    "C1": "Nothing waits",
}
BANDS = {1: "Now", 2: "This week", 3: "Steady"}
FULL = 2400  # seconds of the minutes bar
_LONG = ("findings", "windows", "paper", "policy")
METRICS = {"blood_pressure": "BP"}
# A letter a day becomes a cell; fifty strips of thirty are too many for a template's loop.
_CELLS = str.maketrans({letter: f'<i class="{kind}"></i>' for letter, (kind, _) in DAYS.items()})


@cache
def _address(name: str) -> str:
    """An address with a place for the id: one look in the table of addresses instead of one a row."""
    blank = "0" * 12
    return reverse(name, args=[blank]).replace(blank, "%s")


@dataclass(slots=True)
class Row:
    """One enrollment as the worklist shows it."""

    kept: Kept
    age: int
    band: int
    reason: str
    rule: str
    action: str
    last_value: str
    last_at: datetime | None
    seconds: int
    statuses: list[Status] = field(default_factory=list)
    strip: str = ""
    here: str = ""

    @property
    def enrollment(self) -> Any:
        """The enrollment with its patient."""
        return self.kept.enrollment

    @property
    def chart(self) -> str:
        """The address of the chart."""
        return f"{_address('chart') % self.enrollment.patient.public_id}?enrollment={self.enrollment.public_id}"

    @property
    def call(self) -> str:
        """The address of a call to log."""
        return _address("timetracking:log_call") % self.enrollment.public_id

    @property
    def start(self) -> str:
        """The address that starts the timer."""
        return _address("timetracking:start_timer") % self.enrollment.public_id

    @property
    def device(self) -> Status | None:
        """Where the device period that runs stands, or the program where it is blocked."""
        return next((status for status in reversed(self.statuses) if status.component != "management"), None)

    @property
    def management(self) -> Status | None:
        """Where management stands."""
        return next((status for status in self.statuses if status.component == "management"), None)

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


def rows_of(practice: Practice, places: list[Place], *, now: datetime) -> dict[int, Row]:
    """What is shown of each place, by enrollment. One statement; what facts have left behind is decided first."""
    if not places:
        return {}
    month = Month.current(now, practice.zone)
    totals = MonthTotal.objects.filter(enrollment=OuterRef("enrollment"), month=month.first_day)
    alerts = Alert.objects.filter(enrollment=OuterRef("enrollment"), kind=AlertKind.CLINICAL)
    alerts = alerts.exclude(state=AlertState.CLOSED).annotate(gravity=GRAVITY_ORDER).order_by("gravity", "-last_at")
    said = JSONObject(
        metric="reading__metric", value="reading__value", value_2="reading__value_2", said="said", count="count",
        opened_at="opened_at", limit="limit",
    )  # fmt: skip
    kept = list(
        Kept.objects.for_practice(practice)
        .filter(enrollment__in=[place.enrollment_id for place in places])
        .select_related("enrollment__patient", "enrollment__standing", "enrollment__looked_after_by__user")
        .defer(*_LONG)
        .annotate(
            provider=Subquery(totals.values("provider_seconds")),
            staff=Subquery(totals.values("staff_seconds")),
            alert=Subquery(alerts.values(told=said)[:1]),
        )
    )
    made_fresh(practice, kept, now=now)
    by_pk = {row.enrollment_id: row for row in kept}
    return {
        place.enrollment_id: _row(by_pk[place.enrollment_id], place, now=now, month=month, zone=practice.zone)
        for place in places
        if place.enrollment_id in by_pk
    }


def _row(kept: Any, place: Place, *, now: datetime, month: Month, zone: str) -> Row:
    """One row: the reason with its rule, the kept figures, and the status words of the month's decision."""
    standing = kept.enrollment.standing
    reason, rule, action = _reason(kept, standing, place, now=now, month=month, zone=zone)
    if kept.blocked and rule != "A1":
        action = "Mend papers"
    return Row(
        kept=kept,
        age=kept.enrollment.patient.age_on(local_day(now, zone)),
        band=place.band,
        reason=reason,
        rule=rule,
        action=action,
        last_value=_last(standing),
        last_at=standing.last_reading_at,
        seconds=(kept.provider or 0) + (kept.staff or 0),
        statuses=[Status(*status) for status in kept.statuses],
        strip=mark_safe(kept.cells.translate(_CELLS)),  # noqa: S308 - letters of our own
    )


def _reason(kept: Any, standing: Any, place: Place, *, now: datetime, month: Month, zone: str) -> tuple[str, str, str]:
    """Why a row stands where it stands, the rule that says so, and the next step."""
    if place.section == "A":
        rule, action = ("A1", "Call") if standing.open_critical else ("A2", "Review")
        every = standing.open_critical + standing.open_high
        more = f", and {every - 1} more" if every > 1 else ""
        return f"{_alert(kept.alert, zone) or 'open alert'}{more}", rule, action
    if place.section == "B1":
        if standing.last_reading_at is None:
            return "No reading has arrived yet", "B1", "Call"
        return f"No reading for {(now - standing.last_reading_at).days} days", "B1", "Call"
    if place.section == "B2":
        before = f", the last on {kept.live_on.day} {kept.live_on:%b}" if kept.live_on else ""
        return f"No live call in {month.words}{before}", "B2", "Call"
    if place.section == "B3":
        missing = kept.device_need - kept.device_days if kept.device_need is not None else 0
        slack = f"only {kept.slack} may be missed" if kept.slack else "none may be missed"
        ends = f"{kept.period_to.day} {kept.period_to:%b}" if kept.period_to else ""
        return f"{missing} reading day{'' if missing == 1 else 's'} to go by {ends}, {slack}", "B3", "Review"
    return "Readings arrive, call made", "C1", "Review"


def _alert(told: dict[str, Any] | None, zone: str) -> str:
    """BP 182/104 mmHg, limit 160, 2 readings since 06:40."""
    if not told:
        return ""
    if told["metric"]:
        value = value_words(told["metric"], Decimal(str(told["value"])), _decimal(told["value_2"]))
        said = f"{METRICS.get(told['metric'], told['metric'].replace('_', ' ').capitalize())} {value}"
        said += f", {told['said']}" if told["said"] else f", limit {_plain(Decimal(str(told['limit'])))}"
    else:
        said = told["said"]
    opened = parse_datetime(told["opened_at"])
    if opened is not None and told["count"] > 1:
        opened = (opened if opened.tzinfo else opened.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
        said += f", {told['count']} readings since {opened.day} {opened:%b %H:%M}"
    return said


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _last(standing: Any) -> str:
    if standing.last_value is None:
        return ""
    second = f"/{_plain(standing.last_value_2)}" if standing.last_value_2 else ""
    return f"{_plain(standing.last_value)}{second} {UNITS.get(standing.last_metric, '')}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
