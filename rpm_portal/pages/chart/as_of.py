"""The chart as it was known at a past moment, for audits and disputes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from billing.facts.as_of import decided_as_of
from billing.review.code_status import outlook
from enrollment.as_of import custody_as_of
from enrollment.models import Enrollment, Patient, Program
from monitoring.models import Review
from monitoring.queries import notes
from monitoring.readings.as_of import alerts_as_of, limits_as_of
from monitoring.readings.table import latest_of
from monitoring.readings.words import limit_words
from rpm_portal.accounts.models import Membership, Practice
from rpm_portal.core.as_of import versions
from rpm_portal.core.days import Month, clock, local_day
from rpm_portal.pages.chart.chart import paper_in_days
from rpm_portal.pages.chart.trends import trends_of
from rpm_portal.pages.worklist.display import actionable_findings, papers_data
from timetracking.intervals.spans import split_by_month
from timetracking.models import Call, TimeEntry

DAYS_SHOWN = 30
MAX_CALLS = 12


@dataclass(frozen=True, slots=True)
class KnownInterval:
    """A time entry as it was known: its seconds in the month, whether it was running, whether it was void."""

    entry: TimeEntry
    seconds: int
    running: bool
    void: bool

    @property
    def length(self) -> str:
        """The seconds as minutes and seconds, like 19:59."""
        return clock(self.seconds)


@dataclass(frozen=True, slots=True)
class KnownCall:
    """A call as it was known, and whether it was void."""

    call: Call
    void: bool


def chart_as_of(practice: Practice, patient: Patient, *, moment: datetime, chosen: str) -> dict[str, object]:
    """The chart of one patient at a moment; `known` is false if no data of the patient existed yet.

    About forty statements for any length of history, which is acceptable because the page is used rarely. The names of
    staff are the current ones.
    """
    was = next(iter(versions(Patient, moment, id=patient.pk)), None)
    if was is None:
        return {"known": False}
    rows = versions(Enrollment, moment, patient_id=patient.pk)
    row = next((version for version in rows if version.public_id == chosen), None) or next(
        iter(sorted(rows, key=_sort_open_first)), None
    )
    context: dict[str, Any] = {"known": True, "was": was, "enrollments": rows, "enrollment": row}
    if row is None:
        return context
    row.patient = was
    context["notes"] = notes([version.pk for version in rows], known=moment)
    return context | _chart_of_enrollment(practice, row, moment=moment)


def _sort_open_first(row: Enrollment) -> tuple[bool, int]:
    return row.discharged_on is not None, -row.pk


def _chart_of_enrollment(practice: Practice, row: Enrollment, *, moment: datetime) -> dict[str, object]:
    month, today = Month.current(moment, practice.zone), local_day(moment, practice.zone)
    limits = limits_as_of(row.pk, moment=moment)
    recent_reviews = list(
        Review.objects.filter(enrollment=row.pk, reviewed_at__lte=moment)
        .select_related("reviewed_by")
        .order_by("-reviewed_at")[:10]
    )
    calls = _calls(row, moment=moment)
    intervals = _intervals(row, month=month, zone=practice.zone, moment=moment)
    context: dict[str, object] = {
        "month": month,
        "limits": [limit_words(limits[key], units=practice.units) for key in sorted(limits)],
        "alerts": alerts_as_of(row.pk, moment=moment),
        "devices": [
            assignment
            for assignment in custody_as_of(row, moment=moment)
            if assignment.ends_at is None or assignment.ends_at > moment
        ],
        "reviews": recent_reviews,
        "calls": calls,
        "intervals": intervals,
        "total": clock(sum(line.seconds for line in intervals if not line.void and line.entry.billable)),
        "readings": latest_of(row, moment=moment, limits=limits, units=practice.units),
        "days": DAYS_SHOWN,
    }
    valid_calls = [known.call for known in calls if not known.void]
    context |= trends_of(
        row, days=DAYS_SHOWN, reviews=recent_reviews, calls=valid_calls, now=moment, units=practice.units, limits=limits
    )
    file, decision = decided_as_of(practice, row, moment=moment)
    context["paper"] = paper_in_days(papers_data(file.papers))
    if row.program in {Program.RPM, Program.RTM}:
        context |= {
            "statuses": outlook(
                decision, today=today, last_day=month.last_day, ended_on=file.papers.enrollment.discharged_on
            ),
            "findings": actionable_findings(decision),
            "policy": file.policy.name,
        }
    return context


def _calls(row: Enrollment, *, moment: datetime) -> list[KnownCall]:
    logged = Call.objects.filter(enrollment=row.pk, logged_at__lte=moment).select_related("called_by")
    return [
        KnownCall(call, void=call.voided_at is not None and call.voided_at <= moment)
        for call in logged.order_by("-started_at")[:MAX_CALLS]
    ]


def _intervals(row: Enrollment, *, month: Month, zone: str, moment: datetime) -> list[KnownInterval]:
    start, end = month.starts_at(zone), month.ends_at(zone)
    entries = TimeEntry.objects.filter(enrollment=row.pk, entered_at__lte=moment, started_at__lt=end)
    lines = []
    for entry in entries.exclude(stopped_at__lte=start).select_related("staff").order_by("-started_at"):
        void = entry.voided_at is not None and entry.voided_at <= moment
        running = not void and (entry.stopped_at is None or entry.stopped_at > moment)
        inside = 0
        if not running and entry.stopped_at is not None:
            inside = dict(split_by_month(entry.started_at, entry.stopped_at, zone)).get(month, 0)
        lines.append(KnownInterval(entry, inside, running, void))
    return lines


def names_of(practice: Practice) -> dict[int, str]:
    """The signatures of the members of a practice, by primary key. One statement."""
    rows = Membership.objects.for_practice(practice).select_related("user")
    return {row.pk: row.signature for row in rows}
