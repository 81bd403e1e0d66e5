"""Who needs a look, in which order, and the rule that says so. Money never lifts a patient."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, OuterRef, Q, Subquery, Value, When

from billing.facts import CaseFile
from billing.outlook import Status, outlook
from billing.queries import decided_now
from billing.rules import Decision
from billing.rules.periods import LENGTH
from enrollment.models import Enrollment, Program
from monitoring.ingest import UNITS
from rpm_portal.accounts.models import Practice, User
from rpm_portal.days import Month, clock, local_day
from timetracking.models import MonthTotal

SILENT = timedelta(days=3)
BANDS = {1: "Now", 2: "This week", 3: "Steady"}
PAGE = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the device strip: counted, other, missed or future, and why."""

    on: date
    kind: str
    why: str = ""


@dataclass(slots=True)
class Row:
    """One enrollment as the worklist shows it."""

    enrollment: Enrollment
    age: int
    band: int
    reason: str
    rule: str
    last_value: str
    last_at: datetime | None
    seconds: int
    live_on: date | None
    statuses: list[Status]
    cells: list[Cell] = field(default_factory=list)
    action: str = "Review"

    @property
    def minutes(self) -> str:
        """14:22, never rounded."""
        return clock(self.seconds)

    @property
    def share(self) -> int:
        """Percent of 40 minutes, for the bar."""
        return min(100, self.seconds * 100 // 2400)


@dataclass(frozen=True, slots=True)
class Panel:
    """A page of the worklist with the counts of its bands."""

    page: "Page[Enrollment]"
    rows: list[Row]
    counts: dict[int, int]
    urgent: int


def panel(practice: Practice, *, user: User, now: datetime, filters: dict[str, str], page: str | None) -> Panel:
    """One page of active enrollments in clinical order. A constant number of statements, whatever the panel."""
    month = Month.current(now, practice.zone)
    today = local_day(now, practice.zone)
    found = _ranked(practice, now=now, month=month)
    found = _filtered(found, filters, user=user)
    counts = found.aggregate(
        urgent=Count("pk", filter=Q(standing__open_critical__gt=0)),
        **{f"band{band}": Count("pk", filter=Q(band=band)) for band in BANDS},
    )
    ordered = found.select_related("patient", "standing", "billing_provider__user").order_by(
        "band",
        F("standing__open_critical").desc(nulls_last=True),
        F("standing__open_high").desc(nulls_last=True),
        F("standing__last_reading_at").asc(nulls_first=True),
        "patient__family_name",
        "pk",
    )
    if filters.get("band") in {"1", "2", "3"}:
        ordered = ordered.filter(band=int(filters["band"]))
    shown = Paginator(ordered, PAGE).get_page(page)
    rows = list(shown)
    decided = decided_now(practice, [row.pk for row in rows], month=month, today=today)
    return Panel(
        page=shown,
        rows=[row_of(row, decided.get(row.pk), now=now, today=today, month=month) for row in rows],
        counts={band: counts[f"band{band}"] for band in BANDS},
        urgent=counts["urgent"],
    )


def _ranked(practice: Practice, *, now: datetime, month: Month) -> Any:
    """Active enrollments with their band and the month's kept sums."""
    total = MonthTotal.objects.filter(enrollment=OuterRef("pk"), month=month.first_day)
    has_alert = Q(standing__open_critical__gt=0) | Q(standing__open_high__gt=0)
    silent = Q(standing__last_reading_at__isnull=True) | Q(standing__last_reading_at__lt=now - SILENT)
    return (
        Enrollment.objects.for_practice(practice)
        .active()
        .filter(program__in=[Program.RPM, Program.RTM])
        .annotate(
            month_provider=Subquery(total.values("provider_seconds")),
            month_staff=Subquery(total.values("staff_seconds")),
            month_live=Subquery(total.values("last_live_on")),
            band=Case(
                When(has_alert, then=Value(1)),
                When(silent | Q(month_live__isnull=True), then=Value(2)),
                default=Value(3),
                output_field=IntegerField(),
            ),
        )
    )


def _filtered(found: Any, filters: dict[str, str], *, user: User) -> Any:
    if filters.get("mine"):
        mine = Q(looked_after_by__user=user) | Q(billing_provider__user=user) | Q(supervised_by__user=user)
        found = found.filter(mine)
    if filters.get("program") in {"RPM", "RTM"}:
        found = found.filter(program=filters["program"])
    if filters.get("live") == "none":
        found = found.filter(month_live__isnull=True)
    return found


def row_of(row: Any, decided: tuple[CaseFile, Decision] | None, *, now: datetime, today: date, month: Month) -> Row:
    """One row: the reason with its rule, the kept figures, and the status words of the month's decision."""
    standing = getattr(row, "standing", None)
    reason, rule, action = _reason(row, standing, now=now, month=month)
    statuses = outlook(decided[1], today=today, last_day=month.last_day) if decided else []
    if statuses and statuses[0].word == "Blocked" and rule != "A1":
        action = "Mend papers"
    return Row(
        enrollment=row,
        age=row.patient.age_on(today),
        band=row.band,
        reason=reason,
        rule=rule,
        last_value=_last(standing),
        last_at=standing.last_reading_at if standing else None,
        seconds=(row.month_provider or 0) + (row.month_staff or 0),
        live_on=row.month_live,
        statuses=statuses,
        cells=strip(decided[0], decided[1], today=today) if decided else [],
        action=action,
    )


def _reason(row: Any, standing: Any, *, now: datetime, month: Month) -> tuple[str, str, str]:
    if standing and standing.open_critical:
        return f"{_count(standing.open_critical, 'critical alert')} open, last {_last(standing)}", "A1", "Call"
    if standing and standing.open_high:
        return f"{_count(standing.open_high, 'alert')} outside limits, last {_last(standing)}", "A2", "Review"
    if standing is None or standing.last_reading_at is None:
        return "No reading has arrived yet", "B1", "Call"
    silent = now - standing.last_reading_at
    if silent >= SILENT:
        return f"No reading for {silent.days} days", "B2", "Call"
    if row.month_live is None:
        return f"No live call in {month.words}", "B3", "Call"
    return "Readings arrive, call made", "C1", "Review"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _last(standing: Any) -> str:
    if standing is None or standing.last_value is None:
        return ""
    unit = UNITS.get(standing.last_metric, "")
    return f"{_plain(standing.last_value)}{'/' + _plain(standing.last_value_2) if standing.last_value_2 else ''} {unit}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def strip(file: CaseFile, decision: Decision, *, today: date) -> list[Cell]:
    """The thirty days of the window that runs today: from the decision's own open period, so they cannot disagree."""
    start = next((f.values["start"] for f in decision.findings if f.code == "DEVICE_PERIOD_OPEN"), None)
    if start is None:
        return []
    rtm = file.facts.program == Program.RTM
    read = {day.on: day for day in file.facts.days_read}
    cells = []
    for step in range(LENGTH):
        on = start + timedelta(days=step)
        day = read.get(on)
        if day is None:
            future = on > today
            cells.append(Cell(on, "future", "") if future else Cell(on, "missed", "no reading of a medical device"))
        elif day.automatic:
            cells.append(Cell(on, "counted", "counts: sent by the device"))
        elif day.reported:
            counts = "counts: told by the patient" if rtm else "does not count: told by the patient, not sent"
            cells.append(Cell(on, "counted" if rtm else "other", counts))
        else:
            cells.append(Cell(on, "other", "does not count: typed, from a file, or struck through"))
    return cells
