"""A month as its engine would have decided it at a moment that has passed, with what was on file then."""

from datetime import datetime, timedelta

from billing.facts import LOOK_BACK, CaseFile, billed_beside, facts_from, service_from
from billing.in_force import policies_around
from billing.models import STRICTEST
from billing.rules import Decision, decide, load_preset
from billing.rules.fact_rows import DayRead
from enrollment.as_of import papers_as_of
from enrollment.models import Enrollment, Program
from monitoring.as_of import days_as_of
from rpm_portal.accounts.models import Practice
from rpm_portal.as_of import stood
from rpm_portal.days import Month, local_day
from timetracking.models import Call, TimeEntry, Visit
from timetracking.queries import care_time


def decided_as_of(practice: Practice, row: Enrollment, *, moment: datetime) -> tuple[CaseFile, Decision]:
    """The month that ran at a moment, for an enrollment as it was then. About eighteen statements; writes nothing.

    Under the policy that is in force for that month by now; lines of earlier months, and time outside monitoring,
    as they stand by now.
    """
    zone, month = practice.zone, Month.current(moment, practice.zone)
    today = local_day(moment, zone)
    paper = papers_as_of(row, moment=moment, first_day=month.first_day, last_day=month.last_day)
    policies = policies_around(practice.pk, month)
    strictest = load_preset(STRICTEST)
    policy = policies.get(paper.coverage.payer_id, strictest) if paper.coverage else strictest
    start, end = month.starts_at(zone) - LOOK_BACK, month.ends_at(zone)
    served = service_from(paper)
    back = month.first_day - LOOK_BACK
    days = days_as_of(row.pk, start=min(served or back, back), to=month.last_day, moment=moment)
    reported_counts = row.program == Program.RTM
    counted = (day.local_day for day in days if day.automatic or (reported_counts and day.reported))
    time = TimeEntry.objects.filter(stood(moment, written="entered_at"), enrollment=row.pk, stopped_at__lte=moment)
    calls = Call.objects.filter(stood(moment, written="logged_at"), enrollment=row.pk, started_at__range=(start, end))
    visits = Visit.objects.filter(stood(moment, written="recorded_at"), patient=row.patient_id, started_at__lt=end)
    facts = facts_from(
        paper,
        month=month,
        zone=zone,
        as_of=today - timedelta(days=1),
        first_read=next((day for day in counted if day >= served), None) if served else None,
        days=tuple(
            DayRead(day.local_day, day.automatic > 0, day.reported > 0, tuple(f"day:{pk}" for pk in day.ids))
            for day in days
            if day.local_day >= back
        ),
        time=list(time.filter(stopped_at__gt=start, started_at__lt=end).order_by("started_at", "pk")),
        calls=list(calls.order_by("started_at", "pk")),
        billed=billed_beside([row.patient_id], month=month, later=False)[row.patient_id],
        visits=list(visits.filter(ended_at__gt=start).select_related("provider").order_by("started_at", "pk")),
        care=care_time([row.patient_id], month=month, zone=zone).get(row.patient_id, {}),
    )
    file = CaseFile(facts, policy, paper)
    return file, decide(facts, policy)
