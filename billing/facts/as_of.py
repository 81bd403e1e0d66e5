"""Decision of a month as of a past moment, from the facts that were on file then."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from billing.facts.case_files import CaseFile, facts_of
from billing.facts.sources import Rows, served_with, service_from
from billing.rules import Decision, decide
from billing.rules.fact_rows import DayRead
from enrollment.as_of import documents_in_force_as_of
from enrollment.documents_in_force import LOOK_BACK
from enrollment.models import Enrollment, Program
from monitoring.readings.as_of import days_as_of
from rpm_portal.accounts.models import Practice
from rpm_portal.core.as_of import valid_at
from rpm_portal.core.days import Month, local_day
from timetracking.models import Call, TimeEntry, Visit
from timetracking.queries import care_time


def decided_as_of(practice: Practice, row: Enrollment, *, moment: datetime) -> tuple[CaseFile, Decision]:
    """The case and decision of the month that ran at a moment, for an enrollment as it was then.

    Uses the policy that is now in force for that month, and the time outside monitoring that is now on file. About
    twenty statements; writes nothing.
    """
    month = Month.current(moment, practice.zone)
    (case,) = facts_of(
        practice.pk,
        [row.pk],
        month=month,
        zone=practice.zone,
        today=local_day(moment, practice.zone),
        known_at=moment,
        read=lambda _, month, zone: rows_as_of(row, month, zone, moment=moment),
    )
    return case, decide(case.facts, case.policy)


def rows_as_of(row: Enrollment, month: Month, zone: str, *, moment: datetime) -> Rows:
    """The rows of one enrollment's month as they were at a moment, for an enrollment as it was then."""
    paper = documents_in_force_as_of(row, moment=moment, first_day=month.first_day, last_day=month.last_day)
    start, end = month.starts_at(zone) - LOOK_BACK, month.ends_at(zone)
    service_start, earliest_day = service_from(paper), month.first_day - LOOK_BACK
    days = days_as_of(row.pk, start=min(service_start or earliest_day, earliest_day), to=month.last_day, moment=moment)
    reported_counts = row.program == Program.RTM
    counted_days = [day.local_day for day in days if day.automatic or (reported_counts and day.reported)]
    first = next((day for day in counted_days if day >= service_start), None) if service_start else None
    ids = [row.pk, *served_with(paper, month)]
    time = TimeEntry.objects.filter(valid_at(moment, written="entered_at"), enrollment__in=ids, stopped_at__lte=moment)
    time = time.filter(stopped_at__gt=start, started_at__lt=end)
    calls = Call.objects.filter(valid_at(moment, written="logged_at"), enrollment__in=ids)
    calls = calls.filter(started_at__range=(start, end))
    visits = Visit.objects.filter(valid_at(moment, written="recorded_at"), patient=row.patient_id, started_at__lt=end)
    visits = visits.filter(ended_at__gt=start).select_related("provider")
    return Rows(
        documents_in_force={row.pk: paper},
        first_read={row.pk: first} if first else {},
        days={
            row.pk: tuple(
                DayRead(day.local_day, day.automatic > 0, day.reported > 0, tuple(f"day:{pk}" for pk in day.ids))
                for day in days
                if day.local_day >= earliest_day
            )
        },
        time=_by_enrollment(time.order_by("started_at", "pk")),
        contacts=_by_enrollment(calls.order_by("started_at", "pk")),
        visits={row.patient_id: list(visits.order_by("started_at", "pk"))},
        care=care_time([row.patient_id], month=month, zone=zone),
    )


def _by_enrollment(rows: Iterable[Any]) -> dict[int, list[Any]]:
    by_id: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        by_id[row.enrollment_id].append(row)
    return by_id
